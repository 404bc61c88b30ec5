import t from 'tap';
import { CollectorFigures } from '../../src/collector-figures.ts';
import type { Finding } from '../../src/findings/finding.ts';
import { siteFindings } from '../../src/findings/site-findings.ts';
import { EnergyCounters } from '../../src/site/energy-counters.ts';
import { Rollup } from '../../src/site/rollup.ts';
import { Rig, START, scratch } from '../support/rig.ts';

const TICK_MS = 10_000;
const MINUTE_MS = 60_000;

function birth(epoch: string): unknown {
  const of = (point: string, more: object): unknown => ({ point, intervalMs: TICK_MS, accuracyClass: '0.5S', ...more });
  const points = [
    of('main', { role: 'utility', feeds: ['row-a', 'row-b'], channels: ['energy'] }),
    of('row-a', { role: 'it', level: 'pdu-output', channels: ['power'] }),
    of('row-b', { role: 'it', level: 'pdu-output', channels: ['power'] }),
  ];
  return { v: 1, epoch, firstSeq: 1, at: START, software: 'test/1', points };
}

/** An hour in which the rows draw 12 kW, and the main meter counts 10 kW in a float32 of kWh, and is reset in the middle. */
async function anHour(rig: Rig): Promise<void> {
  rig.send('birth', birth('E1'));
  for (let tick = 0; tick <= 360; tick++) {
    const at = START + tick * TICK_MS;
    rig.nowMs = at + 200;
    const kwh = (tick < 180 ? 3_000_000.25 : 0.25) + (10 * tick) / 360;
    const readings = [
      ['main', 'energy', Math.fround(kwh) * 1000],
      ['row-a', 'power', 6000],
      ['row-b', 'power', 6000],
    ];
    rig.send('readings', { v: 1, epoch: 'E1', seq: tick + 1, at, readings });
    // An agent that reads row-b as well, with a clock that is a minute ahead.
    const twice = [['row-b', 'power', 6000]];
    rig.send('readings', { v: 1, epoch: 'E1', seq: tick + 1, at: at + MINUTE_MS, readings: twice }, 'hall-b');
    if (tick % 6 === 0) rig.pipeline.tick();
    if (tick % 60 === 0) await rig.settle();
  }
  rig.nowMs = START + 62 * MINUTE_MS;
  rig.pipeline.tick();
  await rig.settle();
  await rig.recorder.idle();
}

function findingsOf(rig: Rig): Promise<Finding[]> {
  const figures = new CollectorFigures({
    fold: rig.fold,
    ingest: rig.ingest,
    live: rig.live,
    recorder: rig.recorder,
    rollup: new Rollup(),
    energy: new EnergyCounters(),
    store: rig.store,
    problem: () => null,
    mirrors: () => [],
    evidenceBytes: () => 0,
  });
  const site = figures.site('dc-1');
  if (site === undefined) throw new Error('no site');
  const span = { fromMs: START, toMs: START + 60 * MINUTE_MS };
  return siteFindings(figures, site, span, { nowMs: rig.nowMs, asOfMs: null });
}

t.test('from readings to findings, the same after a restart', async (t) => {
  const data = scratch(t);
  const rig = await Rig.open(data);
  await anHour(rig);
  const found = await findingsOf(rig);
  t.same(
    found.map(({ severity, id }) => `${severity} ${id}`),
    [
      'error children-beyond-parent/main/2026-01-01T00:00:00Z',
      'error it-beyond-total/row-a/2026-01-01T00:00:00Z',
      'warning clock-ahead/hall-b/2026-01-01T00:01:00Z',
      'warning two-agents/row-b/2026-01-01T00:01:00Z',
      'warning register-reset/main/2026-01-01T00:30:00Z',
    ],
  );
  await rig.close();
  const again = await Rig.open(data, rig.nowMs);
  t.same(await findingsOf(again), found);
  await again.close();
});
