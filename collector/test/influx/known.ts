import { Catalogue } from '../../src/evidence/catalogue.ts';
import type { Known } from '../../src/influx/names.ts';
import type { Site } from '../../src/site/site.ts';

/** Sites 0 to 3 with as many points as are asked for, numbered across them, so that stores can be tested without a fold. */
export function knownOf(points: number): Known {
  const catalogue = new Catalogue();
  for (let site = 0; site < 4; site++) catalogue.addSite({ group: 'default', site: `site-${site}` });
  for (let point = 0; point < points; point++) catalogue.addPoint({ siteId: point % 3, point: `point-${point}` });
  const site = (siteId: number): Site => ({
    siteId,
    site: `site-${siteId}`,
    name: `Site ${siteId}`,
    kind: 'data-centre',
    group: 'default',
    timezone: 'UTC',
    target: null,
    itLevel: null,
    conversion: 'delivered',
    baseline: null,
    points: [],
    file: { site: `site-${siteId}` } as Site['file'],
  });
  return { catalogue, site };
}
