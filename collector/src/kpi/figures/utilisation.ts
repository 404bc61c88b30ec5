import type { GaugeMean } from '../../accounting/interval.ts';
import type { Site, SitePoint } from '../../site/site.ts';
import { type Figure, known, measured, unknown } from './figure.ts';

/** The points whose processors' utilisation is read: the site's servers. */
export function serversOf(site: Site): SitePoint[] {
  return site.points.filter(({ channels }) => channels.includes('utilisation'));
}

/** Mean processor utilisation of the servers: every minute of every server weighs the same. */
export function utilisationFigure(
  servers: readonly SitePoint[],
  means: readonly GaugeMean[],
  elapsedMs: number,
): Figure {
  if (servers.length === 0)
    return unknown('iteusv', 'no point has the channel utilisation; agents on servers report it');
  const measuredMs = means.reduce((sum, mean) => sum + mean.measuredMs, 0);
  if (measuredMs <= 0)
    return unknown('iteusv', 'no server’s utilisation is known for a whole quarter-hour of the period');
  const weighted = means.reduce((sum, { mean, measuredMs: ms }) => sum + mean * ms, 0);
  return known('iteusv', weighted / measuredMs, {
    coverage: Math.min(1, measuredMs / (elapsedMs * servers.length)),
    inputs: [
      measured('servers', servers.length, '1'),
      measured('time measured, of all servers', measuredMs / 1000, 's'),
    ],
    notes: ['servers that mostly run accelerators are out of the figure’s scope; nothing here tells them apart'],
  });
}
