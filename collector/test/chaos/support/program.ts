import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ProgramOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** What it writes to standard output and standard error is appended here. */
  readonly log: string;
  /** Resolves when the program serves; tried again until then. */
  readonly ready?: () => Promise<boolean>;
}

/** A program that a test starts, kills and starts again. */
export class Program {
  readonly #command: readonly string[];
  readonly #options: ProgramOptions;
  #process: ChildProcess | null = null;

  constructor(command: readonly string[], options: ProgramOptions) {
    this.#command = command;
    this.#options = options;
  }

  get output(): string {
    return readFileSync(this.#options.log, 'utf8');
  }

  /** Starts the program and does not wait for it. */
  launch(): void {
    if (this.#running) return;
    const [program = '', ...args] = this.#command;
    const log = openSync(this.#options.log, 'a');
    this.#process = spawn(program, args, {
      stdio: ['ignore', log, log],
      env: { ...process.env, ...this.#options.env },
    });
  }

  /** @throws where it ends instead of serving. */
  async start(): Promise<void> {
    this.launch();
    const { ready = async () => true } = this.#options;
    while (!(await ready())) {
      if (!this.#running) throw new Error(`${this.#command.join(' ')} ended: ${this.output.slice(-1000)}`);
      await sleep(10);
    }
  }

  /** kill -9. */
  async kill(): Promise<void> {
    if (this.#process === null || !this.#running) return;
    const gone = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await gone;
  }

  /** Asks it to stop. @returns its exit code, null where it had to be killed after `withinMs`. */
  async stop(withinMs: number): Promise<number | null> {
    if (this.#process === null || !this.#running) throw new Error(`${this.#command.join(' ')} does not run`);
    const child = this.#process;
    const gone = once(child, 'exit');
    const timer = setTimeout(() => child.kill('SIGKILL'), withinMs);
    child.kill('SIGTERM');
    const [code] = await gone;
    clearTimeout(timer);
    return code as number | null;
  }

  get #running(): boolean {
    return this.#process !== null && this.#process.exitCode === null && this.#process.signalCode === null;
  }
}

/** Whether something listens on a port of 127.0.0.1. */
export function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
