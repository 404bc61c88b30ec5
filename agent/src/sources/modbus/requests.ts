import type { Span } from './quantity.ts';

/** Registers read by one request, with the values in them. */
export interface Request extends Span {
  readonly spans: readonly Span[];
}

/** What a model allows. */
export interface RequestLimits {
  readonly maxRegisters: number;
  /** Unused registers between two values that may be read along. */
  readonly maxGap: number;
}

/** Groups spans into as few requests as the limits allow. */
export function planRequests(spans: readonly Span[], { maxRegisters, maxGap }: RequestLimits): Request[] {
  const ordered = distinct(spans).sort(
    (a, b) => a.function.localeCompare(b.function) || a.address - b.address || a.length - b.length,
  );
  const requests: Request[] = [];
  for (const span of ordered) {
    const last = requests.at(-1);
    const end = endOf(span);
    const joins =
      last?.function === span.function && span.address - endOf(last) <= maxGap && end - last.address <= maxRegisters;
    if (joins) {
      const length = Math.max(last.length, end - last.address);
      requests[requests.length - 1] = { ...last, length, spans: [...last.spans, span] };
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

/** Names a span among others. */
export function keyOf({ function: table, address, length }: Span): string {
  return `${table} ${address}+${length}`;
}

function distinct(spans: readonly Span[]): Span[] {
  return [...new Map(spans.map((span) => [keyOf(span), span])).values()];
}

function endOf(span: Span): number {
  return span.address + span.length;
}
