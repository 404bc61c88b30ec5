import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Figure, Outcome } from '../figure.ts';
import { BenchCollector } from '../rig/collector.ts';
import { evidencePerReading, perInterval } from '../rig/disk.ts';
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
    const onDisk = [evidencePerReading(data, filled.readings), await perInterval(data)];
    room.say(`log of ${filled.readings.toLocaleString('en')} readings`);
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
      ...onDisk,
    ];
  },
};

/** Seconds to a healthy answer; the process does not live long enough to change anything of weight. */
async function startFrom(room: Room, snapshot: string): Promise<number> {
  copyFileSync(snapshot, room.path('data/snapshot.bin'));
  // An embedded broker: a connection to another one is no part of it.
  const collector = await BenchCollector.start(room, { data: 'data', brokerUrl: null, readyWithinMs: 120_000 });
  await collector.child.stop('SIGKILL');
  return collector.readyMs / 1000;
}
