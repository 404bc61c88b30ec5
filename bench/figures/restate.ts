import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { DuckDBInstance } from '@duckdb/node-api';
import type { Figure, Outcome } from '../figure.ts';
import { BenchCollector } from '../rig/collector.ts';
import { startMosquitto } from '../rig/mosquitto.ts';
import { type Progress, Publishing } from '../rig/publishing.ts';
import { ReadingsFile } from '../rig/readings-file.ts';
import type { Room } from '../rig/room.ts';

const POINTS = 100;
const DAYS = 31;
const REQUIRED_S = 5;

/** What goes on being read meanwhile: 10,000 points each second. */
const LOAD = { agents: 100, points: 100, everyMs: 1_000 };
/** As long as the corrections may take, and some more. */
const LOAD_SECONDS = 90;
const SETTLE_MS = 5_000;

export const restate: Figure = {
  name: 'restate',
  about:
    'Time to the answer from corrections of each kind that concern a month, from a new description of the site, and from the ' +
    'import of a month of one point: a site of 100 points with a minute of each in the store, while 10,000 other points are ' +
    'read each second; and the share of their readings that is acknowledged meanwhile. The limit is DuckDB adding up the ' +
    'month’s minutes.',
  minutes: () => 5,
  async run(room): Promise<readonly Outcome[]> {
    const file = await ReadingsFile.write(room, POINTS, DAYS);
    const ofPoint = ReadingsFile.ofPoint(room, 'point-12', DAYS);
    const broker = await startMosquitto(room);
    const collector = await BenchCollector.start(room, { data: 'data', brokerUrl: broker.url, sites: file.sites });
    await file.importInto(room, collector);
    const publishing = await Publishing.start(room, { url: broker.url, ...LOAD, seconds: LOAD_SECONDS });
    const beganMs = performance.now();
    await sleep(SETTLE_MS);
    const fromMs = performance.now() - beganMs;
    const taken = await correctAll(room, collector);
    taken.set('import', await ofPoint.importInto(room, collector));
    const toMs = performance.now() - beganMs;
    const progress = await publishing.done;
    await collector.stored();
    await collector.child.stop();
    const limit = { what: 'its minutes added up', value: (await summedMs(room.path('data/intervals.duckdb'))) / 1000 };
    const required = { atMost: REQUIRED_S };
    return [
      ...[...taken].map(([kind, ms]) => ({ what: `a month: ${kind}`, value: ms / 1000, unit: 's', required, limit })),
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

/** Makes a correction of each kind, one after the other. @returns the time of each to its answer, ms */
async function correctAll(room: Room, collector: BenchCollector): Promise<Map<string, number>> {
  const span = { from: '2025-01-01T00:00:00Z', to: '2025-02-01T00:00:00Z' };
  const [early, later] = ['2025-01-05T12:00:00Z', '2025-01-25T12:00:00Z'];
  const taken = new Map<string, number>();
  const correct = async (change: { readonly kind: string; readonly [key: string]: unknown }): Promise<string> => {
    const { id, ms } = await post(room, collector, change);
    taken.set(change.kind, ms);
    room.say(`${JSON.stringify(change)}: ${(ms / 1000).toFixed(2)} s`);
    return id;
  };
  const factor = await correct({ kind: 'factor', point: 'point-7', ...span, factor: 0.5 });
  await correct({ kind: 'withdraw', correction: factor });
  await correct({ kind: 'void', point: 'point-8', ...span });
  await correct({ kind: 'reading', point: 'point-9', at: early, value: 1_000_000 });
  await correct({ kind: 'reading', point: 'point-9', at: later, value: 1_240_000 });
  await correct({ kind: 'replacement', point: 'point-11', at: later, oldLast: 1_240_000, newFirst: 0 });
  await correct({ kind: 'structure', from: span.from });
  return taken;
}

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
      'SELECT minute // 15, sum(energy_j), min(min_w), max(min_w + span_w) FROM point_minute GROUP BY 1',
    );
    return performance.now() - startMs;
  } finally {
    instance.closeSync();
  }
}
