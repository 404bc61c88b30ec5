import type { Logger } from '@wattmark/shared/logger';
import type { Reading } from '@wattmark/shared/messages';
import type { Clock } from '../../clock.ts';
import type { DatedReadings, NoData, Sample } from '../../source.ts';
import { combine } from '../support/combine.ts';
import { judge } from '../support/outcome.ts';
import type { News, Slot } from './format.ts';

/** Readings kept from one tick to the next. */
const MOST_READINGS = 10_000;

/** A publisher's clock may be so far ahead of ours, ms. */
const MOST_AHEAD_MS = 60_000;

/** Before Wattmark: a time from then is of a clock that was never set. */
const EARLIEST = Date.UTC(2020, 0, 1);

/** Of arrivals: far below any interval, and far above what a burst of messages needs. */
const SAME_INSTANT_MS = 100;

/** Pauses in a row that tell a slower publisher from an outage. */
const SLOW_PAUSES = 3;

/** What is known of one slot. */
interface Ledger {
  readonly slot: Slot;
  /** When there was a value last, monotonic. */
  heardMs: number | null;
  /** Time of the newest reading that was handed out. */
  handedAt: number;
  problem: string | null;
  hint: string | null;
  /** The newest value, which stands until another one comes; null where values do not stand. */
  held: Reading | null;
  /** Which of the things that match the slot it is read from, and when that spoke last, monotonic. */
  series: string | null;
  seriesMs: number;
  /** Another one that matches, and when that spoke last, monotonic. */
  rival: string;
  rivalMs: number;
  latestAt: number;
  pauses: number;
  isLateLogged: boolean;
}

type Value = Extract<News, { readonly value: number }>;

interface Pending {
  readonly ledger: Ledger;
  readonly at: number;
  readonly reading: Reading;
}

export interface InboxOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** Time after which a slot without a value counts as silent. */
  readonly expectMs: number;
  /** Time between two readings as it was announced. */
  readonly everyMs: number;
  /** Publishers say only what changes: a value stands until the next one, or until `letGo`. */
  readonly hold: boolean;
}

/** Holds what was published between two ticks, in bounds, and knows of every slot whether it is silent and why. */
export class Inbox {
  /** What was dropped, readings each. */
  readonly dropped = { overflow: 0, late: 0, misdated: 0, ambiguous: 0 };
  readonly #options: InboxOptions;
  readonly #ledgers: ReadonlyMap<Slot, Ledger>;
  readonly #sinceMs: number;
  #pending: Pending[] = [];

  constructor(slots: readonly Slot[], options: InboxOptions) {
    this.#options = options;
    this.#sinceMs = options.clock.monotonicMs();
    this.#ledgers = new Map(slots.map((slot) => [slot, newLedger(slot)]));
  }

