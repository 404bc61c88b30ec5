/** Registers that one value fills. */
export interface Span {
  readonly address: number;
  readonly length: number;
}

/** Registers read by one request, with the values in them. */
export interface Request extends Span {
  readonly spans: readonly Span[];
}

/** Groups spans into as few requests as the limits allow: of length, and of unused registers between two spans. */
export function planRequests(spans: readonly Span[], maxRegisters: number, maxGap: number): Request[] {
  const ordered = [...spans].sort((a, b) => a.address - b.address || a.length - b.length);
  const requests: Request[] = [];
  for (const span of ordered) {
    const last = requests.at(-1);
    const end = span.address + span.length;
    if (last !== undefined && span.address - endOf(last) <= maxGap && end - last.address <= maxRegisters) {
      const length = Math.max(last.length, end - last.address);
      requests[requests.length - 1] = { address: last.address, length, spans: [...last.spans, span] };
    } else {
      requests.push({ ...span, spans: [span] });
    }
  }
  return requests;
}

/** One request a span, to find out which of them a device refuses. */
export function splitRequest(request: Request): Request[] {
  return request.spans.map((span) => ({ ...span, spans: [span] }));
}

function endOf(span: Span): number {
  return span.address + span.length;
}
