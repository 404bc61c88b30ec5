import type { MeasuredPeriod } from '../../../src/kpi/changes/measured-period.ts';
import { parsePeriod } from '../../../src/kpi/period.ts';

/** Mean powers of a period; what is null has no measurement. */
export interface Means {
  readonly name: string;
  readonly itW: number;
  readonly coolingW: number | null;
  readonly lightingW?: number | null;
  readonly otherW?: number | null;
  readonly lossesW: number;
}

/** A period measured throughout, at constant powers. */
export function measured(means: Means, more: Partial<MeasuredPeriod> = {}): MeasuredPeriod {
  const { itW, coolingW, lightingW = null, otherW = null, lossesW } = means;
  const period = parsePeriod(means.name, 'UTC', 0);
  const pairedMs = period.toMs - period.fromMs;
  const energyWh = (powerW: number): number => (powerW * pairedMs) / 3_600_000;
  const known = (powerW: number | null): number | null => (powerW === null ? null : energyWh(powerW));
  return {
    period,
    isComplete: true,
    totalFrom: 'supply',
    level: 'ups-output',
    levelIndex: 1,
    coverage: 1,
    leastCoverage: 0.9,
    pairedMs,
    totalWh: energyWh(itW + (coolingW ?? 0) + (lightingW ?? 0) + (otherW ?? 0) + lossesW),
    itWh: energyWh(itW),
    meteredWh: { cooling: known(coolingW), lighting: known(lightingW), other: known(otherW) },
    days: [],
    ...more,
  };
}
