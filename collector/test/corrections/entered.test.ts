import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { isEmpty, MINUTE_MS, type PointInterval } from '../../src/accounting/interval.ts';
import type { Change } from '../../src/corrections/change.ts';
import { Rig, START, scratch } from '../support/rig.ts';

/** Half minutes since START. */
const at = (halves: number): number => START + halves * 30_000;
const MINUTES = 40;

/** Samples every 20 s, with a silence; what registers read off by hand say lies between minutes. */
async function feed(rig: Rig, silence: readonly [from: number, to: number]): Promise<void> {
  const points = [{ point: 'main', role: 'utility', channels: ['power'], intervalMs: 20_000 }];
  rig.send('birth', { v: 1, epoch: 'E', firstSeq: 1, at: START, software: 'test', points });
  for (let seq = 1; seq <= MINUTES * 3; seq++) {
    rig.nowMs = START + seq * 20_000;
    const isSilent = seq >= 3 * silence[0] && seq < 3 * silence[1];
    const readings = isSilent ? [] : [['main', 'power', 3_000 + 100 * (seq % 7)]];
    rig.send('readings', { v: 1, epoch: 'E', seq, at: rig.nowMs, readings });
    if (seq % 3 === 0) rig.pipeline.tick();
  }
  await rig.settle();
}

async function known(rig: Rig): Promise<PointInterval[]> {
  await rig.recorder.idle();
  const rows = await rig.store.pointMinutes([0], { fromMs: START, toMs: at(2 * MINUTES) }, null);
  return rows.filter((row) => !isEmpty(row));
}

/** What a minute says, without what the order of additions leaves in the last digits. */
const told = ({ startMs, energyWh, exportWh }: PointInterval): object => ({
  minute: (startMs - START) / MINUTE_MS,
  energyWh: energyWh.toFixed(6),
  exportWh: exportWh.toFixed(6),
});

const channel = fc.constantFrom('energy', 'energy-export');
const someEntered = fc.uniqueArray(fc.tuple(fc.integer({ min: 1, max: 2 * MINUTES - 3 }), channel), {
  selector: ([half]) => half,
  minLength: 2,
  maxLength: 6,
});

const someChange: fc.Arbitrary<Change> = fc
  .tuple(fc.nat(2 * MINUTES - 10), fc.integer({ min: 1, max: 8 }), channel, fc.boolean())
  .map(([from, length, channel, isVoid]) =>
    isVoid
      ? { kind: 'void', point: 'main', from: at(from), to: at(from + length) }
      : { kind: 'reading', point: 'main', channel, at: at(from) + 10_000, value: 1_000 + from * 25 },
  );

/** The last sample is of the minute of a value that is two values before the correction. */
const silentAfterAnEarlierValue: [entered: [number, 'energy'][], silentFrom: number, change: Change] = [
  [
    [1, 'energy'],
    [2, 'energy'],
    [3, 'energy'],
  ],
  1,
  { kind: 'reading', point: 'main', channel: 'energy', at: at(3) + 10_000, value: 1_075 },
];

t.test('whatever is corrected beside registers read by hand, taken back it is as it was', async (t) => {
  await fc.assert(
    fc.asyncProperty(someEntered, fc.nat(MINUTES - 10), someChange, async (entered, silentFrom, change) => {
      const rig = await Rig.open(scratch(t));
      await feed(rig, [silentFrom, silentFrom + 7]);
      const correct = async (one: Change): Promise<string> =>
        (await rig.pipeline.correct(0, { by: 'auditor', reason: 'test', change: one })).id;
      for (const [half, channel] of entered)
        await correct({ kind: 'reading', point: 'main', channel, at: at(half), value: 1_000 + half * 26 });
      const before = await known(rig);
      await correct({ kind: 'withdraw', correction: await correct(change) });
      const after = await known(rig);
      await rig.close();
      assert.deepEqual(after.map(told), before.map(told));
    }),
    { numRuns: 15, examples: [silentAfterAnEarlierValue] },
  );
});
