import type { PointDeclaration } from '@wattmark/shared/messages';
import type { Clock } from './clock.ts';
import type { Poller } from './poller.ts';
import { splitTick, type TickMessage } from './tick-message.ts';
import { ticks } from './ticker.ts';

/** Asks every source whose tick has come, all at once, and makes one message of what they say. */
export class Sampler {
  readonly #pollers: readonly Poller[];
  readonly #clock: Clock;
  readonly #deliver: (message: TickMessage) => void;
  readonly #skip: (at: number) => void;
  #announced: readonly (readonly PointDeclaration[])[] = [];
  #points: readonly PointDeclaration[] = [];

  /**
   * @param deliver is called with each message, in the order in which the ticks were complete
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

  /** Samples at every tick until `signal` aborts, then waits for the reads under way. */
  async run(signal: AbortSignal): Promise<void> {
    const underWay = new Set<Promise<void>>();
    const intervalsMs = [...new Set(this.#pollers.map((poller) => poller.source.intervalMs))];
    for await (const at of ticks(intervalsMs, this.#clock, signal, this.#skip)) {
      const sampling = this.sample(at, signal).finally(() => underWay.delete(sampling));
      underWay.add(sampling);
    }
    await Promise.all(underWay);
  }

  /** Takes one tick's sample. No source waits for another; the message goes out when the last has answered or is late. */
  async sample(at: number, signal: AbortSignal): Promise<void> {
    const due = this.#pollers.filter((poller) => at % poller.source.intervalMs === 0);
    const samples = await Promise.all(due.map((poller) => poller.poll(signal)));
    const readings = samples.flatMap((sample) => sample.readings);
    for (const message of splitTick(at, readings)) this.#deliver(message);
  }
}
