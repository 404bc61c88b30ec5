import { copyFileSync, existsSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Change } from '../src/corrections/change.ts';
import { balanceOf } from '../src/site/balance.ts';
import { birth, Rig, START, scratch, tick } from './support/rig.ts';

const MINUTE_MS = 60_000;
const TICKS_PER_MINUTE = 6;

/** Minutes of readings each 10 s, the clock put on record after each minute; every third minute some of the next one as well. */
async function run(rig: Rig, fromMinute: number, toMinute: number): Promise<void> {
  for (let minute = fromMinute; minute < toMinute; minute++) {
    for (let of = 1; of <= TICKS_PER_MINUTE; of++) {
      rig.nowMs = START + minute * MINUTE_MS + of * 10_000;
      rig.send('readings', tick(minute * TICKS_PER_MINUTE + of, 1000 + minute));
    }
    rig.nowMs += minute % 3 === 0 ? -5_000 : 2_000;
    rig.pipeline.tick();
    await rig.settle();
  }
  await rig.recorder.idle();
}

t.test('after a crash the counters go on as if there had been none, with or without the snapshot', async (t) => {
  const [crashed, unbroken] = [scratch(t), scratch(t)];
  const first = await Rig.open(crashed);
  first.send('birth', birth(1));
  await run(first, 0, 13);
  const before = first.energy.of(0);
  await first.crash();
  t.ok(existsSync(join(crashed, 'snapshot.bin')), 'an older one, from which the log is folded on');

  const second = await Rig.open(crashed);
  t.same(second.energy.of(0), before, 'from the snapshot');
  await second.crash();
  const withoutSnapshot = join(crashed, 'snapshot.bin');
  copyFileSync(withoutSnapshot, `${withoutSnapshot}.kept`);
  rmSync(withoutSnapshot);
  const third = await Rig.open(crashed);
  t.teardown(() => third.close());
  t.same(third.energy.of(0), before, 'from the log alone');
  await run(third, 13, 20);

  const other = await Rig.open(unbroken);
  t.teardown(() => other.close());
  other.send('birth', birth(1));
  await run(other, 0, 20);
  t.same(third.energy.of(0), other.energy.of(0));
  t.equal(other.energy.lateMinutes, 0);
});

t.test('after a restart the first batch brings no snapshot, and one a minute later does', async (t) => {
  const data = scratch(t);
  const first = await Rig.open(data);
  first.send('birth', birth(1));
  await run(first, 0, 3);
  await first.crash();
  const snapshot = join(data, 'snapshot.bin');
  const writtenMs = (): number => statSync(snapshot).mtimeMs;
  const before = writtenMs();
  const second = await Rig.open(data);
  t.teardown(() => second.close());
  await run(second, 3, 4);
  t.equal(writtenMs(), before);
  await run(second, 4, 6);
  t.not(writtenMs(), before);
});

t.test(
  'they are the energies of the store while nothing is restated, and a correction leaves them alone',
  async (t) => {
    const rig = await Rig.open(scratch(t));
    t.teardown(() => rig.close());
    rig.send('birth', birth(1));
    await run(rig, 0, 17);
    const site = rig.fold.registry.site(0);
    const level = balanceOf(site).complete[0] as number;
    const { store } = rig;
    const counted = rig.energy.of(0);
    const quarter = { fromMs: START, toMs: START + 15 * MINUTE_MS };
    const [sum] = await store.siteQuarters(0, null, quarter, null);
    const rows = await store.pointMinutes([0, 1], { fromMs: START, toMs: START + 17 * MINUTE_MS }, null);
    const utilityWh = rows.filter(({ pointId }) => pointId === 0).reduce((total, { energyWh }) => total + energyWh, 0);
    t.ok(Math.abs((counted?.totalWh ?? 0) - utilityWh) < 1e-6, `${counted?.totalWh} is ${utilityWh}`);
    t.ok((counted?.pairedItWh ?? 0) > (sum?.levels[level]?.pairedItWh ?? Number.NaN), 'and two minutes more');

    const change: Change = { kind: 'factor', point: 'utility-a', from: START, to: START + 10 * MINUTE_MS, factor: 3 };
    await rig.pipeline.correct(0, { by: 'auditor', reason: 'test', change });
    const [restated] = await store.siteQuarters(0, null, quarter, null);
    t.ok((restated?.supplyWh ?? 0) > 2 * (sum?.supplyWh ?? Number.NaN));
    t.same(rig.energy.of(0), counted);
  },
);
