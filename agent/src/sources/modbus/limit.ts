import { abandoned } from '../support/abort.ts';
import { NoAnswer } from './framing.ts';

/** The end of the time that a question has. */
export interface Limit {
  /** Aborts with the error that says why. */
  readonly signal: AbortSignal;
  /** Others have come to wait: ends a question that held the bus for long enough. */
  contest(): void;
  /** The question is over. */
  end(): void;
}

/** A question on a bus: its own time, the time that it may take while others wait, and who may take it back. */
export interface Allowance {
  readonly bus: string;
  readonly timeoutMs: number;
  readonly holdMs: number;
  readonly isContested: () => boolean;
  readonly asker: AbortSignal;
}

export function beginLimit({ bus, timeoutMs, holdMs, isContested, asker }: Allowance): Limit {
  const over = new AbortController();
  const giveUp = (ms: number) => over.abort(new NoAnswer('silent', `no answer within ${Math.round(ms)} ms`));
  const abandon = () => over.abort(abandoned(bus));
  let held = false;
  if (asker.aborted) abandon();
  asker.addEventListener('abort', abandon, { once: true });
  const timers = [
    setTimeout(() => giveUp(timeoutMs), timeoutMs),
    setTimeout(() => {
      held = true;
      if (isContested()) giveUp(holdMs);
    }, holdMs),
  ];
  return {
    signal: over.signal,
    contest() {
      if (held) giveUp(holdMs);
    },
    end() {
      asker.removeEventListener('abort', abandon);
      timers.forEach(clearTimeout);
    },
  };
}
