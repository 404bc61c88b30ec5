import type { PointDeclaration, Reading } from '@wattmark/shared/messages';
import type { Logger } from '@wattmark/shared/logger';
import type { Clock } from './clock.ts';
import type { ConfiguredSource } from './config.ts';
import type { PointClaims } from './point-claims.ts';
import { implausible } from './tick-message.ts';
import { type FailureKind, type NoData, type Sample, type Source, SourceError } from './source.ts';

/** Longest pause between two looks for an instrument that is not there. */
const LONGEST_ABSENCE_MS = 300_000;

export interface PollerStats {
  /** Reads that gave a sample. */
  readonly read: number;
  readonly failed: number;
  /** Ticks left out because the read before was still under way. */
  readonly skipped: number;
}

export interface PollerOptions {
  readonly source: ConfiguredSource;
  readonly clock: Clock;
  /** A number in [0, 1), for jitter. */
  readonly random: () => number;
  /** The points that are spoken for, of all sources of the agent. */
  readonly claims: PointClaims;
  readonly log: Logger;
}

type State = 'unknown' | 'ok' | FailureKind;

const nothing: Sample = { readings: [], noData: [] };

/** Polls one source under its deadline, and decides after a failure when to look again. Nothing a source does gets past it. */
export class Poller {
  readonly source: ConfiguredSource;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #claims: PointClaims;
  readonly #log: Logger;
  #opened: Source | null = null;
  #busy = false;
  #state: State = 'unknown';
  #absences = 0;
  #lookAgainMs = Number.NEGATIVE_INFINITY;
  #missing: ReadonlyMap<string, string> = new Map();
  #stats = { read: 0, failed: 0, skipped: 0 };

  constructor(options: PollerOptions) {
    this.source = options.source;
    this.#clock = options.clock;
    this.#random = options.random;
    this.#claims = options.claims;
    const { kind, label } = options.source;
    this.#log = options.log.child({ source: label, kind });
  }

  /** The points that the instrument announces; none until it could be opened. */
  get points(): readonly PointDeclaration[] {
    return this.#opened?.points ?? [];
  }

  get stats(): PollerStats {
    return this.#stats;
  }

  get state(): State {
    return this.#state;
  }

  /** Opens the source where it is not open; a failure is logged and, unless it is fatal, tried again by `poll`. */
  async open(signal: AbortSignal): Promise<void> {
    if (this.#opened !== null || this.#state === 'fatal') return;
    const { module, settings, intervalMs } = this.source;
    const opening = (async () => module.open(settings, { log: this.#log, intervalMs }))();
    try {
      const source = await this.#withDeadline(opening, signal);
      this.#claims.claim(this.source.label, source.points);
      this.#opened = source;
    } catch (error) {
      // Opened too late, or not for us: without this its connection would stay behind.
      opening.then((source) => source.close()).catch(() => {});
      if (!signal.aborted) this.#fail(error, 'absent');
    }
  }

  /**
   * Reads the instrument once. Never rejects: what a failing, absent, busy or given-up source says is nothing.
   * @param signal stops the read
   */
  async poll(signal: AbortSignal): Promise<Sample> {
    if (this.#state === 'fatal') return nothing;
    if (this.#busy) {
      this.#stats.skipped++;
      return nothing;
    }
    if (this.#clock.monotonicMs() < this.#lookAgainMs) return nothing;
    this.#busy = true;
    await this.open(signal);
    if (this.#opened === null) {
      this.#busy = false;
      return nothing;
    }
    return this.#read(this.#opened, signal);
  }

  async close(): Promise<void> {
    const source = this.#opened;
    this.#opened = null;
    await source?.close().catch((error: unknown) => this.#log.warn({ err: error }, 'the source did not close'));
  }

  async #read(source: Source, signal: AbortSignal): Promise<Sample> {
    const abort = new AbortController();
    // Busy until the source itself is done, which may be long after the deadline.
    const reading = (async () => source.read(abort.signal))().finally(() => {
      this.#busy = false;
    });
    try {
      const sample = plausible(await this.#withDeadline(reading, signal));
      this.#succeed(sample);
      return sample;
    } catch (error) {
      abort.abort();
      if (!signal.aborted) this.#fail(error, 'retry');
      if (this.#state === 'fatal') await this.close();
      return nothing;
    }
  }

  /** @throws SourceError where `work` is not done by the deadline, or when `signal` aborts. */
  async #withDeadline<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
    const { deadlineMs } = this.source;
    if (signal.aborted) throw new SourceError('retry', 'the agent is stopping');
    const over = new AbortController();
    const stop = (): void => over.abort();
    signal.addEventListener('abort', stop, { once: true });
    const late = this.#clock.sleep(deadlineMs, over.signal).then((): never => {
      throw new SourceError('retry', `no answer within ${deadlineMs} ms`);
    });
    // Whichever loses the race may reject later, when nobody listens any more.
    late.catch(() => {});
    work.catch(() => {});
    try {
      return await Promise.race([work, late]);
    } finally {
      signal.removeEventListener('abort', stop);
      over.abort();
    }
  }

  #succeed(sample: Sample): void {
    this.#stats.read++;
    this.#absences = 0;
    this.#lookAgainMs = Number.NEGATIVE_INFINITY;
    if (this.#state !== 'ok') this.#log.info({ before: this.#state }, 'the instrument answers');
    this.#state = 'ok';
    this.#noteMissing(sample.noData);
  }

  #fail(error: unknown, otherwise: FailureKind): void {
    const kind = error instanceof SourceError ? error.kind : otherwise;
    const reason = error instanceof Error ? error.message : String(error);
    this.#stats.failed++;
    if (kind === 'absent') {
      const { intervalMs } = this.source;
      const pauseMs = Math.min(Math.max(LONGEST_ABSENCE_MS, intervalMs), intervalMs * 2 ** this.#absences++);
      // Between a half and the whole: agents that lost the same bus do not come back to it at one instant.
      this.#lookAgainMs = this.#clock.monotonicMs() + pauseMs * (1 - this.#random() / 2);
    }
    if (this.#state !== kind)
      this.#log[kind === 'fatal' ? 'error' : 'warn']({ state: kind, reason }, failureTexts[kind]);
    this.#state = kind;
  }

  /** Logs what has begun or ceased to be missing, not what is missing still. */
  #noteMissing(noData: readonly NoData[]): void {
    if (noData.length === 0 && this.#missing.size === 0) return;
    const missing = new Map(noData.map(({ point, channel, reason }) => [`${point} ${channel}`, reason]));
    for (const [what, reason] of missing) {
      if (!this.#missing.has(what)) this.#log.warn({ what, reason }, 'no data for a channel');
    }
    for (const what of this.#missing.keys()) {
      if (!missing.has(what)) this.#log.info({ what }, 'a channel has data again');
    }
    this.#missing = missing;
  }
}

const failureTexts: Record<FailureKind, string> = {
  retry: 'the instrument could not be read; the next tick tries again',
  absent: 'the instrument is not there; it is looked for with growing pauses',
  fatal: 'the source cannot work as configured and is given up',
};

function plausible(sample: Sample): Sample {
  if (sample.readings.every(([, channel, value]) => implausible(channel, value) === null)) return sample;
  const readings: Reading[] = [];
  const noData: NoData[] = [...sample.noData];
  for (const reading of sample.readings) {
    const [point, channel, value] = reading;
    const reason = implausible(channel, value);
    if (reason === null) readings.push(reading);
    else noData.push({ point, channel, reason });
  }
  return { readings, noData };
}
