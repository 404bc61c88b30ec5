import { type Figure, type Input, known, measured, unknown } from './figure.ts';
import type { SiteEnergies } from './stretches.ts';
import type { PriceSpan, Rate, Tariff } from './tariff.ts';

/** What a site used while one price held. */
export interface PricedEnergy {
  readonly span: PriceSpan;
  /** Undefined where nothing is known. */
  readonly energies: SiteEnergies | undefined;
}

const WH_PER_KWH = 1000;

/** Cost of the total energy, and of what of it is not IT, over the time that is measured and has a price. */
export function costFigures(
  tariff: Tariff | undefined,
  spans: readonly PricedEnergy[],
  elapsedMs: number,
): { energyCost: Figure; overheadCost: Figure } {
  if (tariff === undefined) {
    const reason = 'the site file has no tariff';
    return { energyCost: unknown('energyCost', reason), overheadCost: unknown('overheadCost', reason) };
  }
  return {
    energyCost: costFigure('energyCost', tariff, spans, elapsedMs, ({ totalWh, totalMs }) => [totalWh, totalMs]),
    overheadCost: costFigure('overheadCost', tariff, spans, elapsedMs, ({ pairedTotalWh, pairedItWh, pairedMs }) => [
      pairedTotalWh - pairedItWh,
      pairedMs,
    ]),
  };
}

/** Energy, Wh, and the time for which it is measured. */
type Measured = readonly [energyWh: number | null, measuredMs: number];

function costFigure(
  id: 'energyCost' | 'overheadCost',
  { currency, energy }: Tariff,
  spans: readonly PricedEnergy[],
  elapsedMs: number,
  measuredOf: (energies: SiteEnergies) => Measured,
): Figure {
  const byRate = new Map<Rate | null, { energyWh: number; measuredMs: number }>();
  for (const { span, energies } of spans) {
    const [energyWh, measuredMs] = energies === undefined ? [null, 0] : measuredOf(energies);
    if (energyWh === null || measuredMs <= 0) continue;
    const sum = byRate.get(span.rate) ?? { energyWh: 0, measuredMs: 0 };
    byRate.set(span.rate, { energyWh: sum.energyWh + energyWh, measuredMs: sum.measuredMs + measuredMs });
  }
  const unpriced = byRate.get(null);
  const priced = energy.flatMap((rate) => {
    const sum = byRate.get(rate);
    return sum === undefined ? [] : [{ rate, ...sum }];
  });
  const notes = unpriced === undefined ? [] : [unpricedNote(unpriced.energyWh, unpriced.measuredMs)];
  const about = { unit: currency, notes, inputs: priced.flatMap((sum) => inputsOf(sum, currency)) };
  if (priced.length === 0) {
    const reason =
      unpriced === undefined ? 'no energy was measured' : 'the tariff has no price for the time that was measured';
    return unknown(id, reason, { ...about, coverage: 0 });
  }
  const value = priced.reduce((sum, { rate, energyWh }) => sum + (energyWh / WH_PER_KWH) * rate.price, 0);
  const measuredMs = priced.reduce((sum, one) => sum + one.measuredMs, 0);
  return known(id, value, { ...about, coverage: measuredMs / elapsedMs });
}

function inputsOf({ rate, energyWh }: { rate: Rate; energyWh: number }, currency: string): Input[] {
  const price = {
    name: `price ${rate.name}`,
    value: rate.price,
    unit: `${currency}/kWh`,
    source: 'tariff of the site file',
  };
  return [measured(`energy ${rate.name}`, energyWh, 'Wh'), price];
}

function unpricedNote(energyWh: number, measuredMs: number): string {
  const hours = (measuredMs / 3_600_000).toFixed(2);
  const kwh = (energyWh / WH_PER_KWH).toFixed(1);
  return `the tariff has no price for ${hours} h that were measured, with ${kwh} kWh: they are not in the cost`;
}
