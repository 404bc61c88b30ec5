/** The sites that are chosen; Prometheus' own way of filling in a variable escapes names. */
export const ofSites = 'group=~"$group", site=~"$site"';

/** One value for each site, whichever other labels a metric has. */
export function bySite(metric: string, labels = ''): string {
  return `max by (group, site) (${metric}{${matchers(labels)}})`;
}

/** How many sites a metric has this value for; nothing where there is none. */
export function sitesWith(metric: string, labels: string, value: number): string {
  return `count(${bySite(metric, labels)} == ${value})`;
}

/** Total over IT energy of the time before each instant, from counters: a ratio of two sums. */
export function ratioOf(duration: string): string {
  const grown = (metric: string): string => `increase(${metric}{${ofSites}}[${duration}])`;
  const it = grown('wattmark_site_paired_it_energy_joules_total');
  return `${grown('wattmark_site_paired_energy_joules_total')} / (${it} > 0)`;
}

/** Growth of a counter of the collector's by second. */
export function rateOf(metric: string): string {
  return `rate(${metric}[$__rate_interval])`;
}

/** Growth of a counter of the agents' of the sites chosen. */
export function agentIncrease(metric: string): string {
  return `increase(${metric}{${ofSites}}[$__rate_interval])`;
}

function matchers(labels: string): string {
  return labels === '' ? ofSites : `${ofSites}, ${labels}`;
}
