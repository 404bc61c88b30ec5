import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync } from 'node:fs';
import { createLogger } from '@wattmark/shared/logger';
import t from 'tap';
import { requireProgram } from '../../../shared/test/program.ts';
import type { Api } from '../../src/api/contract.ts';
import type { InfluxClient, InfluxTarget } from '../../src/influx/client.ts';
import { clientOf } from '../../src/influx/connect.ts';
import { Progress } from '../../src/influx/progress.ts';
import { replayInflux } from '../../src/influx-replay.ts';
import { evidenceDirectory } from '../../src/restore.ts';
import { Influxd } from '../support/influx.ts';
import { scratch } from '../support/rig.ts';
import { BEGIN, END, Fed, questions } from './two-collectors.ts';

const program = requireProgram(t, 'influxd');

/** Routes that no store has anything to do with. */
const elsewhere = ['/', '/docs', '/healthz', '/metrics', '/openapi.json', '/api/v1/live'];

async function ask(api: Api, url: string): Promise<string> {
  const answer = await api.inject({ url });
  return `${answer.statusCode} ${answer.body}`;
}

async function correctionsOf(api: Api): Promise<string[]> {
  const base = '/api/v1/sites/dc-1/corrections';
  const made = JSON.parse((await api.inject({ url: base })).body) as { corrections: { id: string }[] };
  return made.corrections.map(({ id }) => `${base}/${id}`);
}

const log = createLogger('test', 'silent');
const quiet = (): void => {};

/** Comes to what the log says and ends; killed at any time, it begins again where it was. */
const follower = `
  import { Rig } from ${JSON.stringify(new URL('../support/rig.ts', import.meta.url).href)};
  import { refoldLog } from ${JSON.stringify(new URL('../../src/restatement/refold-log.ts', import.meta.url).href)};
  const [data, target] = process.argv.slice(1);
  const rig = await Rig.open(data, ${END}, refoldLog, JSON.parse(target));
  await rig.recorder.idle();
  await rig.crash();
`;

function follow(data: string, target: InfluxTarget): ChildProcess {
  const flags = ['--conditions=@wattmark/source', '--import=tsx', '--input-type=module', '--eval', follower];
  const args = [...flags, data, JSON.stringify(target)];
  return spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'], cwd: import.meta.dirname });
}

async function untilPosition(client: InfluxClient, target: InfluxTarget, atLeast: number): Promise<void> {
  const endMs = performance.now() + 60_000;
  while ((await Progress.read(client, target)).position < atLeast) {
    if (performance.now() > endMs) throw new Error(`position ${atLeast} is not reached`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

if (program !== null) {
  t.setTimeout(600_000);
  const influxd = await Influxd.start(t, program);
  const target = await influxd.database('wattmark');
  const [dataOfEmbedded, dataOfInflux] = [scratch(t), scratch(t)];
  let records = 0;

  t.test('the same history gives the same answers from each store, whenever they are as of', async (t) => {
    const embedded = await Fed.open(dataOfEmbedded, null);
    const influx = await Fed.open(dataOfInflux, target);
    for (const fed of [embedded, influx]) {
      await fed.feed(async (hour) => {
        if (Math.floor(hour) === 20) await fed.restart();
      });
    }
    const [one, other] = [embedded.api(), influx.api()];
    const asked = [...questions(), ...(await correctionsOf(one))];
    for (const url of asked) {
      const answer = await ask(one, url);
      t.ok(answer.startsWith('200 '), url);
      t.equal(await ask(other, url), answer, url);
    }
    const { paths } = JSON.parse((await one.inject({ url: '/openapi.json' })).body) as {
      paths: Record<string, object>;
    };
    const routes = asked.map((url) => url.split('?')[0] ?? '');
    for (const [path, methods] of Object.entries(paths)) {
      if (!('get' in methods) || elsewhere.includes(path)) continue;
      const pattern = new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[\\w-]+')}$`);
      t.ok(
        routes.some((url) => pattern.test(url)),
        `${path} is asked`,
      );
    }
    for (const api of [one, other]) await api.close();
    for (const fed of [embedded, influx]) await fed.rig.close();
    records = influx.rig.fold.cursor.position;
  });

  t.test('a replay compares every row, and tells what somebody changed', async (t) => {
    const replayed = (replace: boolean): ReturnType<typeof replayInflux> =>
      replayInflux(dataOfInflux, target, log, { replace, onProgress: quiet });
    const differing = ({ comparison }: Awaited<ReturnType<typeof replayInflux>>): string[] =>
      (comparison ?? []).flatMap((one) => (one.differing > 0 ? [`${one.table} ${one.differing}`] : []));
    const intact = await replayed(false);
    t.equal(intact.records, records);
    t.same(differing(intact), []);
    const rows = Object.fromEntries((intact.comparison ?? []).map((one) => [one.table, one.rows]));
    for (const table of [
      'point_minute',
      'point_quarter',
      'point_day',
      'gauge_minute',
      'gauge_quarter',
      'site_quarter',
      'site_day',
    ])
      t.ok(Number(rows[table]) > 0, `${table}: ${rows[table]} rows`);
    const client = clientOf(target);
    const ns = `${BEGIN + 3_600_000}000000`;
    await client.write([`wattmark_point_15m,group=default,point=ups-1,site=dc-1 energy_wh=1 ${ns}`], 'wattmark');
    t.same(differing(await replayed(false)), ['point_quarter 2']);
    await t.rejects(replayed(true), { name: 'InfluxError', message: /drop wattmark and wattmark_minutes/ });
  });

  t.test('kill -9 of the collector and of InfluxDB in the midst of batches: every row as undisturbed', async (t) => {
    const data = scratch(t);
    cpSync(evidenceDirectory(dataOfEmbedded), evidenceDirectory(data), { recursive: true });
    const disturbed = await influxd.database('disturbed');
    const client = clientOf(disturbed);
    for (const share of [0.1, 0.3, 0.45, 0.7]) {
      const child = follow(data, disturbed);
      const gone = once(child, 'exit');
      await untilPosition(client, disturbed, Math.floor(share * records));
      child.kill('SIGKILL');
      await gone;
    }
    const child = follow(data, disturbed);
    const gone = once(child, 'exit');
    await untilPosition(client, disturbed, Math.floor(0.85 * records));
    await influxd.kill();
    await influxd.start();
    t.equal((await gone)[0], 0);
    t.ok((await Progress.read(client, disturbed)).position >= records - 1);
    const { comparison } = await replayInflux(data, disturbed, log, { replace: false, onProgress: quiet });
    t.ok(
      comparison?.every(({ differing }) => differing === 0),
      JSON.stringify(comparison),
    );
    for (const measurement of ['point_1m', 'point_15m', 'site_15m', 'point_1d', 'site_1d']) {
      const versions = (database: string): Promise<unknown[]> =>
        influxd.run(
          `SELECT * FROM wattmark_${measurement}_superseded`,
          database + (measurement === 'point_1m' ? '_minutes' : ''),
        );
      t.same(
        await versions('disturbed'),
        await versions('wattmark'),
        `${measurement}: the versions that were replaced`,
      );
    }
  });
}
