import type { Change } from '../../src/corrections/change.ts';
import { MINUTE_MS, type Span } from '../../src/accounting/interval.ts';
import type { AgentName } from './plant.ts';

/** A stretch of UTC days that is run through. */
export interface Plan {
  readonly points: number;
  /** A midnight, UTC ms. */
  readonly fromMs: number;
  readonly days: number;
}

/** What goes wrong in a plan, and how an auditor puts it right; always in the same order, and spread over all of its days. */
export interface Events {
  /** Times in which an agent reads nothing. */
  readonly outages: readonly (Span & { readonly agent: AgentName })[];
  /** An agent is installed anew in the middle of this minute's outage. */
  readonly newEpochMs: number;
  /** utility-a forgets its register. */
  readonly resetMinute: number;
  /** The meter of ups-out is replaced some seconds after this minute began. */
  readonly swapMs: number;
  readonly swapTo: number;
  /** ups-out shows nonsense. */
  readonly nonsense: Span;
  /** server-2 says that its readings are estimated. */
  readonly estimated: Span;
  /** The unnumbered publisher's messages come in any order. */
  readonly shuffled: Span;
  /** Messages come one by one, with a tick of the collector each minute. */
  readonly live: Span;
  /** The collector dies after these days. */
  readonly crashesAfter: readonly number[];
  /** Corrections, and after which day they are made. `swap` is the one whose values are known only by then. */
  readonly corrections: readonly { readonly afterDay: number; readonly change: Change | 'swap' }[];
}

const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

export function eventsOf({ fromMs, days }: Plan): Events {
  const day = (share: number): number => Math.floor(share * days);
  const at = (share: number, hours: number): number => fromMs + day(share) * DAY_MS + hours * HOUR_MS;
  const span = (share: number, fromHours: number, hours: number): Span => {
    const startMs = at(share, fromHours);
    return { fromMs: startMs, toMs: startMs + hours * HOUR_MS };
  };
  const nonsense = span(0.86, 10, 1);
  const spoilt = span(0.82, 20, 9.5);
  const minutes = (share: number, fromHours: number, count: number): Span => span(share, fromHours, count / 60);
  return {
    outages: [
      { agent: 'hall', ...span(0.1, 6, 3.5) },
      // One message is bridged by the samples, four are not.
      { agent: 'meters', ...minutes(0.32, 9, 1) },
      { agent: 'meters', ...minutes(0.33, 11.9, 4) },
      // Over the end of a local day, and in a year, of a month.
      { agent: 'hall', ...span(0.66, 20, 8) },
    ],
    newEpochMs: at(0.1, 8),
    resetMinute: at(0.28, 10) / MINUTE_MS,
    swapMs: at(0.5, 13) + 37_250,
    swapTo: 12.5,
    nonsense,
    estimated: span(0.92, 12, 3),
    shuffled: { fromMs: at(0.2, 0), toMs: at(0.2, 48) },
    live: span(0.4, 8, 1),
    crashesAfter: [day(0.3), day(0.55), day(0.9)],
    corrections: [
      { afterDay: day(0.6), change: 'swap' },
      { afterDay: day(0.78), change: { kind: 'factor', point: 'cooling', from: at(0.7, 0), factor: 0.5 } },
      { afterDay: day(0.88), change: { kind: 'void', point: 'server-1', from: spoilt.fromMs, to: spoilt.toMs } },
      { afterDay: day(0.89), change: { kind: 'void', point: 'ups-out', from: nonsense.fromMs, to: nonsense.toMs } },
    ],
  };
}
