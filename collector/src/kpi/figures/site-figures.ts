import type { Figures } from '../../figures.ts';
import { sumSiteIntervals } from '../../site/interval-sum.ts';
import type { Site, SitePoint, SiteSum } from '../../site/site.ts';
import { atLevel, type LevelChoice } from '../level.ts';
import { type Period, PeriodError } from '../period.ts';
import { type Knowledge, knownUntilMs } from '../site-kpis.ts';
import { costFigures, type PricedEnergy } from './cost.ts';
import { emissionFigures, supplyPointsOf } from './emissions.ts';
import { type Figure, type FigureId, figureIds, known, measured, unknown } from './figure.ts';
import { coolingFigure, reuseEffectiveness, reuseFigure } from './heat.ts';
import { renewableFigure } from './renewables.ts';
import { readStretches, type Stretch } from './stretches.ts';
import { type PriceSpan, priceSpans } from './tariff.ts';
import { serversOf, utilisationFigure } from './utilisation.ts';
import { waterFigure } from './water.ts';

export type SiteFigures = Readonly<Record<FigureId, Figure>>;

/** Longest period, so that the days and prices of one answer stay few: three years. */
export const MAX_PERIOD_MS = 3 * 366 * 86_400_000;

/** Figures that are defined for data centres alone. */
const ofDataCentres: readonly FigureId[] = ['cue', 'wue', 'ref', 'erf', 'ere', 'cer', 'iteusv'];

/**
 * A site's figures beside PUE over a period; each says why where it has no value.
 * @throws PeriodError where the period is too long.
 */
export async function siteFigures(
  figures: Figures,
  site: Site,
  period: Period,
  knowledge: Knowledge,
): Promise<SiteFigures> {
  if (period.toMs - period.fromMs > MAX_PERIOD_MS)
    throw new PeriodError('the period is longer than three years: ask for each year');
  const elapsedMs = Math.min(period.toMs, knownUntilMs(knowledge)) - period.fromMs;
  if (elapsedMs <= 0) return figuresBy((id) => unknown(id, 'the period has not begun'));
  const { asOfMs } = knowledge;
  const pointIds = pointsAsked(site).flatMap(({ pointId }) => (pointId === null ? [] : [pointId]));
  const { tariff } = site.file;
  const prices = tariff === undefined ? [] : priceSpans(tariff, period, site.timezone);
  const changesMs = prices.map(({ toMs }) => toMs);
  const read = await readStretches(figures, site, pointIds, period, knowledge, changesMs);
  const { stretches, level, sums } = read;
  const servers = serversOf(site);
  const serverIds = servers.flatMap(({ pointId }) => (pointId === null ? [] : [pointId]));
  const means = serverIds.length === 0 ? [] : await figures.gaugeMeansOf(serverIds, 'utilisation', period, asOfMs);
  const pue = pueBy(stretches, elapsedMs);
  const erf = reuseFigure(site, stretches, elapsedMs);
  const all: SiteFigures = {
    energy: energyFigure(stretches, elapsedMs),
    ...emissionFigures(site, stretches, elapsedMs),
    wue: waterFigure(site, stretches, elapsedMs),
    ref: renewableFigure(site, stretches, elapsedMs),
    erf,
    ere: reuseEffectiveness(erf, pue.value, pue.coverage),
    cer: coolingFigure(site, stretches, elapsedMs),
    iteusv: utilisationFigure(servers, means, elapsedMs),
    ...costFigures(tariff, pricedOf(prices, sums, level), elapsedMs),
  };
  if (site.kind === 'data-centre') return all;
  return figuresBy((id) =>
    ofDataCentres.includes(id)
      ? unknown(id, 'the figure is defined for data centres, and this is a base station')
      : all[id],
  );
}

function figuresBy(figureOf: (id: FigureId) => Figure): SiteFigures {
  return Object.fromEntries(figureIds.map((id) => [id, figureOf(id)])) as SiteFigures;
}

/** The points whose own sums some figure needs; of IT and of the parts the site's sums are enough. */
function pointsAsked(site: Site): SitePoint[] {
  const removesHeat = site.points.some(({ role }) => role === 'heat-removal');
  const roles = ['water', 'heat-reuse', ...(removesHeat ? ['heat-removal', 'cooling'] : [])];
  return [...supplyPointsOf(site), ...site.points.filter(({ role }) => role !== null && roles.includes(role))];
}

/** What was used at each price, from sums that no change of price lies within. */
function pricedOf(prices: readonly PriceSpan[], sums: readonly SiteSum[], level: LevelChoice): PricedEnergy[] {
  const edgesMs = [...prices.slice(0, 1).map(({ fromMs }) => fromMs), ...prices.map(({ toMs }) => toMs)];
  const byStart = new Map(sumSiteIntervals(sums, edgesMs).map((sum) => [sum.startMs, atLevel(sum, level.index)]));
  return prices.map((span) => ({ span, energies: byStart.get(span.fromMs) }));
}

/** All total energy that is known; what is not, is in the coverage. */
function energyFigure(stretches: readonly Stretch[], elapsedMs: number): Figure {
  const knownSites = stretches.flatMap(({ site }) =>
    site?.totalWh == null ? [] : [{ wh: site.totalWh, ms: site.totalMs }],
  );
  if (knownSites.length === 0) return unknown('energy', 'at no time was all of the total measured');
  const totalWh = knownSites.reduce((sum, { wh }) => sum + wh, 0);
  const measuredMs = knownSites.reduce((sum, { ms }) => sum + ms, 0);
  const inputs = [measured('total energy', totalWh, 'Wh')];
  return known('energy', totalWh / 1000, { coverage: measuredMs / elapsedMs, inputs });
}

function pueBy(stretches: readonly Stretch[], elapsedMs: number): { value: number | null; coverage: number } {
  const sum = (of: (site: NonNullable<Stretch['site']>) => number): number =>
    stretches.reduce((total, { site }) => total + (site === undefined ? 0 : of(site)), 0);
  const itWh = sum(({ pairedItWh }) => pairedItWh);
  const coverage = sum(({ pairedMs }) => pairedMs) / elapsedMs;
  return { value: itWh > 0 ? sum(({ pairedTotalWh }) => pairedTotalWh) / itWh : null, coverage };
}