  /** Whether there ever was anything to hand out or to say about a slot. */
  get isHeard(): boolean {
    return [...this.#ledgers.values()].some(({ heardMs, problem }) => heardMs !== null || problem !== null);
  }

  /** Whether a look would give a reading. */
  get hasReadings(): boolean {
    return this.#pending.length > 0;
  }

  /** Milliseconds for which every slot has been silent; 0 while one of them is not. */
  get silentMs(): number {
    const nowMs = this.#options.clock.monotonicMs();
    const ages = [...this.#ledgers.values()].map(({ heardMs, held, problem }) =>
      problem !== null || held !== null ? 0 : nowMs - (heardMs ?? this.#sinceMs),
    );
    const leastMs = Math.min(...ages);
    return leastMs > this.#options.expectMs ? leastMs : 0;
  }

  take(news: News, retained: boolean): void {
    const ledger = this.#ledgers.get(news.slot);
    if (ledger === undefined) return;
    if ('problem' in news) Object.assign(ledger, { problem: news.problem, held: null });
    else if ('hint' in news) ledger.hint = news.hint;
    else if (news.at === null && retained) ledger.hint = 'there is only a retained message, whose age nobody knows';
    else this.#takeValue(ledger, news, news.at ?? this.#arrival(ledger));
  }

  /** Notes that messages come which may be about any slot, and cannot be read. */
  hint(text: string): void {
    for (const ledger of this.#ledgers.values()) ledger.hint = text;
  }

  /** No value stands any more: changes may have been missed. */
  letGo(): void {
    for (const ledger of this.#ledgers.values()) ledger.held = null;
  }

  /** Hands out each reading once, what stands at every look, and of every slot why there is none. */
  drain(): Sample {
    const fresh = new Set(this.#pending.map(({ ledger }) => ledger));
    const pending = this.#pending.sort((a, b) => a.at - b.at);
    this.#pending = [];
    const byTime = new Map<number, Map<Ledger, Reading>>();
    for (const { ledger, at, reading } of pending) {
      const readings = byTime.get(at) ?? new Map<Ledger, Reading>();
      byTime.set(at, readings.set(ledger, reading));
      ledger.handedAt = at;
    }
    const dated = [...byTime].map(([at, readings]): DatedReadings => ({ at, readings: [...readings.values()] }));
    return { readings: this.#standing(fresh), dated, noData: this.#noData() };
  }

  /** What was not said anew. */
  #standing(fresh: ReadonlySet<Ledger>): Reading[] {
    const now = this.#options.clock.now();
    return [...this.#ledgers.values()].flatMap((ledger) => {
      if (ledger.held === null || fresh.has(ledger)) return [];
      ledger.handedAt = Math.max(ledger.handedAt, now);
      return [ledger.held];
    });
  }

  #takeValue(ledger: Ledger, { value, series, isHistorical = false }: Value, at: number): void {
    const { slot } = ledger;
    const outcome = judge(slot.point, slot.channel, combine({ scale: slot.scale }, [value]));
    const problem =
      this.#rivalry(ledger, series) ?? this.#misdating(at) ?? ('reason' in outcome ? outcome.reason : null);
    ledger.problem = problem;
    if (problem !== null) ledger.held = null;
    if (problem !== null || 'reason' in outcome) return;
    ledger.heardMs = this.#options.clock.monotonicMs();
    ledger.hint = null;
    // Whatever its time: a publisher's clock may have been set back, and the value before is not the present one.
    if (this.#options.hold && !isHistorical) ledger.held = outcome;
    if (at <= ledger.handedAt) this.#noteLate(ledger, at);
    else this.#keep({ ledger, at, reading: outcome });
  }

  /** Arrivals within one millisecond are readings of their own. */
  #arrival(ledger: Ledger): number {
    const now = this.#options.clock.now();
    const aheadMs = ledger.latestAt - now;
    if (aheadMs >= 0 && aheadMs < SAME_INSTANT_MS) return ledger.latestAt + 1;
    // This host's clock was set back, and its ticks too begin again from there.
    if (aheadMs > 0) Object.assign(ledger, { latestAt: now, handedAt: Number.NEGATIVE_INFINITY });
    return now;
  }

  /** Two meters must not take turns in one channel; one that takes another's place is alone from then on. */
  #rivalry(ledger: Ledger, series: string): string | null {
    const { clock, expectMs } = this.#options;
    const nowMs = clock.monotonicMs();
    if (series === ledger.series) ledger.seriesMs = nowMs;
    else if (nowMs - ledger.seriesMs < expectMs) Object.assign(ledger, { rival: series, rivalMs: nowMs });
    if (nowMs - ledger.rivalMs < expectMs) {
      this.dropped.ambiguous++;
      return `both ${ledger.series} and ${ledger.rival} match ${ledger.slot.origin}: say which`;
    }
    Object.assign(ledger, { series, seriesMs: nowMs });
    return null;
  }

  #misdating(at: number): string | null {
    const aheadMs = at - this.#options.clock.now();
    if (at >= EARLIEST && aheadMs <= MOST_AHEAD_MS) return null;
    this.dropped.misdated++;
    if (at < EARLIEST) return `the publisher's clock says ${isoTime(at)}: is it set?`;
    return `the publisher's clock is ${Math.round(aheadMs / 1000)} s ahead of this host's`;
  }

  #keep(pending: Pending): void {
    const { log, everyMs } = this.#options;
    const { ledger, at } = pending;
    if (this.#pending.length >= MOST_READINGS) {
      if (this.dropped.overflow++ === 0)
        log.warn({ limit: MOST_READINGS }, 'too many readings between two looks; the oldest are dropped');
      this.#pending.shift();
    }
    this.#pending.push(pending);
    ledger.pauses = ledger.latestAt > 0 && at - ledger.latestAt > 3 * everyMs ? ledger.pauses + 1 : 0;
    if (ledger.pauses === SLOW_PAUSES) {
      const { point, channel } = ledger.slot;
      const everyS = Math.round((at - ledger.latestAt) / 1000);
      log.warn(
        { point, channel, everyS },
        'readings come further apart than `every` says, and count as gaps: raise it',
      );
    }
    ledger.latestAt = Math.max(ledger.latestAt, at);
  }

  #noteLate(ledger: Ledger, at: number): void {
    // The same message again is no loss.
    if (at === ledger.handedAt) return;
    this.dropped.late++;
    if (ledger.held === null) {
      const newest = isoTime(ledger.handedAt);
      ledger.problem = `its readings are older than the newest one, of ${newest}: was the publisher's clock set back?`;
    }
    if (ledger.isLateLogged) return;
    ledger.isLateLogged = true;
    const { point, channel } = ledger.slot;
    const times = { at: isoTime(at), newest: isoTime(ledger.handedAt) };
    this.#options.log.warn({ point, channel, ...times }, 'readings older than the newest one are dropped');
  }

  #noData(): NoData[] {
    return [...this.#ledgers.values()].flatMap((ledger) => {
      const reason = ledger.problem ?? this.#silence(ledger);
      return reason === null ? [] : [{ point: ledger.slot.point, channel: ledger.slot.channel, reason }];
    });
  }

  #silence({ slot, heardMs, held, hint }: Ledger): string | null {
    const { clock, expectMs } = this.#options;
    if (held !== null) return null;
    const silentMs = clock.monotonicMs() - (heardMs ?? this.#sinceMs);
    if (heardMs !== null && silentMs <= expectMs) return null;
    const silence = heardMs === null ? 'nothing yet' : `nothing for ${Math.round(silentMs / 1000)} s`;
    return `${silence} from ${slot.origin}${hint === null ? '' : `: ${hint}`}`;
  }
}

function newLedger(slot: Slot): Ledger {
  return {
    slot,
    heardMs: null,
    handedAt: Number.NEGATIVE_INFINITY,
    problem: null,
    hint: null,
    held: null,
    series: null,
    seriesMs: Number.NEGATIVE_INFINITY,
    rival: '',
    rivalMs: Number.NEGATIVE_INFINITY,
    latestAt: 0,
    pauses: 0,
    isLateLogged: false,
  };
}

/** Dates beyond what JavaScript can write happen in broken messages. */
function isoTime(at: number): string {
  return Math.abs(at) <= 8.64e15 ? new Date(at).toISOString() : `${at} ms since 1970`;
}
