import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { serialize } from 'node:v8';
import t from 'tap';
import { beginning } from '../src/evidence/evidence-log.ts';
import { Fold } from '../src/fold.ts';
import { EnergyCounters } from '../src/site/energy-counters.ts';
import { encodeFold, readSnapshot, writeSnapshot } from '../src/snapshot.ts';
import { scratch } from './support/rig.ts';

const rollup = {
  openQuarters: [900_000],
  missing: [{ id: '4711', reason: 'the disk says no' }],
  days: [{ timezone: 'Asia/Shanghai', dayMs: 0, nextSiteId: 3 }],
  recordedMs: 1_000_000,
};
const energy = new EnergyCounters().save();

t.test('what was written is read again', async (t) => {
  const data = scratch(t);
  const state = new Fold(beginning).save();
  await writeSnapshot(data, { fold: encodeFold(state), rollup, energy });
  t.same(await readSnapshot(data), { fold: state, rollup, energy });
});

t.test('a snapshot that is missing, damaged or of another version is said to be, and never an error', async (t) => {
  const data = scratch(t);
  const file = join(data, 'snapshot.bin');
  t.match(await readSnapshot(data), { missing: 'there is none yet' });
  await writeSnapshot(data, { fold: encodeFold(new Fold(beginning).save()), rollup, energy });
  const bytes = readFileSync(file);
  for (const length of [0, 10, 33, bytes.length - 1]) {
    writeFileSync(file, bytes.subarray(0, length));
    t.match(await readSnapshot(data), { missing: /damaged|another version/ });
  }
  const other = serialize({ version: 1, everything: 'else' });
  writeFileSync(file, Buffer.concat([createHash('sha256').update(other).digest(), other]));
  t.match(await readSnapshot(data), { missing: /version/ });
});
