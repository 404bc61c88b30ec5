import { execFile } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import t from 'tap';
import { freePort } from '../../../shared/test/free-port.ts';
import { replay } from '../../src/replay.ts';
import { Program } from '../chaos/support/program.ts';
import { scratch } from '../support/rig.ts';

/** A collector as its operator runs it, with the commands that correct what it has on record. */

const BINARY = join(import.meta.dirname, '../../bin/wattmark-collector.js');
const MINUTE_MS = 60_000;
const DAY_MS = 1_440 * MINUTE_MS;
const MINUTES = 180;

interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

class Running {
  readonly data: string;
  readonly #config: string;
  readonly #http: number;
  readonly #mqtt: number;
  readonly program: Program;

  constructor(data: string, http: number, mqtt: number) {
    this.data = join(data, 'data');
    this.#config = join(data, 'collector.yaml');
    this.#http = http;
    this.#mqtt = mqtt;
    const broker = `broker: {embedded: {port: ${mqtt}}}`;
    writeFileSync(this.#config, `http: {port: ${http}}\n${broker}\nlog: {level: error}\n`);
    const ready = async (): Promise<boolean> => (await fetch(this.#url('/healthz')).catch(() => null))?.ok ?? false;
    const command = [process.execPath, BINARY, 'run', '--config', this.#config];
    this.program = new Program(command, { log: join(data, 'log'), ready });
  }

  command(...args: string[]): Promise<Said> {
    return new Promise((resolve) => {
      execFile(process.execPath, [BINARY, ...args, '--config', this.#config], (error, out, err) => {
        resolve({ code: error === null ? 0 : Number(error.code), out, err });
      });
    });
  }

  async get(path: string): Promise<unknown> {
    return (await fetch(this.#url(path))).json();
  }

  async post(change: object, token: string): Promise<Response> {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const body = JSON.stringify({ by: 'A. Auditor', reason: 'test', change });
    return fetch(this.#url('/api/v1/sites/dc-1/corrections'), { method: 'POST', headers, body });
  }

  /** Three hours of a supply of 6 kW and a load of 4 kW; resolves when all is on the collector's disk. */
  async feed(startMs: number): Promise<void> {
    const client = await connectAsync(`mqtt://127.0.0.1:${this.#mqtt}`);
    const base = 'wattmark/v1/default/dc-1/hall';
    const acked = new Promise<void>((resolve) => {
      client.on('message', (_, payload) => {
        if ((JSON.parse(payload.toString()) as { seq: number }).seq === MINUTES + 1) resolve();
      });
    });
    await client.subscribeAsync(`${base}/ack`, { qos: 1 });
    const of = (point: string, role: string): object => ({ point, role, channels: ['power'], intervalMs: MINUTE_MS });
    const points = [of('main', 'utility'), of('ups', 'it')];
    const send = (leaf: string, message: object) =>
      client.publishAsync(`${base}/${leaf}`, JSON.stringify(message), { qos: 1 });
    await send('birth', { v: 1, epoch: 'E', firstSeq: 1, at: startMs, software: 'test', points });
    const readings = [
      ['main', 'power', 6000],
      ['ups', 'power', 4000],
    ];
    for (let minute = 0; minute <= MINUTES; minute++)
      void send('readings', { v: 1, epoch: 'E', seq: minute + 1, at: startMs + minute * MINUTE_MS, readings });
    await acked;
    await client.endAsync();
  }

  #url(path: string): string {
    return `http://127.0.0.1:${this.#http}${path}`;
  }
}

t.test('corrections survive kill -9, are taken by the commands, and replay alike', { timeout: 240_000 }, async (t) => {
  const running = new Running(scratch(t), await freePort(), await freePort());
  await running.program.start();
  t.teardown(() => running.program.kill());
  // Within one day, whatever the time is: effects are told of the days that a correction changed.
  const latestMs = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS - (MINUTES + 60) * MINUTE_MS;
  const startMs = Math.min(latestMs, latestMs - (latestMs % DAY_MS) + DAY_MS - (MINUTES + 1) * MINUTE_MS);
  const iso = (minute: number): string => new Date(startMs + minute * MINUTE_MS).toISOString();
  await running.feed(startMs);

  const file = join(running.data, 'token');
  t.equal(statSync(file).mode & 0o777, 0o600);
  const token = readFileSync(file, 'utf8').trim();
  t.match(token, /^[\w-]{43}$/);
  t.equal((await running.post({}, 'wrong')).status, 403);
  const energy = async (): Promise<number> => {
    const query = new URLSearchParams({ step: 'PT1M', from: iso(0), to: iso(MINUTES) });
    const { intervals } = (await running.get(`/api/v1/points/dc-1/ups/series?${query.toString()}`)) as {
      intervals: { energyWh: number | null }[];
    };
    return intervals.reduce((sum, { energyWh }) => sum + (energyWh ?? 0), 0);
  };
  t.ok(Math.abs((await energy()) - 12_000) < 1e-6);

  const made = await running.post({ kind: 'factor', point: 'ups', from: iso(60), to: iso(120), factor: 0.5 }, token);
  t.equal(made.status, 201);
  await running.program.kill();
  const { id } = (await made.json()) as { id: string };
  await running.program.start();
  t.ok(Math.abs((await energy()) - 10_000) < 1e-6, 'restated after the restart');
  const { by, effect } = (await running.get(`/api/v1/sites/dc-1/corrections/${id}`)) as {
    by: string;
    effect: { points: readonly { point: string; before: { energyWh: number }; after: { energyWh: number } }[] };
  };
  const [ofUps] = effect.points;
  t.match({ by, ofUps }, { by: 'A. Auditor', ofUps: { point: 'ups' } });
  t.ok(Math.abs((ofUps?.after.energyWh ?? 0) - (ofUps?.before.energyWh ?? 0) + 2_000) < 1e-6, 'its effect');
  t.equal(readFileSync(file, 'utf8').trim(), token, 'the token stays');

  const who = ['--site', 'dc-1', '--by', 'A. Auditor', '--reason', 'wires were open'];
  const span = ['--point', 'main', '--from', iso(30), '--to', iso(60)];
  const tried = await running.command('correct', 'void', ...who, ...span, '--dry-run');
  t.match(tried, { code: 0, out: /A dry run: nothing is on record[^]*main .*: 18\.000 kWh → 14\.900 kWh/ });
  const voided = await running.command('correct', 'void', ...who, ...span);
  t.match(voided, { code: 0, out: /Correction \d+ of dc-1 is on record[^]*main: 18\.000 kWh → 14\.900 kWh/ });
  t.match(await running.command('correct', 'void', ...who, ...span), { code: 1, err: /withdraw it first/ });
  const local = ['--point', 'main', '--from', '2026-10-01T06:00', '--to', '2026-10-01T07:00'];
  t.match(await running.command('correct', 'void', ...who, ...local), {
    code: 1,
    err: /local time without its offset/,
  });
  t.match(await running.command('correct', 'withdraw', ...who, '--correction', id), {
    code: 0,
    out: /ups: 10\.000 kWh → 12\.000 kWh/,
  });
  t.match(await running.command('corrections', '--site', 'dc-1'), {
    code: 0,
    out: new RegExp(`^${id} .*ups is multiplied by 0\\.5 .*withdrawn by \\d+$[^]*do not count$`, 'm'),
  });
  t.ok(Math.abs((await energy()) - 12_000) < 1e-6);

  t.equal(await running.program.stop(20_000), 0);
  const { comparison } = await replay(running.data, { replace: false, onProgress: () => {} });
  t.same(
    comparison?.filter(({ differing }) => differing > 0),
    [],
  );
});
