import type { EstimationSettings } from '../../estimation/settings.ts';
import type { SitePoint } from '../../site/site.ts';
import type { Observation } from '../finding.ts';
import type { Inspection } from '../inspection.ts';

/** Points whose gaps another one is to fill, as their site's file says, and which it cannot fill. */
export function checkAlternates({ site }: Inspection): Observation[] {
  const known = new Map(site.points.map((point) => [point.point, point]));
  return site.file.points.flatMap(({ point, alternate }): Observation[] => {
    if (alternate === undefined) return [];
    const why = obstacleOf(known.get(alternate), site.file.estimation);
    if (why === null) return [];
    const facts = `Gaps of ${point} are to be filled by ${alternate}, ${why}: it fills nothing.`;
    return [{ kind: 'alternate-without-effect', severity: 'warning', points: [point, alternate], span: null, facts }];
  });
}

function obstacleOf(other: SitePoint | undefined, estimation: EstimationSettings | undefined): string | null {
  if (other === undefined) return 'which the site does not have';
  if (other.pointId === null) return 'of which there has never been a reading';
  if (estimation?.methods.includes('alternate') === true) return null;
  return 'but estimation.methods of the site file does not have alternate';
}
