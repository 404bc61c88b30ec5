import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLogger } from '@wattmark/shared/logger';
import { connectAsync } from 'mqtt';
import t from 'tap';
import { type Collector, startCollector } from '../../../collector/src/collector.ts';
import { loadCollectorConfig } from '../../../collector/src/config.ts';
import { Influxd } from '../../../collector/test/support/influx.ts';
import { scratch } from '../../../collector/test/support/rig.ts';
import { requireProgram } from '../../../shared/test/program.ts';
import { boards } from '../../grafana/boards.ts';
import { ask, type Row } from './answers.ts';
import { expand } from './macros.ts';
import { questionsOf } from './queries.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const STEP_MS = 10 * MINUTE_MS;
const START_MS = Date.UTC(2026, 5, 1, 12);
/** A whole local day, and the 24 hours before the end. */
const END_MS = START_MS + 40 * HOUR_MS;
const WITHIN_MS = 60_000;

t.test('what panels show is what the API of a collector answers that mirrors to InfluxDB', async (t) => {
  const program = requireProgram(t, 'influxd');
  if (program === null) return;
  const influxd = await Influxd.start(t, program);
  await influxd.database('wattmark');
  const directory = scratch(t);
  const file = join(directory, 'collector.yaml');
  const mirror = [{ name: 'grafana', version: 1, url: influxd.url }];
  // YAML reads JSON.
  writeFileSync(file, JSON.stringify({ http: { port: 0 }, broker: { embedded: { port: 0 } }, mirror }));
  let nowMs = END_MS;
  const collector = await startCollector({
    config: loadCollectorConfig(file, {}),
    sites: [],
    page: null,
    log: createLogger('test', 'silent'),
    now: () => nowMs,
  });
  t.teardown(() => collector.stop());
  await publish(collector);

  const api = async (path: string): Promise<Record<string, unknown>> => {
    const response = await fetch(`http://127.0.0.1:${collector.httpPort}/api/v1/${path}`);
    if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
    return (await response.json()) as Record<string, unknown>;
  };
  const shown = async (board: string, place: string, refId = 'A'): Promise<readonly Row[]> => {
    const question = questionsOf(board, (boards[board] as () => never)()).find(
      (one) => one.place === place && one.refId === refId,
    );
    if (question === undefined) throw new Error(`${board} has no ${place} ${refId}`);
    const query = expand(question.query, {
      fromMs: START_MS - 24 * HOUR_MS,
      toMs: nowMs,
      intervalMs: MINUTE_MS,
      chosen: { group: '$__all', site: ['dc-1'] },
      allValues: { group: '.*' },
    });
    return ask(influxd.url, question.source === 'minutes' ? 'wattmark_minutes' : 'wattmark', query);
  };
  /** Rows, when they are what is waited for; meanwhile minute after minute goes by. */
  const eventually = async (
    board: string,
    place: string,
    isThere: (rows: readonly Row[]) => boolean,
  ): Promise<readonly Row[]> => {
    for (const endMs = Date.now() + WITHIN_MS; ; await sleep(100)) {
      const rows = await shown(board, place);
      if (isThere(rows)) return rows;
      if (Date.now() > endMs) throw new Error(`${place}: ${JSON.stringify(rows.slice(-2))}`);
      nowMs += MINUTE_MS;
    }
  };

  await t.test('quarter-hours and days', async (t) => {
    for (const [place, step, count] of [
      ['PUE by quarter-hour', 'PT15M', 40 * 4 - 1],
      ['PUE by day', 'P1D', 2],
    ] as const) {
      const rows = await eventually('site', place, ({ length }) => length >= count);
      const { intervals } = (await api(`sites/dc-1/series?step=${step}&from=${iso(START_MS)}&to=${iso(END_MS)}`)) as {
        intervals: { start: string; end: string; paired: { totalWh: number; itWh: number }; coverage: number }[];
      };
      for (const { time, PUE } of rows) {
        const { totalWh, itWh } = intervals.find(({ start }) => Date.parse(start) === time)?.paired ?? {
          totalWh: 0,
          itWh: 0,
        };
        t.equal(rounded(PUE), rounded(totalWh / itWh), `${place} ${iso(Number(time))}`);
      }
    }
  });

  await t.test('figures of periods, with their verdicts', async (t) => {
    // The first figures are of what had arrived by then.
    const isOf24Hours = ({ period, Coverage }: Row): boolean => period === '24h' && Number(Coverage) > 0.9;
    const rows = await eventually('site', 'Against the target', (found) => found.some(isOf24Hours));
    const day = rows.find(isOf24Hours);
    const to = Number(day?.['time']);
    const kpis = (await api(`sites/dc-1/kpis?from=${iso(to - 24 * HOUR_MS)}&to=${iso(to)}`)) as unknown as Kpis;
    t.equal(rounded(day?.['PUE']), rounded(kpis.pue.value));
    t.equal(day?.['Verdict'], kpis.verdict);
    t.equal(day?.['Target'], kpis.target.value);
    t.equal(rounded(day?.['Coverage']), rounded(kpis.pue.coverage));
    t.equal(rounded(day?.['Beyond target']), rounded(kpis.pue.value - kpis.target.value));
    t.equal(day?.['Category'], kpis.pue.category);
  });

  await t.test('agents and sites, as the variables offer them', async (t) => {
    const [agent] = await eventually('site', 'Agents', ({ length }) => length > 0);
    t.match(agent, { site: 'dc-1', agent: 'hall-a', Lost: 0, Rejected: 0 });
    t.same(
      (await shown('site', 'variable site', '')).map(({ distinct }) => distinct),
      ['dc-1'],
    );
    const [healthy] = await eventually('collector', 'Healthy', ({ length }) => length > 0);
    t.equal(healthy?.['Healthy'], 1);
  });
});

interface Kpis {
  readonly pue: { readonly value: number; readonly coverage: number; readonly category: number };
  readonly target: { readonly value: number };
  readonly verdict: string;
}

/** Every ten minutes a reading of each point, with a night in which the load is less. */
async function publish({ mqttPort }: Collector): Promise<void> {
  const client = await connectAsync(`mqtt://127.0.0.1:${mqttPort}`);
  const topic = 'wattmark/v1/default/dc-1/hall-a';
  const point = (name: string, role: string, more: object = {}) => ({
    point: name,
    role,
    channels: ['power'],
    intervalMs: STEP_MS,
    accuracyClass: '0.5S',
    ...more,
  });
  const points = [point('main', 'utility'), point('ups', 'it', { level: 'ups-output' }), point('chiller', 'cooling')];
  const birth = { v: 1, epoch: '1', firstSeq: 1, at: START_MS, software: 'test/1', points };
  await client.publishAsync(`${topic}/birth`, JSON.stringify(birth), { qos: 1, retain: true });
  for (let at = START_MS; at <= END_MS; at += STEP_MS) {
    const swing = Math.sin((at / (24 * HOUR_MS)) * 2 * Math.PI);
    const [itW, coolingW] = [100_000 + 9000 * swing, 21_000 + 4000 * swing];
    const readings = [
      ['main', 'power', itW + coolingW + 6000],
      ['ups', 'power', itW],
      ['chiller', 'power', coolingW],
    ];
    await client.publishAsync(`${topic}/readings`, JSON.stringify({ v: 1, at, readings }), { qos: 1 });
  }
  await client.endAsync();
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

function rounded(value: unknown): number {
  return Number(Number(value).toPrecision(9));
}
