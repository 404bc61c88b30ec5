import { limits, type PointDeclaration, type Reading, type SourcesReport } from '@wattmark/shared/messages';
import type { Clock } from './clock.ts';
import type { Poller } from './poller.ts';
import type { Sample } from './source.ts';
import { splitTick, type TickMessage } from './tick-message.ts';
import { ticks } from './ticker.ts';

interface TickSamples {
  readonly at: number;
  /** Of each source that was asked; null where it has not answered, or where that was handed on already. */
  readonly samples: (Sample | null)[];
}

/** Asks every source whose tick has come, all at once, and makes one message of what they say. */
export class Sampler {
  #pollers: readonly Poller[];
  readonly #clock: Clock;
  readonly #deliver: (message: TickMessage) => void;
  readonly #skip: (at: number) => void;
  #announced: readonly (readonly PointDeclaration[])[] = [];
  #points: readonly PointDeclaration[] = [];
  #report: SourcesReport = { total: 0, failing: [] };
  readonly #underWay = new Set<Promise<void>>();
  /** The ticks that some source has not answered yet, the oldest first. */
  readonly #incomplete = new Set<TickSamples>();
  #lookedMs: number | null = null;

  /**
   * @param deliver is called with each message; of one point they come in the order of their ticks
   * @param skip is called where ticks had to be left out, with the first of them
   */
  constructor(
    pollers: readonly Poller[],
    clock: Clock,
    deliver: (message: TickMessage) => void,
    skip: (at: number) => void,
  ) {
    this.#pollers = pollers;
    this.#clock = clock;
    this.#deliver = deliver;
    this.#skip = skip;
  }

  /** The points of all sources that are open. The array is a new one only when one of them announces other points. */
  get points(): readonly PointDeclaration[] {
    const announced = this.#pollers.map((poller) => poller.points);
    if (announced.length !== this.#announced.length || announced.some((points, i) => points !== this.#announced[i])) {
      this.#announced = announced;
      this.#points = announced.flat();
    }
    return this.#points;
  }

  /** Monotonic time of the last look whether a tick has come, which is at least every five seconds; null before the first. */
  get lookedMs(): number | null {
    return this.#lookedMs;
  }

  /** How the sources do; the same object while nothing changes. */
  get report(): SourcesReport {
    const failing = this.#pollers.flatMap((poller) => poller.failure ?? []).slice(0, limits.failingSources);
    const { total, failing: before } = this.#report;
    const isSame = failing.length === before.length && failing.every((failure, i) => failure === before[i]);
    if (!isSame || total !== this.#pollers.length) this.#report = { total: this.#pollers.length, failing };
    return this.#report;
  }

  /** Goes on with other pollers from the next tick; done when no tick with the former ones is under way. */
  async replace(pollers: readonly Poller[]): Promise<void> {
    this.#pollers = pollers;
    await Promise.all(this.#underWay);
  }

  /** Samples at every tick until `signal` aborts, then waits for the reads under way. */
  async run(signal: AbortSignal): Promise<void> {
    const intervalsMs = () => {
      this.#lookedMs = this.#clock.monotonicMs();
      return this.#pollers.map((poller) => poller.source.intervalMs);
    };
    for await (const at of ticks(intervalsMs, this.#clock, signal, this.#skip)) {
      const sampling = this.sample(at, signal).finally(() => this.#underWay.delete(sampling));
      this.#underWay.add(sampling);
    }
    await Promise.all(this.#underWay);
  }

  /**
   * Takes one tick's sample. No source waits for another; the message goes out when the last has answered or is late. A
   * source may have more time than another has between two ticks: then it gets a message of its own.
   */
  async sample(at: number, signal: AbortSignal): Promise<void> {
    // A collector takes what goes back in time for late, and a source what was handed on for delivered.
    for (const tick of this.#incomplete) this.#handOn(tick);
    const due = this.#pollers.filter((poller) => at % poller.source.intervalMs === 0);
    const tick: TickSamples = { at, samples: due.map(() => null) };
    this.#incomplete.add(tick);
    const polls = due.map(async (poller, index) => {
      tick.samples[index] = await poller.poll(signal);
    });
    await Promise.all(polls);
    this.#incomplete.delete(tick);
    this.#handOn(tick);
  }

  /** Sends what has come of a tick since it was last called. */
  #handOn({ at, samples: slots }: TickSamples): void {
    const samples = slots.filter((sample) => sample !== null);
    slots.fill(null);
    const byTime = new Map<number, Reading[]>();
    for (const { at: time, readings } of samples.flatMap((sample) => sample.dated ?? [])) {
      byTime.set(time, [...(byTime.get(time) ?? []), ...readings]);
    }
    for (const [time, readings] of [...byTime].sort(([a], [b]) => a - b)) this.#send(time, readings);
    this.#send(
      at,
      samples.flatMap((sample) => sample.readings),
    );
  }

  #send(at: number, readings: readonly Reading[]): void {
    for (const message of splitTick(at, readings)) this.#deliver(message);
  }
}
