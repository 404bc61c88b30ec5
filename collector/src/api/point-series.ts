import { channels } from '@wattmark/shared/channels';
import { type Static, Type } from 'typebox';
import { type GaugeInterval, knowsDrawn, type PointInterval } from '../accounting/interval.ts';
import { unitOf } from '../accounting/quantity.ts';
import { steps } from '../kpi/boundaries.ts';
import { isoTime } from '../kpi/period.ts';
import { coverageOf } from '../kpi/pue.ts';
import type { Site, SitePoint } from '../site/site.ts';
import { instant, object, pointParams, type RouteParts, requireSite, share, wattHours, watts } from './contract.ts';
import { estimatedAnswer, estimationAnswer, fillsOf } from './estimates.ts';
import { unit } from './points.ts';
import { Problem } from './problems.ts';
import { fill, intervalFields, type Range, rangeOf, rangeQuery, spanOf } from './range.ts';

const qualities = ['measured', 'estimated', 'missing'] as const;

const interval = object({
  ...intervalFields,
  energyWh: wattHours,
  estimatedWh: wattHours,
  exportWh: wattHours,
  minW: watts,
  meanW: watts,
  maxW: watts,
  measuredS: Type.Number({ description: 'seconds whose energy is measured, bridged ones included' }),
  estimatedS: Type.Number(),
  bridgedS: Type.Number({ description: 'seconds whose total a register measured, with an estimated profile' }),
  missingS: Type.Number({ description: 'elapsed, and neither measured nor estimated in any way' }),
  estimated: estimatedAnswer,
  coverage: share,
  quality: Type.Enum(qualities, { description: 'what most of the known time is' }),
});

const gaugeSeries = object({
  unit: Type.String(),
  intervals: Type.Array(
    object({ start: instant, min: Type.Number(), mean: Type.Number(), max: Type.Number(), samples: Type.Integer() }),
  ),
});

const seriesAnswer = object({
  site: Type.String(),
  point: Type.String(),
  step: Type.Enum(steps),
  timezone: Type.String(),
  estimation: estimationAnswer,
  unit,
  intervals: Type.Array(interval),
  channels: Type.Record(Type.String(), gaugeSeries, {
    description: 'other than energy and power; with step=PT1M only',
  }),
});

type Channels = Record<string, Static<typeof gaugeSeries>>;

export function registerPointSeries({ api, figures, now }: RouteParts): void {
  const schema = {
    summary: 'One point’s energy and other channels, interval by interval',
    tags: ['points'],
    params: pointParams,
    querystring: rangeQuery,
    response: { 200: seriesAnswer },
  };
  api.get('/api/v1/points/:site/:point/series', { schema }, async ({ params, query }) => {
    const site = requireSite(figures, params.site);
    const { point, pointId, quantity } = requirePoint(site, params.point);
    const range = rangeOf(query, site.timezone, now());
    const [sums, gauges] =
      pointId === null ? [[], []] : await Promise.all([sumsOf(pointId, range), gaugesOf(pointId, range)]);
    const { estimation, fills } = await fillsOf(figures, site, pointId, sums, range);
    const intervals = fill(range.boundariesMs, sums, (startMs, endMs, sum) => ({
      ...answer(startMs, endMs, range.knownMs, sum),
      ...fills(startMs),
    }));
    return {
      site: site.site,
      point,
      step: range.step,
      timezone: site.timezone,
      ...estimation,
      unit: unitOf[quantity],
      intervals,
      channels: byChannel(gauges),
    };
  });

  function sumsOf(pointId: number, { step, boundariesMs, asOfMs }: Range): Promise<PointInterval[]> {
    if (step === 'PT1M') return figures.pointMinutes(pointId, spanOf(boundariesMs), asOfMs);
    return figures.pointSumsOf([pointId], boundariesMs, asOfMs);
  }

  async function gaugesOf(pointId: number, { step, boundariesMs, asOfMs }: Range): Promise<GaugeInterval[]> {
    return step === 'PT1M' ? figures.gaugeMinutes(pointId, spanOf(boundariesMs), asOfMs) : [];
  }
}

function requirePoint(site: Site, id: string): SitePoint {
  const point = site.points.find((candidate) => candidate.point === id);
  const list = `/api/v1/sites/${site.site}/points`;
  if (point === undefined)
    throw new Problem('unknown-point', `${site.site} has no point ${id}; ${list} lists its points`);
  return point;
}

function answer(
  startMs: number,
  endMs: number,
  knownMs: number,
  sum: PointInterval | undefined,
): Omit<Static<typeof interval>, 'missingS' | 'estimated'> {
  const { measuredMs = 0, estimatedMs = 0, bridgedMs = 0 } = sum ?? {};
  const knownTimeMs = measuredMs + estimatedMs;
  const drawn = sum !== undefined && knowsDrawn(sum) ? sum : null;
  return {
    start: isoTime(startMs),
    end: isoTime(endMs),
    energyWh: drawn?.energyWh ?? null,
    estimatedWh: drawn?.estimatedWh ?? null,
    exportWh: sum?.exportWh ?? null,
    minW: sum?.minW ?? null,
    meanW: drawn === null ? null : (drawn.energyWh - drawn.exportWh) / (knownTimeMs / 3_600_000),
    maxW: sum?.maxW ?? null,
    measuredS: measuredMs / 1000,
    estimatedS: estimatedMs / 1000,
    bridgedS: bridgedMs / 1000,
    coverage: coverageOf(measuredMs, startMs, endMs, knownMs),
    quality: knownTimeMs <= 0 ? 'missing' : (estimatedMs + bridgedMs) * 2 > knownTimeMs ? 'estimated' : 'measured',
  };
}

function byChannel(gauges: readonly GaugeInterval[]): Channels {
  const result: Channels = {};
  for (const { channel, startMs, min, mean, max, samples } of gauges) {
    const series = (result[channel] ??= { unit: channels[channel].unit, intervals: [] });
    series.intervals.push({ start: isoTime(startMs), min, mean, max, samples });
  }
  return result;
}
