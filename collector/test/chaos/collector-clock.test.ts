import t from 'tap';
import { replay } from '../../src/replay.ts';
import { birth, Rig, START, scratch, tick } from '../support/rig.ts';

t.test(
  'a collector whose clock is set back: what it learns afterwards still replaces what it said before',
  async (t) => {
    const data = scratch(t);
    let rig = await Rig.open(data, START + 3_600_000);
    rig.send('birth', birth(1));
    const sendThrough = async (from: number, to: number): Promise<void> => {
      for (let seq = from; seq <= to; seq++) rig.send('readings', tick(seq, 6_000));
      rig.pipeline.tick();
      await rig.settle();
    };
    // An hour ahead, the collector takes the second minute for long over when half of it is known.
    await sendThrough(1, 9);
    await rig.close();
    rig = await Rig.open(data, START + 95_000);
    await sendThrough(10, 12);
    rig.nowMs = START + 190_000;
    await sendThrough(13, 18);
    await rig.pipeline.stop();
    const span = { fromMs: START, toMs: START + 180_000 };
    const minutes = await rig.store.pointMinutes([0], span, null);
    t.same(
      minutes.map(({ startMs, measuredMs, energyWh }) => [startMs - START, measuredMs, Math.round(energyWh)]),
      [
        [0, 50_000, 83],
        [60_000, 60_000, 100],
        [120_000, 60_000, 100],
      ],
    );
    const [quarter] = await rig.store.pointQuarters([0], { fromMs: START, toMs: START + 900_000 }, null);
    t.equal(quarter?.measuredMs, 170_000, 'and the sums are those of the minutes');
    rig.live.close();
    await rig.crash();
    const { comparison } = await replay(data, { replace: false, onProgress: () => {} });
    t.ok(
      (comparison ?? []).every(({ differing }) => differing === 0),
      'a replay says the same',
    );
  },
);
