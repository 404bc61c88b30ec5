import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const STOP_WITHIN_MS = 10_000;
const TAIL_LINES = 20;

/** Linux tells CPU time in hundredths of a second, whatever the kernel's own clock. */
const MS_PER_TICK = 10;

/** A process that bench started. */
export class Child {
  readonly #process: ChildProcess;
  readonly #tail: string[] = [];
  readonly #listeners: ((line: string) => void)[] = [];
  readonly #name: string;
  /** How it ended. */
  readonly ended: Promise<string>;

  constructor(command: string, args: readonly string[]) {
    this.#name = [command, ...args]
      .filter((word) => !word.startsWith('-'))
      .slice(0, 2)
      .join(' ');
    const child = spawn(command, [...args], { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    this.#process = child;
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream }).on('line', (line) => this.#take(line));
    this.ended = new Promise((resolve) => {
      child.once('error', ({ message }) => resolve(message));
      child.once('close', (code, signal) => resolve(signal ?? `exit code ${code}`));
    });
  }

  get pid(): number {
    const { pid } = this.#process;
    if (pid === undefined) throw new Error(`${this.#name} could not be started`);
    return pid;
  }

  /** Resident memory, bytes. */
  rssBytes(): number {
    const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${this.pid}/status`, 'utf8'))?.[1];
    return Number(kib) * 1024;
  }

  /** Processor time that it and the programs that it ran have taken, ms. */
  cpuMs(): number {
    const stat = readFileSync(`/proc/${this.pid}/stat`, 'utf8');
    // Fields 14 to 17 of proc_pid_stat(5): utime, stime, cutime, cstime; the second field may hold spaces.
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 15);
    return fields.reduce((sum, field) => sum + Number(field), 0) * MS_PER_TICK;
  }

  /**
   * The first answer of `pick` to a line of its output that is not null.
   * @throws Error with the end of its output where it ends, or says nothing of the kind in time.
   */
  expect<Found>(pick: (line: string) => Found | null, withinMs: number): Promise<Found> {
    return new Promise((resolve, reject) => {
      const fail = (why: string): void => reject(new Error(`${this.#name}: ${why}\n${this.#tail.join('\n')}`));
      const timer = setTimeout(() => fail(`not in ${withinMs / 1000} s`), withinMs);
      void this.ended.then(fail).finally(() => clearTimeout(timer));
      this.#listeners.push((line) => {
        const found = pick(line);
        if (found === null) return;
        clearTimeout(timer);
        resolve(found);
      });
    });
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.#process.kill(signal);
    const last = setTimeout(() => this.#process.kill('SIGKILL'), STOP_WITHIN_MS);
    await this.ended;
    clearTimeout(last);
  }

  #take(line: string): void {
    this.#tail.push(line);
    if (this.#tail.length > TAIL_LINES) this.#tail.shift();
    for (const listener of this.#listeners) listener(line);
  }
}
