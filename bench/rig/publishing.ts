import type { Child } from './child.ts';
import type { Room } from './room.ts';

export interface PublisherOptions {
  readonly url: string;
  readonly agents: number;
  readonly points: number;
  /** Time between an agent's messages, ms; 0: as fast as its window lets it. */
  readonly everyMs: number;
  readonly seconds: number;
}

/** Where the publisher stood at a moment. */
export interface Progress {
  /** Since its first message. */
  readonly ms: number;
  readonly sent: number;
  readonly acked: number;
  readonly done: boolean;
}

const SLACK_MS = 90_000;

/** Agents under load, in a process of their own. */
export class Publishing {
  readonly child: Child;
  readonly #progress: Progress[] = [];
  /** Everything that was said, when all is acknowledged. */
  readonly done: Promise<readonly Progress[]>;

  private constructor(child: Child, seconds: number) {
    this.child = child;
    this.done = child
      .expect(
        (line) => {
          if (!line.startsWith('{')) return null;
          const progress = JSON.parse(line) as Progress;
          this.#progress.push(progress);
          return progress.done ? this.#progress : null;
        },
        seconds * 1000 + SLACK_MS,
      )
      .then((progress) => {
        const last = progress.at(-1);
        if (last === undefined || last.acked < last.sent)
          throw new Error(`not everything was acknowledged: ${JSON.stringify(last)}`);
        return progress;
      });
    this.done.catch(() => {});
  }

  /** Resolves when the agents have announced themselves and begin. */
  static async start(room: Room, { url, agents, points, everyMs, seconds }: PublisherOptions): Promise<Publishing> {
    const options = { url, agents, points, every: everyMs, seconds };
    const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
    const child = room.startLoad('publisher', args);
    const publishing = new Publishing(child, seconds);
    await child.expect((line) => (line === 'ready' ? line : null), SLACK_MS);
    return publishing;
  }
}

/** Messages acknowledged each second, without the first `warmUpMs` and without what came in after the last was sent. */
export function acknowledgedPerSecond(progress: readonly Progress[], warmUpMs: number): number {
  const counted = progress.filter(({ ms, done }) => ms >= warmUpMs && !done);
  const [first, last] = [counted.at(0), counted.at(-1)];
  if (first === undefined || last === undefined || last.ms <= first.ms) throw new Error('the publisher ran too short');
  return ((last.acked - first.acked) * 1000) / (last.ms - first.ms);
}
