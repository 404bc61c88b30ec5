import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Bundle } from './bundle.ts';

/** What a trial answers for a mutant; for 0, which is none, also which mutants were come by. */
export interface Answer {
  readonly id: number;
  readonly passed: boolean;
  readonly reached: readonly number[];
}

/** The process of one bundle. */
export class Trial {
  readonly #process: ChildProcess;

  constructor({ path }: Bundle) {
    const trial = fileURLToPath(new URL('trial-process.ts', import.meta.url));
    // It has this process's flags, as fork gives them: the condition and tsx.
    this.#process = fork(trial, [path], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  }

  /** The answer for a mutant; null where the process ended or did not answer in time. */
  ask(id: number, timeoutMs: number): Promise<Answer | null> {
    return new Promise((resolve) => {
      const settle = (answer: Answer | null): void => {
        clearTimeout(timer);
        this.#process.removeAllListeners();
        resolve(answer);
      };
      const timer = setTimeout(() => settle(null), timeoutMs);
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

  end(): void {
    this.#process.kill('SIGKILL');
  }
}
