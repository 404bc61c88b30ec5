import type { Role } from '@wattmark/shared/roles';
import type { Site, SitePoint } from '../../site/site.ts';
import { type Figure, known, measured, unknown } from './figure.ts';
import { drawnBy, type Stretch, sumTogether, totalWh } from './stretches.ts';

/** Energy reused outside the boundary over the total energy. */
export function reuseFigure(site: Site, stretches: readonly Stretch[], elapsedMs: number): Figure {
  const points = pointsOf(site, 'heat-reuse');
  if (points.length === 0)
    return unknown('erf', 'no point has the role heat-reuse; give it to those that meter heat used outside the site');
  const { sums, measuredMs } = sumTogether(stretches, [drawnBy(points), totalWh]);
  const [reusedWh = 0, suppliedWh = 0] = sums;
  if (suppliedWh <= 0) return unknown('erf', 'at no time were the heat reused and the total energy both measured');
  const about = {
    coverage: measuredMs / elapsedMs,
    inputs: [measured('heat reused', reusedWh, 'Wh'), measured('total energy', suppliedWh, 'Wh')],
  };
  if (reusedWh < 0 || reusedWh > suppliedWh)
    return unknown(
      'erf',
      'the heat reused is not within 0 and the total energy: look at the units and signs of its meters',
      about,
    );
  return known('erf', reusedWh / suppliedWh, about);
}

/** (1 - ERF) x PUE, each of its own time. */
export function reuseEffectiveness(erf: Figure, pue: number | null, pueCoverage: number | null): Figure {
  if (erf.value === null) return unknown('ere', `there is no ERF: ${erf.reason}`);
  if (pue === null || pueCoverage === null) return unknown('ere', 'there is no PUE of this period');
  const inputs = [
    { name: 'ERF', value: erf.value, unit: '1', source: null },
    { name: 'PUE', value: pue, unit: '1', source: null },
  ];
  return known('ere', (1 - erf.value) * pue, { coverage: Math.min(erf.coverage ?? 0, pueCoverage), inputs });
}

/** Heat removed over the electricity of the cooling. */
export function coolingFigure(site: Site, stretches: readonly Stretch[], elapsedMs: number): Figure {
  const heat = pointsOf(site, 'heat-removal');
  const cooling = pointsOf(site, 'cooling');
  if (heat.length === 0)
    return unknown('cer', 'no point has the role heat-removal; give it to the heat meters of the cooling');
  if (cooling.length === 0)
    return unknown('cer', 'no point has the role cooling, so that its electricity is not known');
  const { sums, measuredMs } = sumTogether(stretches, [drawnBy(heat), drawnBy(cooling)]);
  const [heatWh = 0, coolingWh = 0] = sums;
  if (coolingWh <= 0)
    return unknown('cer', 'at no time were the heat removed and the electricity of the cooling both measured');
  const hasDistrictCooling = pointsOf(site, 'district-cooling').length > 0;
  return known('cer', heatWh / coolingWh, {
    coverage: measuredMs / elapsedMs,
    inputs: [measured('heat removed', heatWh, 'Wh'), measured('electricity of the cooling', coolingWh, 'Wh')],
    notes: hasDistrictCooling
      ? [
          'the ratio is defined for electric cooling; heat that district cooling carries off must not be among the heat removed',
        ]
      : [],
  });
}

function pointsOf(site: Site, role: Role): SitePoint[] {
  return site.points.filter((point) => point.role === role);
}
