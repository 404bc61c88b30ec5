import { Temporal } from 'temporal-polyfill';
import type { Site } from '../../site/site.ts';
import { startOf } from '../boundaries.ts';
import { supplyPointsOf } from './emissions.ts';
import { type Figure, type Input, known, measured, unknown } from './figure.ts';
import { drawnBy, type Side, type Stretch, sumTogether, totalWh } from './stretches.ts';

/**
 * Renewable over total energy, at most 1. Renewable are retired certificates and documented supply, as the site file has them,
 * and what the site's own `solar` points made and was not fed back, unless its certificates are sold. A certificate is spread
 * evenly over its time, and counts for the time in which the total was measured.
 */
export function renewableFigure(site: Site, stretches: readonly Stretch[], elapsedMs: number): Figure {
  const { renewables, solarCertificatesSold } = site.file;
  const solar = site.points.filter(({ role }) => role === 'solar');
  if (renewables === undefined && solar.length === 0)
    return unknown(
      'ref',
      'renewables of the site file is not given (an empty list says that there are none), and no point is solar',
    );
  const countsSolar = solar.length > 0 && !solarCertificatesSold;
  const sides = countsSolar ? [totalWh, selfConsumedWh(site)] : [totalWh];
  const { sums, measuredMs, stretches: counted } = sumTogether(stretches, sides);
  const [suppliedWh = 0, ownWh = 0] = sums;
  if (suppliedWh <= 0)
    return unknown('ref', `at no time was the total energy${countsSolar ? ' and what the sun gave' : ''} measured`);
  const entries = (renewables ?? []).map((entry): Input => {
    const value = entry.kwh * 1000 * shareOf(entry, site.timezone, counted);
    return { name: `${entry.kind}, ${entry.from} to ${entry.to}`, value, unit: 'Wh', source: entry.source };
  });
  const renewableWh = Math.max(0, ownWh) + entries.reduce((sum, { value }) => sum + value, 0);
  return known('ref', Math.min(1, renewableWh / suppliedWh), {
    coverage: measuredMs / elapsedMs,
    inputs: [
      measured('total energy', suppliedWh, 'Wh'),
      ...(countsSolar ? [measured('solar energy used on site', Math.max(0, ownWh), 'Wh')] : []),
      ...entries.filter(({ value }) => value > 0),
    ],
    notes: [
      ...(renewableWh > suppliedWh ? ['more renewable energy is claimed than was used: the factor ends at 1'] : []),
      ...(solar.length > 0 && solarCertificatesSold
        ? ['on-site solar energy does not count: its certificates are sold']
        : []),
      ...(entries.length > 0 ? ['certificates and supply are as entered in the site file; nobody checked them'] : []),
    ],
  });
}

/** The share of an entry's time that lies in these stretches, 0 to 1. */
function shareOf(
  { from, to }: { readonly from: string; readonly to: string },
  timezone: string,
  counted: readonly Stretch[],
): number {
  const [fromMs, toMs] = [from, to].map((date) => startOf(Temporal.PlainDate.from(date), timezone)) as [number, number];
  const overlapMs = counted.reduce(
    (ms, { startMs, endMs }) => ms + Math.max(0, Math.min(endMs, toMs) - Math.max(startMs, fromMs)),
    0,
  );
  return overlapMs / (toMs - fromMs);
}

/** What solar points made less all that left the site. */
function selfConsumedWh(site: Site): Side {
  const points = supplyPointsOf(site).filter(({ quantity }) => quantity === 'energy');
  return drawnBy(points, ({ role }, { energyWh, exportWh }) => {
    const madeWh = role === 'solar' ? energyWh : Math.min(0, energyWh);
    return madeWh - exportWh;
  });
}
