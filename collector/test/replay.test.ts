import { copyFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import t from 'tap';
import { replay } from '../src/replay.ts';
import { evidenceDirectory, storeFile } from '../src/restore.ts';
import { verifyEvidence } from '../src/verify.ts';
import { birth, Rig, START, scratch, tick } from './support/rig.ts';

const quiet = (): void => {};

/** A tick that also tells how busy a server is. */
function busyTick(seq: number): unknown {
  const { readings, ...message } = tick(seq, 900 + (seq % 17)) as { readings: readonly unknown[] };
  return { ...message, readings: [...readings, ['host-1', 'utilisation', seq % 100]] };
}

/** An hour of two points with an outage, late data and a restart in the middle, stopped cleanly. */
async function recordHour(data: string): Promise<void> {
  let rig = await Rig.open(data);
  rig.send('birth', birth(1));
  const held: unknown[] = [];
  for (let seq = 1; seq <= 360; seq++) {
    rig.nowMs = START + seq * 10_000;
    // From minute 20 to 40 nothing arrives; then all of it at once.
    if (seq > 120 && seq <= 240) held.push(busyTick(seq));
    else rig.send('readings', busyTick(seq));
    if (seq === 241) {
      for (const message of [...held, busyTick(241)]) rig.send('readings', message);
    }
    if (seq % 6 === 0) rig.pipeline.tick();
    await rig.settle();
    if (seq !== 180) continue;
    await rig.recorder.idle();
    await rig.crash();
    rig = await Rig.open(data, rig.nowMs);
  }
  await rig.close();
}

t.test('a replay of the evidence gives the same store, row by row', async (t) => {
  const data = scratch(t);
  await recordHour(data);
  const { comparison, reason } = await replay(data, { replace: false, onProgress: quiet });
  t.equal(reason, null);
  t.ok((comparison ?? []).every(({ differing }) => differing === 0));
  const rows = Object.fromEntries((comparison ?? []).map((table) => [table.table, table.rows]));
  t.ok(Number(rows['point_minute']) >= 120, `${rows['point_minute']} minutes`);
  t.ok(Number(rows['site_quarter']) >= 3, `${rows['site_quarter']} quarter-hours`);
  t.ok(Number(rows['gauge_quarter']) >= 3, `${rows['gauge_quarter']} quarter-hours of gauges`);
});

t.test('a store that somebody changed is told apart, and can be replaced', async (t) => {
  const data = scratch(t);
  await recordHour(data);
  const instance = await DuckDBInstance.create(storeFile(data));
  const connection = await instance.connect();
  await connection.run('UPDATE point_minute SET energy_j = energy_j * 0.9 WHERE minute % 30 = 0');
  instance.closeSync();
  const changed = await replay(data, { replace: true, onProgress: quiet });
  t.ok((changed.comparison ?? []).some(({ differing }) => differing > 0));
  const again = await replay(data, { replace: false, onProgress: quiet });
  t.ok((again.comparison ?? []).every(({ differing }) => differing === 0));
});

t.test('a store that is missing is made anew', async (t) => {
  const data = scratch(t);
  await recordHour(data);
  rmSync(storeFile(data));
  const { comparison, reason } = await replay(data, { replace: false, onProgress: quiet });
  t.equal(comparison, null);
  t.match(reason, /empty/);
  const rig = await Rig.open(data);
  t.ok((await rig.store.pointMinutes([0], { fromMs: START, toMs: START + 3_600_000 }, null)).length > 50);
  await rig.crash();
});

t.test('verify passes an intact log and names the first record that was changed', async (t) => {
  const data = scratch(t);
  await recordHour(data);
  const intact = await verifyEvidence(data, quiet);
  t.equal(intact.broken, null);
  t.ok(intact.records > 200);
  const file = join(evidenceDirectory(data), readdirSync(evidenceDirectory(data))[0] ?? '');
  const bytes = readFileSync(file);
  copyFileSync(file, `${file}.kept`);
  bytes[Math.floor(bytes.length / 2)] = (bytes[Math.floor(bytes.length / 2)] ?? 0) ^ 0xff;
  writeFileSync(file, bytes);
  t.match((await verifyEvidence(data, quiet)).broken, /record \d+ \(segment 1, byte \d+\)/);
  copyFileSync(`${file}.kept`, file);
  writeFileSync(file, readFileSync(file).subarray(0, bytes.length / 2));
  t.match((await verifyEvidence(data, quiet)).broken, /record \d+|the log ends at record/);
});
