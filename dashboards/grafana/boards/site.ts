import type { Dashboard, Panel } from '@grafana/schema';
import { correctionMarks } from '../annotations.ts';
import { dashboardOf } from '../dashboard.ts';
import { uids } from '../links.ts';
import { stat } from '../panels/stat.ts';
import { table } from '../panels/table.ts';
import { lines } from '../panels/time-series.ts';
import * as energy from '../queries/energy.ts';
import { liveValue } from '../queries/health.ts';
import { kpiRows, newestKpi, newestValue } from '../queries/kpi.ts';
import { ofSites } from '../queries/scope.ts';
import { energyTarget, minutesTarget } from '../queries/target.ts';
import type { Unit } from '../units.ts';
import { groupVariable, influxSources, siteVariable } from '../variables.ts';
import { dataHealth } from './data-health.ts';
import { judgedColumns, judgedRules, MARGIN } from './judged.ts';
import { costPanels, energyPanels } from './site-energy.ts';

/** One data centre: its PUE against the target, where the energy goes, what it costs, and what all that rests on. */
export function siteBoard(): Dashboard {
  return dashboardOf({
    uid: uids.site,
    title: 'Wattmark: site',
    description:
      'A data centre’s PUE against its target, where the energy goes, what it costs, and what the figures rest on.',
    from: 'now-30d',
    refresh: '5m',
    variables: [...influxSources, groupVariable(), siteVariable({ kind: 'data-centre', hasAll: false })],
    annotations: [correctionMarks(ofSites)],
    sections: [
      {
        title: '$site: against the target',
        repeat: 'site',
        panels: [...figures(), judgement(), rolling(), byDay(), byQuarter()],
      },
      {
        title: '$site: where the energy goes',
        repeat: 'site',
        panels: energyPanels(),
      },
      { title: '$site: energy, cost and emissions', repeat: 'site', panels: costPanels() },
      { title: '$site: data health', repeat: 'site', panels: dataHealth('pue') },
    ],
  });
}

const pue = { metric: 'pue', scope: ofSites } as const;

function figures(): Panel[] {
  const ofPeriod = (period: string, title: string, what: string): Panel =>
    stat(
      {
        title,
        description:
          `Total over IT energy of ${what}, each of the time in which both were measured. Unknown where nothing ` +
          'was.',
        unit: 'ratio',
        decimals: 3,
        width: 4,
        height: 4,
      },
      [energyTarget(newestValue({ ...pue, period }, 'value', 'PUE'))],
    );
  const ofPower = (field: string, title: string, description: string, unit: Unit, decimals: number): Panel =>
    stat({ title, description, unit, decimals, width: 4, height: 4 }, [
      minutesTarget(liveValue(ofSites, field, title)),
    ]);
  return [
    stat(
      {
        title: 'PUE, last 3 hours',
        description:
          'Total over IT energy of the last three hours: what can be called the PUE now. It swings with the weather ' +
          'and the hour; a target is for a year.',
        unit: 'ratio',
        decimals: 3,
        width: 4,
        height: 4,
      },
      [energyTarget(energy.ratioOfLast('3h', 'PUE'))],
    ),
    ofPeriod('24h', 'PUE, 24 hours', 'the last 24 hours'),
    ofPeriod('30d', 'PUE, 30 days', 'the last 30 local days'),
    ofPeriod('12mo', 'PUE, 12 months', 'the last 12 months, which is the figure that standards and targets mean'),
    ofPower(
      'total_w',
      'Total power',
      'Power of the whole site in the last minute; unknown while a point that it needs is silent.',
      'power',
      1,
    ),
    ofPower(
      'ratio',
      'Power ratio',
      'Total over IT power in the last minute. It is not a PUE, which is a ratio of energies.',
      'ratio',
      3,
    ),
  ];
}

function judgement(): Panel {
  const columns = { ...judgedColumns('PUE'), notation: 'Notation', category: 'Category' };
  const query = newestKpi({ ...pue, period: '24h|30d|12mo' }, columns);
  return table(
    {
      title: 'Against the target',
      description: `The collector’s verdict on each rolling period. ${MARGIN} With too little coverage there is no verdict.`,
      unit: 'text',
      width: 24,
      height: 5,
    },
    energyTarget(query, { format: 'table' }),
    { columns: ['period', ...Object.values(columns)], rules: judgedRules('PUE') },
  );
}

function rolling(): Panel {
  const query = kpiRows(
    { ...pue, period: '30d' },
    { lower: 'At least', value: 'PUE', upper: 'At most', target: 'Target' },
  );
  return lines(
    {
      title: 'PUE of 30 days',
      description: `PUE of the 30 local days that end on each day, with its margin of error and the target. ${MARGIN}`,
      unit: 'ratio',
      decimals: 3,
      width: 12,
      height: 9,
    },
    [energyTarget(query, { alias: '$col' })],
    {
      gapMs: energy.gapMs['1d'],
      rules: [
        { field: 'At most', color: 'light-blue', custom: { fillBelowTo: 'At least', fillOpacity: 15, lineWidth: 0 } },
        { field: 'At least', color: 'light-blue', custom: { lineWidth: 0 } },
        { field: 'PUE', color: 'blue', custom: { lineWidth: 2 } },
        { field: 'Target', color: 'red', custom: { lineStyle: { fill: 'dash', dash: [10, 10] } } },
      ],
    },
  );
}

function byDay(): Panel {
  return lines(
    {
      title: 'PUE by day',
      description: `Total over IT energy of each day, each of the time in which both were measured. ${energy.spans['1d']}`,
      unit: 'ratio',
      decimals: 3,
      width: 12,
      height: 9,
    },
    [
      energyTarget(energy.ratioRows('1d', 'PUE'), { alias: '$tag_site' }),
      energyTarget(kpiRows({ ...pue, period: '30d' }, { target: 'Target' }), { alias: 'Target' }),
    ],
    {
      gapMs: energy.gapMs['1d'],
      rules: [{ field: 'Target', color: 'red', custom: { lineStyle: { fill: 'dash', dash: [10, 10] } } }],
    },
  );
}

function byQuarter(): Panel {
  return lines(
    {
      title: 'PUE by quarter-hour',
      description:
        'Total over IT energy of each quarter-hour, each of the time in which both were measured. ' +
        energy.spans['15m'],
      unit: 'ratio',
      decimals: 3,
      width: 24,
      height: 7,
    },
    [energyTarget(energy.ratioRows('15m', 'PUE'), { alias: '$tag_site' })],
    { gapMs: energy.gapMs['15m'], isWithoutLegend: true },
  );
}
