import type { Site } from '../../site/site.ts';
import { type Figure, known, measured, unknown } from './figure.ts';
import { drawnBy, itWh, type Stretch, sumTogether } from './stretches.ts';

/** Water over IT energy: m³/MWh, which is L/kWh. */
export function waterFigure(site: Site, stretches: readonly Stretch[], elapsedMs: number): Figure {
  const points = site.points.filter(({ role }) => role === 'water');
  if (points.length === 0)
    return unknown('wue', 'no point has the role water; give it to those that count the water drawn');
  const litres = drawnBy(points);
  const { sums, measuredMs } = sumTogether(stretches, [litres, itWh]);
  const [waterL = 0, pairedItWh = 0] = sums;
  if (pairedItWh <= 0) return unknown('wue', 'at no time were the water and the IT energy both measured');
  return known('wue', waterL / 1000 / (pairedItWh / 1e6), {
    coverage: measuredMs / elapsedMs,
    inputs: [measured('water', waterL / 1000, 'm3'), measured('IT energy', pairedItWh, 'Wh')],
  });
}
