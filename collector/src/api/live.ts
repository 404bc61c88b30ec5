import { levels } from '@wattmark/shared/roles';
import { type Static, Type } from 'typebox';
import type { Figures } from '../figures.ts';
import { isoTime } from '../kpi/period.ts';
import type { Site } from '../site/site.ts';
import {
  byRole,
  instant,
  nullable,
  object,
  type RouteParts,
  requireSite,
  siteParams,
  summaryOf,
  targetSummary,
  watts,
} from './contract.ts';

/** A site's figures at this moment, as the API and its events give them. */
export const liveAnswer = object({
  site: Type.String(),
  at: nullable(instant),
  totalW: watts,
  itW: watts,
  ratio: nullable(Type.Number({ description: 'total over IT power, instantaneous: not a PUE' })),
  byRole,
  stale: Type.Array(Type.String()),
  target: nullable(targetSummary),
  gapW: nullable(
    Type.Number({ description: 'W beyond what the target allows at this IT power; negative is room left' }),
  ),
  totalFrom: nullable(Type.Enum(['supply', 'parts'])),
  level: nullable(
    Type.Enum(levels, { description: 'where IT power is measured: the deepest level that holds all of the IT' }),
  ),
});

export type LiveAnswer = Static<typeof liveAnswer>;

export function liveOf(figures: Figures, site: Site): LiveAnswer {
  const { atMs, totalW, itW, ratio, byRole, stale, totalFrom, level } = figures.live(site.site);
  const target = summaryOf(site);
  const isComparable = target?.metric === 'pue' && site.kind === 'data-centre' && totalW !== null && itW !== null;
  return {
    site: site.site,
    at: atMs === null ? null : isoTime(atMs),
    totalW,
    itW,
    ratio,
    byRole: { ...byRole },
    stale: [...stale],
    target,
    gapW: isComparable ? totalW - target.value * itW : null,
    totalFrom,
    level,
  };
}

export function registerLive({ api, figures }: RouteParts): void {
  const schema = {
    summary: 'A site at this moment',
    tags: ['sites'],
    params: siteParams,
    response: { 200: liveAnswer },
  };
  api.get('/api/v1/sites/:site/live', { schema }, async ({ params }) =>
    liveOf(figures, requireSite(figures, params.site)),
  );
}
