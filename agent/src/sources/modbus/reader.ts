import { Refusal } from './framing.ts';
import type { Read, Span } from './quantity.ts';
import { keyOf, planRequests, type Request, type RequestLimits, splitRequest } from './requests.ts';

/** One question to a device. @throws Error where it does not answer at all. */
export type Ask = (span: Span) => Promise<Buffer | Refusal>;

/** What a device answered at one look. */
export interface Registers {
  readonly read: Read;
  /** The first refusal, where everything was refused. */
  readonly refused: Refusal | null;
}

/** Exception code of a register that the device does not have. */
const ILLEGAL_ADDRESS = 2;

/**
 * Reads the same spans again and again in as few requests as possible. A request that is refused for one of its
 * registers is asked span by span from then on, so that only the channels of that register are lost.
 */
export function createReader(spans: readonly Span[], limits: RequestLimits): (ask: Ask) => Promise<Registers> {
  let requests = planRequests(spans, limits);

  return async (ask) => {
    const answers = new Map<string, Buffer | Refusal>();
    const asked: Request[] = [];
    for (const request of requests) {
      const answer = await ask(request);
      const parts = isRefusedForOne(request, answer) ? splitRequest(request) : [];
      if (parts.length === 0) keep(answers, request, answer);
      for (const part of parts) keep(answers, part, await ask(part));
      asked.push(...(parts.length === 0 ? [request] : parts));
    }
    requests = asked;
    return registersFrom(answers);
  };
}

function isRefusedForOne(request: Request, answer: Buffer | Refusal): boolean {
  return answer instanceof Refusal && answer.code === ILLEGAL_ADDRESS && request.spans.length > 1;
}

function keep(answers: Map<string, Buffer | Refusal>, request: Request, answer: Buffer | Refusal): void {
  for (const span of request.spans) {
    const start = 2 * (span.address - request.address);
    answers.set(keyOf(span), answer instanceof Refusal ? answer : answer.subarray(start, start + 2 * span.length));
  }
}

function registersFrom(answers: ReadonlyMap<string, Buffer | Refusal>): Registers {
  const all = [...answers.values()];
  const [first] = all;
  return {
    refused: first instanceof Refusal && all.every((answer) => answer instanceof Refusal) ? first : null,
    read(span) {
      const answer = answers.get(keyOf(span));
      if (answer === undefined || answer instanceof Refusal) {
        throw new Error(`register ${span.address}: ${answer?.message ?? 'not read'}`);
      }
      return answer;
    },
  };
}
