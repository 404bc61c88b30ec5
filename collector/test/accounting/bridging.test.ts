import type { Channel } from '@wattmark/shared/channels';
import t from 'tap';
import type { PointInterval } from '../../src/accounting/interval.ts';
import { Bench, START } from './bench.ts';

t.test('what one message may bridge is bounded; beyond it a gap stays a gap, and is counted', async (t) => {
  const bench = new Bench();
  const month = 30 * 86_400_000;
  for (let pointId = 2; pointId < 20; pointId++) {
    bench.catalogue.addPoint({ siteId: 0, point: `more-${pointId}` });
    bench.catalogue.addSlot({ agentId: 0, pointId, channel: 'energy' });
  }
  const readings = (value: number): (readonly [number, Channel, number])[] =>
    Array.from({ length: 20 }, (_, pointId) => [pointId, 'energy', value]);
  bench.send(0, START, readings(0));
  bench.send(0, START + month, readings(43_200));
  bench.send(0, START + 2 * month, [[0, 'energy', 86_400]]);
  const rows = bench.newest() as PointInterval[];
  // 200,000 minutes are four months of points and part of a fifth, which is not begun.
  t.equal(rows.length, 4 * 43_200 + 43_200, 'and the next message may make as many again');
  t.equal(bench.accounting.counters.gaps, 16);
  t.ok(rows.every(({ energyWh, bridgedMs }) => Math.abs(energyWh - 1) < 1e-9 && bridgedMs === 60_000));
});
