import t from 'tap';
import { MINUTE_MS } from '../../src/accounting/interval.ts';
import { CollectorFigures } from '../../src/collector-figures.ts';
import { type Effect, effectOf } from '../../src/corrections/effect.ts';
import { tryEntry } from '../../src/corrections/trial.ts';
import { evidenceDirectory } from '../../src/restore.ts';
import { refoldLog } from '../../src/restatement/refold-log.ts';
import { Rig, START, scratch } from '../support/rig.ts';

/** Of a replaced meter: its register of what was drawn goes on, that of what was fed back begins anew after 20 minutes. */
const drawnWh = (seconds: number): number => 1_000 + (6_000 * seconds) / 3_600;
const fedBackWh = (seconds: number): number => (seconds < 1_205 ? 50_000 : -1_200) + (3_600 * seconds) / 3_600;

t.test(
  'a correction that changes nothing but what was fed back says so, before and after it is on record',
  async (t) => {
    const data = scratch(t);
    const rig = await Rig.open(data);
    t.teardown(async () => rig.close());
    const points = [{ point: 'main', role: 'utility', channels: ['energy', 'energy-export'], intervalMs: 10_000 }];
    rig.send('birth', { v: 1, epoch: 'E', firstSeq: 1, at: START, software: 'test', points });
    for (let seconds = 0; seconds <= 1_800; seconds += 10) {
      rig.nowMs = START + seconds * 1_000;
      const readings = [
        ['main', 'energy', drawnWh(seconds)],
        ['main', 'energy-export', fedBackWh(seconds)],
      ];
      rig.send('readings', { v: 1, epoch: 'E', seq: seconds / 10 + 1, at: rig.nowMs, readings });
      if (seconds % 60 === 0) rig.pipeline.tick();
      await rig.settle();
    }
    await rig.recorder.idle();
    const { fold, ingest, live, recorder, rollup, store, energy } = rig;
    const known = { fold, ingest, live, recorder, rollup, store, energy, problem: () => null };
    const figures = new CollectorFigures({ ...known, evidenceBytes: () => 0, mirrors: () => [] });
    const site = fold.registry.site(0);
    const at = START + 1_205 * 1_000;
    const values = { oldLast: 50_000 + 1_205, newFirst: 5 };
    const entry = {
      by: 'auditor',
      reason: 'the register for export was replaced',
      change: { kind: 'replacement', point: 'main', channel: 'energy-export', at, ...values },
    } as const;
    const restater = { directory: evidenceDirectory(data), refold: refoldLog };
    const [tried] = await tryEntry({ fold, restater, figures }, site, entry, rig.nowMs);
    await rig.pipeline.correct(0, entry);
    await rig.settle();
    const [made] = figures.corrections(site);
    if (made === undefined) throw new Error('no correction');
    const effect = (await effectOf(figures, site, made)) as Effect;
    t.equal(effect.span.fromMs, START);
    const [point] = effect.points;
    const [month] = tried?.months ?? [];
    t.equal(tried?.span?.toMs, START + 21 * MINUTE_MS);
    for (const { before, after } of [point, month].filter((one) => one !== undefined)) {
      t.equal(after.energyWh, before.energyWh);
      t.equal(after.measuredMs, before.measuredMs);
      // Ten seconds of 3.6 kW were lost with the register.
      t.ok(Math.abs(before.exportWh - 1_790) < 1e-6 && Math.abs(after.exportWh - 1_800) < 1e-6, `${after.exportWh} Wh`);
    }
  },
);
