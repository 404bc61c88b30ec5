import { mkdirSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { influxdConfiguration } from '../../collector/test/support/influx.ts';
import { freePort } from '../../shared/test/free-port.ts';
import { findProgram } from '../../shared/test/program.ts';
import type { Child } from './child.ts';
import type { Room } from './room.ts';

const READY_WITHIN_MS = 60_000;

/** An InfluxDB 1.x with the collector's two databases, which can be ended and started again. */
export class BenchInfluxd {
  readonly url: string;
  readonly #room: Room;
  readonly #program: string;
  readonly #config: string;
  #child: Child;

  private constructor(room: Room, program: string, config: string, port: number) {
    this.#room = room;
    this.#program = program;
    this.#config = config;
    this.url = `http://127.0.0.1:${port}`;
    this.#child = room.start(program, ['-config', config]);
  }

  static async start(room: Room, name: string): Promise<BenchInfluxd> {
    const program = findProgram('influxd');
    if (program === null) throw new Error('influxd is not installed (Debian: apt-get install influxdb)');
    const [port, rpcPort] = [await freePort(), await freePort()];
    const config = room.path(`${name}.conf`);
    mkdirSync(room.path(name));
    writeFileSync(config, influxdConfiguration(room.path(name), port, rpcPort));
    const influxd = new BenchInfluxd(room, program, config, port);
    await influxd.#ready();
    for (const database of ['wattmark', 'wattmark_minutes']) await influxd.query(`CREATE DATABASE ${database}`);
    return influxd;
  }

  get cpuMs(): number {
    return this.#child.cpuMs();
  }

  /** kill -9. */
  async kill(): Promise<void> {
    await this.#child.stop('SIGKILL');
  }

  async startAgain(): Promise<void> {
    this.#child = this.#room.start(this.#program, ['-config', this.#config]);
    await this.#ready();
  }

  async stop(): Promise<void> {
    await this.#child.stop();
  }

  /** The number in the only row of an answer, after its time; 0 for an answer without rows. */
  async query(q: string, db = ''): Promise<number> {
    const body = new URLSearchParams({ q, db });
    const response = await fetch(`${this.url}/query`, { method: 'POST', body });
    const { results, error } = (await response.json()) as Answer;
    const problem = error ?? results?.[0]?.error;
    if (problem !== undefined) throw new Error(problem);
    return Number(results?.[0]?.series?.[0]?.values?.[0]?.[1] ?? 0);
  }

  async #ready(): Promise<void> {
    const endMs = performance.now() + READY_WITHIN_MS;
    while (
      !(await fetch(`${this.url}/ping`).then(
        ({ ok }) => ok,
        () => false,
      ))
    ) {
      if (performance.now() > endMs) throw new Error('influxd does not answer in time');
      await sleep(50);
    }
  }
}

interface Answer {
  readonly results?: readonly {
    readonly error?: string;
    readonly series?: readonly { readonly values?: unknown[][] }[];
  }[];
  readonly error?: string;
}
