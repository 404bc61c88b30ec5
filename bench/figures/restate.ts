import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { DuckDBInstance } from '@duckdb/node-api';
import type { Figure, Outcome } from '../figure.ts';
import { BenchCollector } from '../rig/collector.ts';
import { startMosquitto } from '../rig/mosquitto.ts';
import { type Progress, Publishing } from '../rig/publishing.ts';
import { ReadingsFile } from '../rig/readings-file.ts';
import type { Room } from '../rig/room.ts';
import { median } from '../rig/statistics.ts';

const POINTS = 100;
const DAYS = 31;
const REQUIRED_S = 5;

/** What goes on being read meanwhile: 10,000 points each second. */
const LOAD = { agents: 100, points: 100, everyMs: 1_000 };
/** As long as the slowest of six corrections and one description may take, and some more. */
const LOAD_SECONDS = 75;
const SETTLE_MS = 5_000;

export const restate: Figure = {
  name: 'restate',
  about:
    'Time from a correction of one point over a month, and from a new description of the site, to its answer, when figures are ' +
    'restated: a site of 100 points with a minute of each in the store, while 10,000 other points are read each second; and ' +
    'the share of their readings that is acknowledged meanwhile. The limit is DuckDB adding up the month’s minutes.',
  minutes: () => 4,
  async run(room): Promise<readonly Outcome[]> {
    const file = await ReadingsFile.write(room, POINTS, DAYS);
    const broker = await startMosquitto(room);
    const collector = await BenchCollector.start(room, { data: 'data', brokerUrl: broker.url, sites: file.sites });
    await file.importInto(room, collector);
    const publishing = await Publishing.start(room, { url: broker.url, ...LOAD, seconds: LOAD_SECONDS });
    const beganMs = performance.now();
    await sleep(SETTLE_MS);
    const fromMs = performance.now() - beganMs;
    const span = { from: '2025-01-01T00:00:00Z', to: '2025-02-01T00:00:00Z' };
    const halved = { kind: 'factor', point: 'point-7', ...span, factor: 0.5 };
    const taken: number[] = [];
    const correct = async (change: object): Promise<string> => {
      const { id, ms } = await post(room, collector, change);
      taken.push(ms / 1000);
      room.say(`${JSON.stringify(change)}: ${(ms / 1000).toFixed(2)} s`);
      return id;
    };
    for (let round = 0; round < 3; round++) await correct({ kind: 'withdraw', correction: await correct(halved) });
    const ofPointS = median(taken.splice(0));
    await correct({ kind: 'structure', from: span.from });
    const toMs = performance.now() - beganMs;
    const progress = await publishing.done;
    await collector.stored();
    await collector.child.stop();
    const limit = { what: 'its minutes added up', value: (await summedMs(room.path('data/intervals.duckdb'))) / 1000 };
    return [
      { what: 'a month of a point restated', value: ofPointS, unit: 's', required: { atMost: REQUIRED_S }, limit },
      {
        what: 'a month of a site restated',
        value: taken[0] ?? Number.NaN,
        unit: 's',
        required: { atMost: REQUIRED_S },
        limit,
      },
      {
        what: 'readings acknowledged meanwhile',
        value: acknowledgedShare(progress, fromMs, toMs),
        unit: '',
        required: { atLeast: 0.9 },
        limit: null,
      },
    ];
  },
};

/** Puts a correction on record. @returns its id, and the time to the answer, ms */
async function post(room: Room, { url }: BenchCollector, change: object): Promise<{ id: string; ms: number }> {
  const token = readFileSync(room.path('data/token'), 'utf8').trim();
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ by: 'bench', reason: 'bench', change });
  const startMs = performance.now();
  const response = await fetch(`${url}/api/v1/sites/hall/corrections`, { method: 'POST', headers, body });
  const answer = (await response.json()) as { id: string };
  if (response.status !== 201) throw new Error(`${response.status}: ${JSON.stringify(answer)}`);
  return { id: answer.id, ms: performance.now() - startMs };
}

/** Of the messages sent in a time, as far as any were, those that were acknowledged in it. */
function acknowledgedShare(progress: readonly Progress[], fromMs: number, toMs: number): number {
  const before = progress.findLast(({ ms }) => ms <= fromMs);
  const after = progress.find(({ ms }) => ms >= toMs) ?? progress.findLast(({ done }) => !done);
  if (before === undefined || after === undefined) throw new Error('the publisher ran too short');
  return (after.acked - before.acked) / (after.sent - before.sent);
}

async function summedMs(database: string): Promise<number> {
  const instance = await DuckDBInstance.create(database, { threads: '2', access_mode: 'READ_ONLY' });
  try {
    const connection = await instance.connect();
    const startMs = performance.now();
    await connection.runAndReadAll(
      'SELECT minute // 15, sum(energy_wh), min(min_w), max(max_w) FROM point_minute GROUP BY 1',
    );
    return performance.now() - startMs;
  } finally {
    instance.closeSync();
  }
}
