import { copyFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import type { Figure, Outcome } from '../figure.ts';
import { BenchCollector } from '../rig/collector.ts';
import type { Room } from '../rig/room.ts';
import { median } from '../rig/statistics.ts';

const FILL_WITHIN_MS = 8 * 60_000;
const ROUNDS = 3;

export const restart: Figure = {
  name: 'restart',
  about:
    'From the start of the process to the first healthy answer, with 100,000 points at 10 s and one hour of log after the last ' +
    'snapshot, after a kill -9; and what that hour takes on disk, with values that no pattern makes smaller. The limit is the same ' +
    'start right after a snapshot.',
  minutes: () => 6,
  async run(room): Promise<readonly Outcome[]> {
    const data = room.path('data');
    const history = room.startLoad('history', ['--data', data]);
    const filled = await history.expect((line) => (line.startsWith('{') ? JSON.parse(line) : null), FILL_WITHIN_MS);
    await history.ended;
    const intervals = await intervalsIn(join(data, 'intervals.duckdb'));
    room.say(`${filled.readings.toLocaleString('en')} readings, ${intervals.count.toLocaleString('en')} intervals`);
    copyFileSync(join(data, 'snapshot.bin'), join(data, 'first.bin'));
    const tail: number[] = [];
    const none: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      none.push(await startFrom(room, join(data, 'latest.bin')));
      tail.push(await startFrom(room, join(data, 'first.bin')));
      room.say(`round ${round + 1}: ${tail.at(-1)?.toFixed(1)} s; right after a snapshot ${none.at(-1)?.toFixed(1)} s`);
    }
    return [
      {
        what: 'restart, one hour after the snapshot',
        value: median(tail),
        unit: 's',
        required: { atMost: 10 },
        limit: { what: 'right after a snapshot', value: median(none) },
      },
      {
        what: 'evidence on disk, per reading',
        value: filled.bytes / filled.readings,
        unit: 'bytes',
        required: { atMost: 6 },
        limit: null,
      },
      {
        what: 'intervals on disk, each',
        value: intervals.bytes / intervals.count,
        unit: 'bytes',
        required: { atMost: 12 },
        limit: null,
      },
    ];
  },
};

/** Minutes and quarter-hours of points, and quarter-hours of sites. */
async function intervalsIn(file: string): Promise<{ readonly count: number; readonly bytes: number }> {
  const instance = await DuckDBInstance.create(file, { access_mode: 'READ_ONLY' });
  try {
    const connection = await instance.connect();
    const counts = ['point_minute', 'point_quarter', 'site_quarter'].map((name) => `(SELECT count(*) FROM ${name})`);
    const found = await connection.runAndReadAll(`SELECT ${counts.join(' + ')}`);
    return { count: Number(found.getRows()[0]?.[0]), bytes: statSync(file).size };
  } finally {
    instance.closeSync();
  }
}

/** Seconds to a healthy answer; the process does not live long enough to change anything of weight. */
async function startFrom(room: Room, snapshot: string): Promise<number> {
  copyFileSync(snapshot, room.path('data/snapshot.bin'));
  // An embedded broker: a connection to another one is no part of it.
  const collector = await BenchCollector.start(room, { data: 'data', brokerUrl: null, readyWithinMs: 120_000 });
  await collector.child.stop('SIGKILL');
  return collector.readyMs / 1000;
}
