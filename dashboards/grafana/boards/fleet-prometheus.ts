import type { Dashboard, Panel } from '@grafana/schema';
import { dashboardOf } from '../dashboard.ts';
import { uids } from '../links.ts';
import { pie } from '../panels/pie.ts';
import { stat } from '../panels/stat.ts';
import { mergedTable } from '../panels/table.ts';
import { lines } from '../panels/time-series.ts';
import { bySite, ofSites, ratioOf, sitesWith } from '../queries/prometheus.ts';
import { prometheusTarget } from '../queries/target.ts';
import type { Unit } from '../units.ts';
import { labelVariable, prometheusSource } from '../variables.ts';
import { verdictCodeMappings, verdicts } from '../verdicts.ts';

/** All sites at this moment, from the metrics that the collector serves. */
export function fleetPrometheusBoard(): Dashboard {
  return dashboardOf({
    uid: uids.fleetPrometheus,
    title: 'Wattmark: fleet live (Prometheus)',
    description:
      'All sites at this moment: power, PUE of the last hours and days, verdicts, and whose data are in order.',
    from: 'now-6h',
    refresh: '30s',
    variables: [
      prometheusSource,
      labelVariable('group', 'Group', 'wattmark_site_info'),
      labelVariable('site', 'Site', 'wattmark_site_info{group=~"$group"}'),
    ],
    sections: [
      { title: 'Sites', panels: [verdictMix(), ...counts(), ranking()] },
      { title: 'Power and PUE', panels: [...powers(), lastHour(), ofDays(), byRole()] },
    ],
  });
}

function verdictMix(): Panel {
  return pie(
    {
      title: 'Verdicts, 30 days',
      description:
        'How many sites meet or miss their target over the last 30 days. A verdict that no site has is not shown.',
      unit: 'count',
      decimals: 0,
      width: 8,
      height: 8,
    },
    verdicts.map(({ code, word }) =>
      prometheusTarget(sitesWith('wattmark_site_verdict_code', 'period="30d"', code), word, true),
    ),
    verdicts.map(({ word, color }) => ({ field: word, color })),
  );
}

function counts(): Panel[] {
  const one = (title: string, description: string, expr: string, unit: Unit, alarmFrom?: number): Panel =>
    stat(
      { title, description, unit, decimals: unit === 'share' ? 1 : 0, width: 4, height: 8 },
      [prometheusTarget(expr, title)],
      alarmFrom === undefined ? {} : { alarmFrom },
    );
  return [
    one('Known sites', 'Sites that the collector knows.', `count(${bySite('wattmark_site_info')})`, 'count'),
    one(
      'Least coverage, 24 hours',
      'The worst of all sites: share of the last 24 hours in which its total and IT were both measured.',
      `min(wattmark_site_coverage_ratio{${ofSites}, period="24h"})`,
      'share',
    ),
    one(
      'Agents offline',
      'Agents that say, or whose last will says, that they are offline.',
      `sum(1 - wattmark_agent_up{${ofSites}})`,
      'count',
      1,
    ),
    one(
      'Silent points',
      'Counted points of all sites that have been silent for three of their intervals.',
      `sum(wattmark_site_stale_points{${ofSites}})`,
      'count',
      1,
    ),
  ];
}

function ranking(): Panel {
  const figure = 'wattmark_site_pue_ratio';
  const columns = {
    'PUE, 30 days': bySite(figure, 'period="30d"'),
    'PUE, 24 hours': bySite(figure, 'period="24h"'),
    'SEE, 30 days': bySite('wattmark_site_see_ratio', 'period="30d"'),
    Target: bySite('wattmark_site_target_ratio'),
    Verdict: bySite('wattmark_site_verdict_code', 'period="30d"'),
    Coverage: bySite('wattmark_site_coverage_ratio', 'period="30d"'),
    'Total power': bySite('wattmark_site_total_watts'),
    'IT power': bySite('wattmark_site_it_watts'),
    'Silent points': bySite('wattmark_site_stale_points'),
  };
  const ratios = ['PUE, 30 days', 'PUE, 24 hours', 'SEE, 30 days', 'Target'];
  return mergedTable(
    {
      title: 'Sites',
      description:
        'Each site’s figures of the last days up to now, restatements included, its target and the verdict of 30 ' +
        'days; and its power at this moment. A data centre has a PUE, a base station an SEE.',
      unit: 'power',
      width: 24,
      height: 11,
    },
    ['site', 'group'],
    Object.fromEntries(Object.entries(columns).map(([name, expr]) => [name, prometheusTarget(expr, name, true)])),
    {
      rules: [
        ...ratios.map((field) => ({ field, unit: 'ratio', decimals: 3 }) as const),
        { field: 'Verdict', unit: 'count', mappings: verdictCodeMappings },
        { field: 'Coverage', unit: 'share', decimals: 1 },
        { field: 'Silent points', unit: 'count', decimals: 0 },
      ],
      sortBy: { column: 'PUE, 30 days', isDescending: true },
    },
  );
}

function powers(): Panel[] {
  const power = (title: string, metric: string, description: string): Panel =>
    lines({ title, description, unit: 'power', width: 12, height: 8 }, [
      prometheusTarget(`${metric}{${ofSites}}`, '{{site}}'),
    ]);
  return [
    power(
      'Total power',
      'wattmark_site_total_watts',
      'Power of each site; nothing while a point that it needs is silent.',
    ),
    power('IT power', 'wattmark_site_it_watts', 'IT power of each data centre, telecom power of each base station.'),
  ];
}

function lastHour(): Panel {
  return lines(
    {
      title: 'PUE of the last hour',
      description:
        'Total over IT energy of the hour before each instant, from counters, which late data do not change: for ' +
        'watching, not for proving. A base station’s is the reciprocal of its SEE.',
      unit: 'ratio',
      decimals: 3,
      width: 12,
      height: 8,
    },
    [prometheusTarget(ratioOf('1h'), '{{site}}')],
  );
}

function ofDays(): Panel {
  return lines(
    {
      title: 'PUE of the last 24 hours',
      description: 'The collector’s own figure of the 24 hours before each instant, as it was known then.',
      unit: 'ratio',
      decimals: 3,
      width: 12,
      height: 8,
    },
    [prometheusTarget(`wattmark_site_pue_ratio{${ofSites}, period="24h"}`, '{{site}}')],
  );
}

function byRole(): Panel {
  return lines(
    {
      title: 'Power by role',
      description:
        'Power of all sites chosen together, by what it is for. Roles hold each other: they do not add up to the ' +
        'total.',
      unit: 'power',
      width: 24,
      height: 8,
    },
    [prometheusTarget(`sum by (role) (wattmark_site_role_watts{${ofSites}})`, '{{role}}')],
  );
}
