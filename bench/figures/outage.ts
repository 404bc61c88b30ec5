import { setTimeout as sleep } from 'node:timers/promises';
import { DuckDBInstance } from '@duckdb/node-api';
import type { Figure, FigureOptions, Outcome } from '../figure.ts';
import { BenchCollector } from '../rig/collector.ts';
import { BenchInfluxd } from '../rig/influxd.ts';
import { startMosquitto } from '../rig/mosquitto.ts';
import { Publishing } from '../rig/publishing.ts';
import type { Room } from '../rig/room.ts';

const AGENTS = 100;
const POINTS = 100;
const EVERY_MS = 10_000;
const MINUTE_MS = 60_000;
/** Before the outage, and after it at most. */
const BEFORE_MS = 70_000;
const CAUGHT_UP_WITHIN_S = 120;

export const outage: Figure = {
  name: 'outage',
  about:
    `An InfluxDB that is a mirror is killed and away for ten minutes (or --minutes) while ${AGENTS * POINTS} points are read ` +
    `every ${EVERY_MS / 1000} s: how long it takes to catch up, and which minutes of points are missing in the end.`,
  minutes: (options) => minutesOf(options) + 6,
  async run(room, options): Promise<readonly Outcome[]> {
    const broker = await startMosquitto(room);
    const influxd = await BenchInfluxd.start(room, 'influxd');
    const config = { mirror: [{ name: 'bench', version: 1, url: influxd.url }] };
    const collector = await BenchCollector.start(room, { data: 'data', brokerUrl: broker.url, config });
    const outageMs = minutesOf(options) * MINUTE_MS;
    const seconds = (BEFORE_MS + outageMs + MINUTE_MS) / 1000;
    const load = { url: broker.url, agents: AGENTS, points: POINTS, everyMs: EVERY_MS, seconds };
    const publishing = await Publishing.start(room, load);
    await sleep(BEFORE_MS);
    await influxd.kill();
    await sleep(outageMs);
    const waiting = await collector.mirror();
    room.say(`${waiting.waitingLines} lines wait, ${(waiting.queueBytes / 1_048_576).toFixed(1)} MiB on disk`);
    await influxd.startAgain();
    const startMs = performance.now();
    await collector.mirrored();
    const caughtUpS = (performance.now() - startMs) / 1000;
    await publishing.done;
    const missing = await missingMinutes(room, collector, influxd);
    return [
      outcome('outage: catching up with the load going on', caughtUpS, 's', CAUGHT_UP_WITHIN_S),
      outcome('outage: minutes of points missing in the end', missing, '', 0),
    ];
  },
};

function minutesOf({ minutes }: FigureOptions): number {
  return minutes ?? 10;
}

function outcome(what: string, value: number, unit: string, atMost: number): Outcome {
  return { what, value, unit, required: { atMost }, limit: null };
}

/** How many rows the store has and the mirror lacks, when both have everything that was read. */
async function missingMinutes(room: Room, collector: BenchCollector, influxd: BenchInfluxd): Promise<number> {
  // The last minute is put on record shortly after its end.
  await sleep(MINUTE_MS + 5_000);
  await collector.stored();
  await collector.mirrored();
  const { droppedLines, rejectedLines } = await collector.mirror();
  if (droppedLines + rejectedLines > 0) throw new Error(`${droppedLines} lines dropped, ${rejectedLines} rejected`);
  const mirrored = await influxd.query('SELECT count(energy_wh) FROM wattmark_point_1m', 'wattmark_minutes');
  await collector.child.stop('SIGKILL');
  const stored = await rowsIn(room.path('data/intervals.duckdb'));
  room.say(`${stored} minutes of points in the store, ${mirrored} in the mirror`);
  return stored - mirrored;
}

async function rowsIn(file: string): Promise<number> {
  const instance = await DuckDBInstance.create(file, { access_mode: 'READ_ONLY' });
  const connection = await instance.connect();
  const query = 'SELECT count(*) FROM (SELECT DISTINCT point, minute FROM point_minute)';
  const [row] = (await connection.runAndReadAll(query)).getRows();
  instance.closeSync();
  return Number(row?.[0] ?? 0);
}
