import type { Span } from '../../accounting/interval.ts';
import type { Figures } from '../../figures.ts';
import type { Site } from '../../site/site.ts';
import { factorAt, factorSeries } from '../figures/grid-factors.ts';
import { priceSpans } from '../figures/tariff.ts';
import { atLevel } from '../level.ts';
import type { MeasuredPeriod } from './measured-period.ts';

/** A mean for each kWh of a period, or why there is none. */
type Mean = { readonly perKwh: number; readonly reason: null } | { readonly perKwh: null; readonly reason: string };

/** What a kWh of a period cost and emitted: means over its paired total energy. */
export interface Rates {
  /** ISO 4217; null without a tariff. */
  readonly currency: string | null;
  readonly price: Mean;
  /** kg of CO2 by the factor of the grid. */
  readonly emissions: Mean;
}

/** The means of the site file's tariff and of the grid's factors over a period. */
export async function ratesOf(
  figures: Figures,
  site: Site,
  measured: MeasuredPeriod,
  asOfMs: number | null,
): Promise<Rates> {
  const { tariff } = site.file;
  const { period } = measured;
  const meanOf = (spans: readonly RateSpan[], lack: string): Promise<Mean> =>
    meanOver(spans, lack, async (boundariesMs) => {
      const sums = await figures.siteSums(site, boundariesMs, asOfMs);
      return new Map(sums.map((sum) => [sum.startMs, atLevel(sum, measured.levelIndex).pairedTotalWh]));
    });
  const prices = tariff === undefined ? [] : priceSpans(tariff, period, site.timezone);
  const [price, emissions] = await Promise.all([
    tariff === undefined
      ? none('the site file has no tariff')
      : meanOf(
          prices.map(({ rate, ...span }) => ({ ...span, perKwh: rate?.price ?? null })),
          'the tariff has no price for more than a tenth of the energy',
        ),
    site.file.grid === undefined && site.file.gridFactors === undefined
      ? none('the site file names no grid: set grid, or a series of your own in gridFactors')
      : meanOf(factorSpans(site, period), 'there is no grid factor for more than a tenth of the energy'),
  ]);
  return { currency: tariff?.currency ?? null, price, emissions };
}

interface RateSpan extends Span {
  readonly perKwh: number | null;
}

/** The grid's factors of a period one after the other. */
function factorSpans(site: Site, { fromMs, toMs }: Span): RateSpan[] {
  const series = factorSeries(site.file, site.timezone);
  const starts = [fromMs, ...series.map((factor) => factor.fromMs).filter((ms) => ms > fromMs && ms < toMs)];
  return starts.map((startMs, index) => ({
    fromMs: startMs,
    toMs: starts[index + 1] ?? toMs,
    perKwh: factorAt(series, startMs)?.kgPerKwh ?? null,
  }));
}

/** What has no rate may be no more of the energy than this: the rest stands for it. */
const GREATEST_LACK = 0.1;

async function meanOver(
  spans: readonly RateSpan[],
  lack: string,
  energiesWh: (boundariesMs: readonly number[]) => Promise<ReadonlyMap<number, number>>,
): Promise<Mean> {
  const [first] = spans;
  if (first === undefined) return none(lack);
  const energies = await energiesWh([first.fromMs, ...spans.map(({ toMs }) => toMs)]);
  let [ratedWh, unratedWh, amount] = [0, 0, 0];
  for (const { fromMs, perKwh } of spans) {
    const energyWh = energies.get(fromMs) ?? 0;
    if (perKwh === null) unratedWh += energyWh;
    else {
      ratedWh += energyWh;
      amount += energyWh * perKwh;
    }
  }
  if (ratedWh <= 0 || unratedWh > GREATEST_LACK * (ratedWh + unratedWh)) return none(lack);
  return { perKwh: amount / ratedWh, reason: null };
}

function none(reason: string): Mean {
  return { perKwh: null, reason };
}
