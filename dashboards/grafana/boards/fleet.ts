import type { Dashboard, Panel } from '@grafana/schema';
import { correctionMarks } from '../annotations.ts';
import { dashboardOf } from '../dashboard.ts';
import { siteLink, uids } from '../links.ts';
import { pie } from '../panels/pie.ts';
import { stat } from '../panels/stat.ts';
import { table } from '../panels/table.ts';
import { lines } from '../panels/time-series.ts';
import { gapMs, groupRatio } from '../queries/energy.ts';
import { live, offlineAgents, silentPoints } from '../queries/health.ts';
import { kpiRows, newestKpi, ofNewestCoverages, sitesOfVerdict } from '../queries/kpi.ts';
import { ofGroups } from '../queries/scope.ts';
import { energyTarget, minutesTarget } from '../queries/target.ts';
import { groupVariable, influxSources } from '../variables.ts';
import { verdicts } from '../verdicts.ts';
import { agentsTable, findingsTable } from './data-health.ts';
import { energyColumns, energyRules, judgedColumns, judgedRules, MARGIN } from './judged.ts';

/** All sites beside each other: which miss their target, and whose figures cannot be relied on. */
export function fleetBoard(): Dashboard {
  return dashboardOf({
    uid: uids.fleet,
    title: 'Wattmark: fleet',
    description: 'All sites against their targets, and whose data are in order.',
    from: 'now-30d',
    refresh: '5m',
    variables: [...influxSources, groupVariable()],
    annotations: [correctionMarks(ofGroups)],
    sections: [
      { title: 'Against the target', panels: [verdictMix(), groupPue(), trend(), ranking(), stations()] },
      {
        title: 'Data health',
        panels: [...health(), coverage(), liveFigures(), agentsTable(ofGroups, 12), findingsTable(ofGroups, 12)],
      },
    ],
  });
}

const judged = { metric: 'pue|see', period: '30d', scope: ofGroups } as const;

function verdictMix(): Panel {
  return pie(
    {
      title: 'Verdicts, 30 days',
      description:
        'How many sites meet or miss their target over the last 30 local days. A verdict that no site has is not ' +
        'shown.',
      unit: 'count',
      decimals: 0,
      width: 6,
      height: 8,
    },
    verdicts.map(({ code, word }) => energyTarget(sitesOfVerdict(judged, code), { alias: word })),
    verdicts.map(({ word, color }) => ({ field: word, color })),
  );
}

function groupPue(): Panel {
  return stat(
    {
      title: 'PUE of each group',
      description:
        'Total over IT energy of all data centres and stations of a group together, local days that begin in the ' +
        'time shown: large sites weigh more. Sites count with the time in which both sides were measured.',
      unit: 'ratio',
      decimals: 3,
      width: 4,
      height: 8,
    },
    [energyTarget(groupRatio('PUE'), { alias: '$tag_group' })],
  );
}

function trend(): Panel {
  return lines(
    {
      title: 'PUE of 30 days, every data centre',
      description: 'PUE of the 30 local days that end on each day. A gap is a time for which it is unknown.',
      unit: 'ratio',
      decimals: 3,
      width: 14,
      height: 8,
    },
    [energyTarget(kpiRows({ ...judged, metric: 'pue' }, { value: 'PUE' }), { alias: '$tag_site' })],
    { gapMs: gapMs['1d'] },
  );
}

function ranking(): Panel {
  const columns = { ...judgedColumns('PUE'), ...energyColumns };
  return table(
    {
      title: 'Data centres, worst first',
      description: `Each data centre’s last 30 local days, ranked by how far the PUE is beyond its target. ${MARGIN}`,
      unit: 'text',
      width: 24,
      height: 11,
    },
    energyTarget(newestKpi({ ...judged, metric: 'pue' }, columns), { format: 'table' }),
    {
      columns: ['site', 'group', ...Object.values(columns)],
      rules: [{ field: 'site', link: siteLink(uids.site, 'Site') }, ...judgedRules('PUE'), ...energyRules],
      sortBy: { column: 'Beyond target', isDescending: true },
    },
  );
}

