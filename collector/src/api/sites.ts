import { type Static, Type } from 'typebox';
import { nullable, object, type RouteParts, summaryOf, targetSummary } from './contract.ts';
import { liveAnswer, liveOf } from './live.ts';

const siteAnswer = object({
  site: Type.String(),
  name: Type.String(),
  kind: Type.Enum(['data-centre', 'base-station']),
  group: Type.String(),
  timezone: Type.String({ description: 'IANA time zone' }),
  simulated: Type.Boolean({ description: 'whether some point of the site is a simulation' }),
  target: nullable(targetSummary),
  live: liveAnswer,
});

export function registerSites({ api, figures }: RouteParts): void {
  const schema = { summary: 'All sites', tags: ['sites'], response: { 200: Type.Array(siteAnswer) } };
  api.get('/api/v1/sites', { schema }, async () =>
    figures.sites().map(
      (site): Static<typeof siteAnswer> => ({
        site: site.site,
        name: site.name,
        kind: site.kind,
        group: site.group,
        timezone: site.timezone,
        simulated: site.points.some(({ simulated }) => simulated),
        target: summaryOf(site),
        live: liveOf(figures, site),
      }),
    ),
  );
}
