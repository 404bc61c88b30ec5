import t from 'tap';
import { MINUTE_MS, QUARTER_MS } from '../../src/accounting/interval.ts';
import { CollectorFigures } from '../../src/collector-figures.ts';
import { replay } from '../../src/replay.ts';
import type { Rollup } from '../../src/site/rollup.ts';
import { emptySiteFile, type SiteFile } from '../../src/site/site-file.ts';
import { Rig, START, scratch } from '../support/rig.ts';

/** Feeds a and b, a tank of diesel, and IT; the supply is a virtual point, and the hall a part of the site. */
const file: SiteFile = {
  ...emptySiteFile({ site: 'dc-1', group: 'default' }),
  points: [
    { point: 'a', role: null },
    { point: 'b', role: null },
    { point: 'tank', role: 'generator', carrier: 'diesel' },
    { point: 'it', role: 'it', level: 'ups-output' },
    { point: 'supply', role: 'utility', virtual: { sum: { a: 1, b: 1 }, constantW: -60 } },
  ],
  partials: [{ id: 'hall', total: ['a'], it: ['it'] }],
};

function tick(seq: number): unknown {
  const readings = [
    ['a', 'power', 900],
    ['b', 'power', 460],
    ['it', 'power', 600],
    ['tank', 'volume', 100 + seq / 9900],
    ['tank', 'power', 5],
  ];
  return { v: 1, epoch: 'E1', seq, at: START + seq * 10_000, readings };
}

t.test('virtual points, fuels and parts, from the readings to the figures, live and replayed', async (t) => {
  const data = scratch(t);
  const rig = await Rig.open(data);
  rig.ingest.setSites([file], START);
  for (let seq = 0; seq <= 200; seq++) {
    rig.nowMs = START + seq * 10_000;
    rig.send('readings', tick(seq + 1));
    if (seq % 6 === 0) rig.pipeline.tick();
    await rig.settle();
  }
  await rig.recorder.idle();
  const { fold, ingest, live, recorder, store } = rig;
  const rollup = { rolledUpToMs: START + QUARTER_MS } as Rollup;
  const parts = { fold, ingest, live, recorder, rollup, store, problem: () => null, evidenceBytes: () => 0 };
  const figures = new CollectorFigures(parts as never);
  const site = figures.site('dc-1');
  if (site === undefined) throw new Error('no site');
  const idOf = (name: string): number => site.points.find(({ point }) => point === name)?.pointId ?? -1;
  const until = [START + 5 * MINUTE_MS, START + 20 * MINUTE_MS];
  const boundaries = [START, START + QUARTER_MS, START + 2 * QUARTER_MS];
  const minutes = await figures.pointMinutes(
    idOf('supply'),
    { fromMs: until[0] as number, toMs: until[1] as number },
    null,
  );
  t.equal(minutes.length, 15);
  for (const { energyWh } of minutes) t.ok(Math.abs(energyWh - 1300 / 60) < 1e-9, `${energyWh} Wh`);
  const [quarter] = await figures.pointSumsOf([idOf('supply'), idOf('tank')], boundaries, null);
  t.match(quarter, { pointId: idOf('tank'), startMs: START });
  const [first, second] = await figures.siteSums(site, boundaries, null);
  const litres = await figures.pointSumsOf([idOf('tank')], boundaries, null);
  const supply = await figures.pointSumsOf([idOf('supply')], boundaries, null);
  for (const [index, sum] of [first, second].entries()) {
    const expected = (supply[index]?.energyWh ?? 0) + 9900 * (litres[index]?.energyWh ?? 0);
    // Sums are kept to the microlitre.
    t.ok(Math.abs((sum?.supplyWh ?? 0) - expected) < 0.02, `${sum?.supplyWh} is ${expected} Wh, stored or not`);
  }
  const [hall] = await figures.partialSums(site, 'hall', boundaries, null);
  t.ok(Math.abs((hall?.pairedTotalWh ?? 0) / (hall?.pairedItWh ?? 1) - 1.5) < 1e-6, 'pPUE 900 W ÷ 600 W');
  await t.rejects(figures.partialSums(site, 'attic', boundaries, null), { message: 'dc-1 has no part attic' });
  t.match(figures.live('dc-1'), { itW: 600, byRole: { utility: 1300 }, stale: [] });
  // 1 ÷ 9,900 L in 10 s are 1 Wh in 10 s: 360 W.
  t.equal(Math.round(figures.live('dc-1').totalW ?? 0), 1660);
  t.match(figures.channelValues('dc-1', 'supply'), [{ channel: 'power', value: 1300, quality: 'measured' }]);
  t.equal(figures.channelValues('dc-1', 'tank').length, 2);
  await rig.close();
  const { comparison } = await replay(data, { replace: false, onProgress: () => {} });
  t.ok(
    (comparison ?? []).every(({ differing }) => differing === 0),
    JSON.stringify(comparison),
  );
  t.ok(
    (comparison ?? []).some(({ table, rows }) => table === 'site_quarter' && rows === 4),
    JSON.stringify(comparison),
  );
});