function stations(): Panel {
  const columns = { ...judgedColumns('SEE'), kwh_per_day: 'Per day', baseline_kwh_per_day: 'Per day before' };
  return table(
    {
      title: 'Base stations, worst first',
      description:
        'Each base station’s last 30 local days: SEE is telecom over total energy, greater is better; energy per ' +
        'day beside that of its baseline. ' +
        MARGIN,
      unit: 'text',
      width: 24,
      height: 9,
    },
    energyTarget(newestKpi({ ...judged, metric: 'see' }, columns), { format: 'table' }),
    {
      columns: ['site', 'group', ...Object.values(columns)],
      rules: [
        { field: 'site', link: siteLink(uids.baseStation, 'Base station') },
        ...judgedRules('SEE'),
        { field: 'Per day', unit: 'energyPerDay', decimals: 1 },
        { field: 'Per day before', unit: 'energyPerDay', decimals: 1 },
      ],
      sortBy: { column: 'Beyond target', isDescending: true },
    },
  );
}

function health(): Panel[] {
  const day = { ...judged, period: '24h' };
  return [
    stat(
      {
        title: 'Sites',
        description: 'Sites that have a figure of the last 24 hours, measured or not.',
        unit: 'count',
        decimals: 0,
        width: 3,
        height: 5,
      },
      [energyTarget(ofNewestCoverages(day, 'count("coverage")', 'sites'))],
    ),
    stat(
      {
        title: 'Least coverage, 24 hours',
        description: 'The worst of all sites: share of the last 24 hours in which its total and IT were both measured.',
        unit: 'share',
        decimals: 1,
        width: 3,
        height: 5,
      },
      [energyTarget(ofNewestCoverages(day, 'min("coverage")', 'coverage'))],
    ),
    stat(
      {
        title: 'Agents offline',
        description: 'Agents that say, or whose last will says, that they are offline, at the end of the time shown.',
        unit: 'count',
        decimals: 0,
        width: 3,
        height: 5,
      },
      [minutesTarget(offlineAgents(ofGroups))],
      { alarmFrom: 1 },
    ),
    stat(
      {
        title: 'Silent points',
        description:
          'Counted points of all sites that have been silent for three of their intervals, at the end of the time ' +
          'shown.',
        unit: 'count',
        decimals: 0,
        width: 3,
        height: 5,
      },
      [minutesTarget(silentPoints(ofGroups))],
      { alarmFrom: 1 },
    ),
  ];
}

function coverage(): Panel {
  const columns = { coverage: 'Coverage', estimated_share: 'Estimated' };
  return table(
    {
      title: 'Coverage, 24 hours, worst first',
      description:
        'Share of the last 24 hours in which total and IT were both measured, and what of it is estimated in its ' +
        'profile.',
      unit: 'share',
      decimals: 1,
      width: 12,
      height: 9,
    },
    energyTarget(newestKpi({ ...judged, period: '24h' }, columns), { format: 'table' }),
    {
      columns: ['site', 'group', ...Object.values(columns)],
      rules: [{ field: 'site', link: siteLink(uids.site, 'Site') }],
      sortBy: { column: 'Coverage' },
    },
  );
}

function liveFigures(): Panel {
  return table(
    {
      title: 'Live',
      description:
        'Power of each site in the last minute. The power ratio is not a PUE; above target is the power beyond what ' +
        'the target allows at this IT power, negative is room left.',
      unit: 'power',
      width: 12,
      height: 9,
    },
    minutesTarget(live(ofGroups), { format: 'table' }),
    {
      columns: ['site', 'group', 'Total power', 'IT power', 'Power ratio', 'Above target', 'Silent points'],
      rules: [
        { field: 'site', link: siteLink(uids.site, 'Site') },
        { field: 'Power ratio', unit: 'ratio', decimals: 3 },
        { field: 'Silent points', unit: 'count', decimals: 0 },
      ],
      sortBy: { column: 'Above target', isDescending: true },
    },
  );
}
