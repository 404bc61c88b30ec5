import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';

/** A broker of its own for one test, which can be killed and started again at the same port. */
export class Mosquitto {
  readonly port: number;
  readonly #program: string;
  readonly #configFile: string;
  #process: ChildProcess | null = null;

  /** @param lines more of mosquitto.conf, such as an access list */
  constructor(program: string, port: number, directory: string, lines: readonly string[] = ['allow_anonymous true']) {
    this.port = port;
    this.#program = program;
    this.#configFile = join(directory, `mosquitto-${port}.conf`);
    const config = [`listener ${port} 127.0.0.1`, 'set_tcp_nodelay true', 'persistence false', ...lines];
    writeFileSync(this.#configFile, `${config.join('\n')}\n`);
  }

  get url(): string {
    return `mqtt://127.0.0.1:${this.port}`;
  }

  /** Resolves when the broker accepts connections. */
  async start(): Promise<void> {
    this.#process = spawn(this.#program, ['-c', this.#configFile], { stdio: 'ignore' });
    while (!(await accepts(this.port))) if (this.#process.exitCode !== null) throw new Error('mosquitto did not start');
  }

  /** kill -9. */
  async kill(): Promise<void> {
    if (this.#process === null || this.#process.exitCode !== null) return;
    const gone = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await gone;
    this.#process = null;
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => setTimeout(resolve, 10, false));
  });
}
