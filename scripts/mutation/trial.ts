import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { cpuTimeOf } from './cpu-time.ts';
import type { Bundle } from './bundle.ts';

/** What a trial answers for a mutant; for 0, which is none, also which mutants were come by. */
export interface Answer {
  readonly id: number;
  readonly passed: boolean;
  /** Processor time of the run, ms. */
  readonly cpuMs: number;
  readonly reached: readonly number[];
}

const LOOK_MS = 200;

/** A test that does nothing for so long waits for what a mutant has taken away. */
const MOST_IDLE_MS = 10_000;

/** The process of one bundle. */
export class Trial {
  readonly #process: ChildProcess;

  constructor({ path }: Bundle) {
    const trial = fileURLToPath(new URL('trial-process.ts', import.meta.url));
    // It has this process's flags, as fork gives them: the condition and tsx.
    this.#process = fork(trial, [path], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  }

  /**
   * The answer for a mutant; null where the process ended, took more than `mostCpuMs` of processor time, or waits for what never
   * comes. On a busy machine nothing follows from the time on the wall, which counts only where processor time is not to be had.
   */
  ask(id: number, mostCpuMs: number): Promise<Answer | null> {
    return new Promise((resolve) => {
      const settle = (answer: Answer | null): void => {
        clearInterval(timer);
        this.#process.removeAllListeners();
        resolve(answer);
      };
      const isOver = this.#limit(mostCpuMs);
      const timer = setInterval(() => {
        if (isOver()) settle(null);
      }, LOOK_MS);
      // tsx sends messages of its own.
      this.#process.on('message', (message: object) => {
        if ('passed' in message) settle(message as Answer);
      });
      this.#process.once('exit', () => settle(null));
      this.#process.send(id, (error) => {
        if (error !== null) settle(null);
      });
    });
  }

  /** Whether the process has had its time, to be asked every `LOOK_MS`. */
  #limit(mostCpuMs: number): () => boolean {
    const timeOf = (): ReturnType<typeof cpuTimeOf> => cpuTimeOf(this.#process.pid ?? 0);
    const startMs = Date.now();
    const startCpuMs = timeOf()?.cpuMs ?? 0;
    let lastCpuMs = startCpuMs;
    let idleMs = 0;
    return () => {
      const time = timeOf();
      if (time === null) return Date.now() - startMs > mostCpuMs;
      idleMs = time.isWaiting && time.cpuMs === lastCpuMs ? idleMs + LOOK_MS : 0;
      lastCpuMs = time.cpuMs;
      return time.cpuMs - startCpuMs > mostCpuMs || idleMs > MOST_IDLE_MS;
    };
  }

  end(): void {
    this.#process.kill('SIGKILL');
  }
}
