import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Child } from './child.ts';

const bench = fileURLToPath(new URL('..', import.meta.url));

/** Where one figure is measured: a temporary directory and the processes started, all gone when it is closed. */
export class Room {
  readonly directory: string = mkdtempSync(join(tmpdir(), 'wattmark-bench-'));
  readonly say: (text: string) => void;
  readonly #keep: boolean;
  readonly #children: Child[] = [];
  readonly #onSignal = (): void => void this.close().then(() => process.exit(130));

  constructor(say: (text: string) => void, keep: boolean) {
    this.say = say;
    this.#keep = keep;
    process.once('SIGINT', this.#onSignal).once('SIGTERM', this.#onSignal);
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  /** Starts a program, to be ended at the latest with the room. */
  start(command: string, args: readonly string[]): Child {
    const child = new Child(command, args);
    this.#children.push(child);
    return child;
  }

  /** Starts one of bench's own programs. */
  startLoad(program: string, args: readonly string[]): Child {
    const node = ['--conditions=@wattmark/source', '--import', 'tsx', join(bench, 'load', `${program}.ts`)];
    return this.start(process.execPath, [...node, ...args]);
  }

  async close(): Promise<void> {
    process.off('SIGINT', this.#onSignal).off('SIGTERM', this.#onSignal);
    for (const child of this.#children.reverse()) await child.stop();
    if (this.#keep) this.say(`kept ${this.directory}`);
    else rmSync(this.directory, { recursive: true, force: true });
  }
}
