import { isTime, limits, type PointDeclaration, type Reading, type SourceFailure } from '@wattmark/shared/messages';
import type { Logger } from '@wattmark/shared/logger';
import type { ConfiguredSource } from './config.ts';
import type { PointClaims } from './point-claims.ts';
import { implausible } from './tick-message.ts';
import { addressOf } from './source-address.ts';
import { type FailureKind, type NoData, type Sample, type Source, SourceError, type Surroundings } from './source.ts';

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
  readonly surroundings: Surroundings;
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
  /** Kind and place of the instrument: `modbus 192.0.2.10 port 502 unit 1`. */
  readonly label: string;
  readonly #surroundings: Surroundings;
  readonly #random: () => number;
  readonly #claims: PointClaims;
  readonly #log: Logger;
  #opened: Source | null = null;
  #opening: Promise<void> | null = null;
  #points: readonly PointDeclaration[] = [];
  #busy = false;
  #isReleased = false;
  #state: State = 'unknown';
  #failure: SourceFailure | null = null;
  /** Failures that were logged since it answered last. */
  readonly #told = new Set<FailureKind>();
  #absences = 0;
  #lookAgainMs = Number.NEGATIVE_INFINITY;
  #missing: ReadonlyMap<string, string> = new Map();
  #stats = { read: 0, failed: 0, skipped: 0 };

  constructor(options: PollerOptions) {
    this.source = options.source;
    this.#surroundings = options.surroundings;
    this.#random = options.random;
    this.#claims = options.claims;
    const { kind, settings } = options.source;
    this.label = `${kind} ${addressOf(settings)}`.trim().slice(0, limits.nameLength);
    this.#log = options.log.child({ source: this.label });
  }

  /** The points that the instrument announces; none until it could be opened. */
  get points(): readonly PointDeclaration[] {
    return this.#points;
  }

  /** Why the instrument gives nothing, the same object while it does; null where it answers or was not asked yet. */
  get failure(): SourceFailure | null {
    return this.#failure;
  }

  get stats(): PollerStats {
    return this.#stats;
  }

  get state(): State {
    return this.#state;
  }

  /** Opens the source where it is not open; a failure is logged and, unless it is fatal, tried again by `poll`. */
  open(signal: AbortSignal): Promise<void> {
    if (this.#opened !== null || this.#state === 'fatal') return Promise.resolve();
    this.#opening ??= this.#open(signal).finally(() => {
      this.#opening = null;
    });
    return this.#opening;
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
    if (this.#surroundings.clock.monotonicMs() < this.#lookAgainMs) return nothing;
    this.#busy = true;
    await this.open(signal);
    if (this.#opened === null) {
      this.#busy = false;
      return nothing;
    }
    return this.#read(this.#opened, signal);
  }

  /** Gives up the points, for another source to read, and claims none any more whatever a read under way still learns. */
  release(): void {
    this.#isReleased = true;
    this.#claims.release(this);
  }

  async close(): Promise<void> {
    await this.#opening;
    const source = this.#opened;
    this.#opened = null;
    this.#points = [];
    await source?.close().catch((error: unknown) => this.#log.warn({ err: error }, 'the source did not close'));
  }

  async #open(signal: AbortSignal): Promise<void> {
    const { module, settings, intervalMs } = this.source;
    const context = { ...this.#surroundings, log: this.#log, intervalMs };
    const opening = (async () => module.open(settings, context))();
    try {
      const source = await this.#withDeadline(opening, signal);
      this.#announce(source);
      this.#opened = source;
    } catch (error) {
      // Opened too late, or not for us: without this its connection would stay behind.
      opening.then((source) => source.close()).catch(() => {});
      if (!signal.aborted) this.#fail(error, 'absent');
    }
  }

  async #read(source: Source, signal: AbortSignal): Promise<Sample> {
    const abort = new AbortController();
    // Busy until the source itself is done, which may be long after the deadline.
    const reading = (async () => source.read(abort.signal))().finally(() => {
      this.#busy = false;
    });
    try {
      const sample = plausible(await this.#withDeadline(reading, signal));
      this.#announce(source);
      this.#succeed(sample);
      return sample;
    } catch (error) {
      abort.abort();
      if (!signal.aborted) this.#fail(error, 'retry');
      if (this.#state === 'fatal') await this.close();
      return nothing;
    }
  }

  /** @throws SourceError where another source reads one of the points. */
  #announce({ points }: Source): void {
    if (points === this.#points) return;
    if (!this.#isReleased) this.#claims.claim(this, points);
    this.#points = points;
  }

  /** @throws SourceError where `work` is not done by the deadline, or when `signal` aborts. */
  async #withDeadline<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
    const { deadlineMs } = this.source;
    if (signal.aborted) throw new SourceError('retry', 'the agent is stopping');
    const over = new AbortController();
    const stop = (): void => over.abort();
    signal.addEventListener('abort', stop, { once: true });
    const late = this.#surroundings.clock.sleep(deadlineMs, over.signal).then((): never => {
      throw new SourceError(
        'retry',
        `no answer within ${deadlineMs} ms; wattmark-agent check waits longer, and says more`,
      );
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
    this.#told.clear();
    this.#failure = null;
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
      this.#lookAgainMs = this.#surroundings.clock.monotonicMs() + pauseMs * (1 - this.#random() / 2);
    }
    // Once a state until it answers again: a dead instrument may be silent and absent by turns.
    if (!this.#told.has(kind))
      this.#log[kind === 'fatal' ? 'error' : 'warn']({ state: kind, reason }, failureTexts[kind]);
    this.#told.add(kind);
    this.#state = kind;
    this.#noteFailure(kind, reason.slice(0, limits.nameLength));
  }

  /** Keeps the time at which it began, whatever the reason has become since. */
  #noteFailure(state: FailureKind, reason: string): void {
    const before = this.#failure;
    if (before?.state === state && before.reason === reason) return;
    this.#failure = { source: this.label, state, since: before?.since ?? this.#surroundings.clock.now(), reason };
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

/** The sample without what JSON cannot say and a collector would reject. */
function plausible(sample: Sample): Sample {
  const noData: NoData[] = [...sample.noData];
  const judge = (readings: readonly Reading[]): readonly Reading[] => {
    if (readings.every(([, channel, value]) => implausible(channel, value) === null)) return readings;
    return readings.filter(([point, channel, value]) => {
      const reason = implausible(channel, value);
      if (reason !== null) noData.push({ point, channel, reason });
      return reason === null;
    });
  };
  const dated = sample.dated?.flatMap(({ at, readings }) => {
    if (isTime(at)) return [{ at, readings: judge(readings) }];
    noData.push(...timeless(at, readings));
    return [];
  });
  return { readings: judge(sample.readings), ...(dated !== undefined && { dated }), noData };
}

function timeless(at: number, readings: readonly Reading[]): NoData[] {
  return readings.map(([point, channel]) => ({ point, channel, reason: `${at} is no time of a reading` }));
}
