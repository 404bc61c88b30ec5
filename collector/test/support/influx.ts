import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../../shared/test/free-port.ts';
import { InfluxV1Client } from '../../src/influx/client-v1.ts';
import type { InfluxTarget } from '../../src/influx/client.ts';
import { minutesDatabase } from '../../src/influx/schema.ts';
import { accepts, Program } from '../chaos/support/program.ts';

/** As Debian's package runs it, with nothing on ports or in places that others use. */
export const influxdConfiguration = (directory: string, port: number, rpcPort: number, withUsers = false): string => `
reporting-disabled = true
bind-address = "127.0.0.1:${rpcPort}"
[meta]
  dir = "${directory}/meta"
[data]
  dir = "${directory}/data"
  wal-dir = "${directory}/wal"
  query-log-enabled = false
[coordinator]
  log-queries-after = "0s"
[monitor]
  store-enabled = false
[http]
  bind-address = "127.0.0.1:${port}"
  auth-enabled = ${withUsers}
  log-enabled = false
`;

/** An InfluxDB 1.6 of its own. */
export class Influxd extends Program {
  readonly url: string;
  readonly port: number;

  private constructor(program: string, directory: string, config: string, port: number) {
    super([program, '-config', config], { log: join(directory, 'influxd.log'), ready: () => answers(port) });
    this.port = port;
    this.url = `http://127.0.0.1:${port}`;
  }

  /** Starts one in a temporary directory; it ends with the test. */
  static async start(
    t: { teardown(fn: () => unknown): void },
    program: string,
    { withUsers = false, port }: { readonly withUsers?: boolean; readonly port?: number } = {},
  ): Promise<Influxd> {
    const directory = mkdtempSync(join(tmpdir(), 'wattmark-influx-'));
    const config = join(directory, 'influxdb.conf');
    const listen = port ?? (await freePort());
    writeFileSync(config, influxdConfiguration(directory, listen, await freePort(), withUsers));
    const influxd = new Influxd(program, directory, config, listen);
    t.teardown(async () => {
      await influxd.kill();
      rmSync(directory, { recursive: true, force: true });
    });
    await influxd.start();
    return influxd;
  }

  /** A store's two databases, empty and of a name of their own. */
  async database(name: string): Promise<InfluxTarget> {
    for (const one of [name, minutesDatabase(name)]) await this.run(`CREATE DATABASE "${one}"`);
    return { ...anonymous, version: 1, url: this.url, database: name };
  }

  /** Runs a statement of InfluxQL. @throws Error where the server refuses it. */
  async run(influxql: string, database = ''): Promise<unknown[]> {
    const rows: unknown[] = [];
    const client = new InfluxV1Client({ ...anonymous, version: 1, url: this.url, database });
    for await (const { values } of client.query(influxql, database)) rows.push(...values);
    return rows;
  }
}

export const anonymous: Pick<InfluxTarget, 'username' | 'password' | 'org' | 'token'> = {
  username: null,
  password: null,
  org: null,
  token: null,
};

/** Whether it has opened its shards, and not only its port. */
async function answers(port: number): Promise<boolean> {
  if (!(await accepts(port))) return false;
  return fetch(`http://127.0.0.1:${port}/ping`).then(
    ({ ok }) => ok,
    () => false,
  );
}
