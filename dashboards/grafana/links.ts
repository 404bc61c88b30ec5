import type { DashboardLink } from '@grafana/schema';

/** Ids of the dashboards, by which they link to each other. */
export const uids = {
  fleet: 'wattmark-fleet',
  site: 'wattmark-site',
  audit: 'wattmark-audit',
  baseStation: 'wattmark-base-station',
  collector: 'wattmark-collector',
  fleetPrometheus: 'wattmark-fleet-prometheus',
  collectorPrometheus: 'wattmark-collector-prometheus',
} as const;

/** A menu of all of Wattmark's dashboards, which keeps the time and what is chosen. */
export function links(): DashboardLink[] {
  return [
    {
      type: 'dashboards',
      title: 'Wattmark',
      tags: ['wattmark'],
      asDropdown: true,
      includeVars: true,
      keepTime: true,
      targetBlank: false,
      icon: 'external link',
      tooltip: 'The other dashboards, for the same time and sites',
    },
  ];
}

/** Where a click on a site's name leads: to the dashboard of this site, for the same time. */
export function siteLink(uid: string, title: string): { readonly title: string; readonly url: string } {
  return { title, url: `/d/${uid}?var-group=\${__data.fields.group}&var-site=\${__value.raw}&\${__url_time_range}` };
}
