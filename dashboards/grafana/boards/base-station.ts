import type { Dashboard, Panel } from '@grafana/schema';
import { correctionMarks } from '../annotations.ts';
import { dashboardOf } from '../dashboard.ts';
import { uids } from '../links.ts';
import { pie } from '../panels/pie.ts';
import { stat } from '../panels/stat.ts';
import { table } from '../panels/table.ts';
import { bars, lines } from '../panels/time-series.ts';
import { fieldRows, gapMs, reciprocalRows, roleEnergy, runningHours, spans } from '../queries/energy.ts';
import { channelRows, liveRows } from '../queries/health.ts';
import { kpiRows, newestKpi, newestValue } from '../queries/kpi.ts';
import { ofSites } from '../queries/scope.ts';
import { energyTarget, minutesTarget } from '../queries/target.ts';
import { groupVariable, influxSources, siteVariable } from '../variables.ts';
import { dataHealth } from './data-health.ts';
import { judgedColumns, judgedRules, MARGIN } from './judged.ts';

/** One 5G base station: SEE, energy per day against the baseline, where the energy comes from, battery and rectifier. */
export function baseStationBoard(): Dashboard {
  return dashboardOf({
    uid: uids.baseStation,
    title: 'Wattmark: base station',
    description: 'A base station’s SEE, its energy per day against the baseline, its supply, battery and rectifier.',
    from: 'now-30d',
    refresh: '5m',
    variables: [...influxSources, groupVariable(), siteVariable({ kind: 'base-station', hasAll: false })],
    annotations: [correctionMarks(ofSites)],
    sections: [
      {
        title: '$site: SEE and energy per day',
        repeat: 'site',
        panels: [...figures(), judgement(), seeByDay(), energyByDay()],
      },
      {
        title: '$site: supply, battery and rectifier',
        repeat: 'site',
        panels: [supplyMix(), supplyByDay(), generatorHours(), battery(), charge(), rectifier()],
      },
      { title: '$site: data health', repeat: 'site', panels: dataHealth('see') },
    ],
  });
}

const see = { metric: 'see', scope: ofSites } as const;
const SEE = 'SEE is telecom over total energy, each of the time in which both were measured; greater is better.';

function figures(): Panel[] {
  const seeOf = (period: string, title: string): Panel =>
    stat({ title, description: SEE, unit: 'ratio', decimals: 3, width: 4, height: 4 }, [
      energyTarget(newestValue({ ...see, period }, 'value', 'SEE')),
    ]);
  const perDay = (field: string, title: string, description: string): Panel =>
    stat({ title, description, unit: 'energyPerDay', decimals: 1, width: 6, height: 4 }, [
      energyTarget(newestValue({ ...see, period: '30d' }, field, title)),
    ]);
  return [
    seeOf('24h', 'SEE, 24 hours'),
    seeOf('30d', 'SEE, 30 days'),
    seeOf('12mo', 'SEE, 12 months'),
    perDay(
      'kwh_per_day',
      'Per day, 30 days',
      'Total energy per day, of the last 30 local days. Unknown without a baseline in the site file.',
    ),
    perDay(
      'baseline_kwh_per_day',
      'Per day before',
      'The baseline of the site file, such as the mean of 2019, with which it is compared.',
    ),
  ];
}

function judgement(): Panel {
  const columns = judgedColumns('SEE');
  return table(
    {
      title: 'Against the target',
      description: `The collector’s verdict on each rolling period. ${MARGIN} With too little coverage there is no verdict.`,
      unit: 'text',
      width: 24,
      height: 5,
    },
    energyTarget(newestKpi({ ...see, period: '24h|30d|12mo' }, columns), { format: 'table' }),
    { columns: ['period', ...Object.values(columns)], rules: judgedRules('SEE') },
  );
}

function seeByDay(): Panel {
  return lines(
    { title: 'SEE by day', description: `${SEE} ${spans['1d']}`, unit: 'ratio', decimals: 3, width: 12, height: 8 },
    [energyTarget(reciprocalRows('1d', 'SEE'), { alias: '$tag_site' })],
    { gapMs: gapMs['1d'], isWithoutLegend: true },
  );
}

function energyByDay(): Panel {
  const baseline = kpiRows(
    { ...see, period: '30d' },
    { kwh_per_day: 'Per day, of 30 days', baseline_kwh_per_day: 'Before' },
  );
  return lines(
    {
      title: 'Energy per day against the baseline',
      description: 'Total energy per day of the 30 local days that end on each day, and the baseline of the site file.',
      unit: 'energyPerDay',
      width: 12,
      height: 8,
    },
    [energyTarget(baseline, { alias: '$col' })],
    {
      gapMs: gapMs['1d'],
      rules: [{ field: 'Before', color: 'text', custom: { lineStyle: { fill: 'dash', dash: [10, 10] } } }],
    },
  );
}

const supplies = { utility: 'Utility', generator: 'Generator', solar: 'Solar' } as const;

function supplyMix(): Panel {
  return pie(
    {
      title: 'Supply mix',
      description: `Energy that came in through each kind of supply. ${spans['1d']} A supply without a meter is not shown.`,
      unit: 'energy',
      width: 6,
      height: 8,
    },
    Object.entries(supplies).map(([role, name]) => energyTarget(roleEnergy(role, name), { alias: name })),
  );
}

function supplyByDay(): Panel {
  return bars(
    {
      title: 'Supply by day',
      description: `Energy that came in through each kind of supply, day by day. ${spans['1d']}`,
      unit: 'energy',
      width: 12,
      height: 8,
    },
    Object.entries(supplies).map(([role, name]) =>
      energyTarget(fieldRows('1d', `role_${role}_wh`, name), { alias: name }),
    ),
    { gapMs: gapMs['1d'], isStacked: true },
  );
}

function generatorHours(): Panel {
  return stat(
    {
      title: 'Generator, last 7 days',
      description:
        'Quarter-hours of the last 7 days in which the generator gave energy, as hours. Unknown where it gave none, ' +
        'or has no meter.',
      unit: 'hours',
      decimals: 2,
      width: 6,
      height: 8,
    },
    [energyTarget(runningHours('generator'))],
  );
}

function battery(): Panel {
  return lines(
    {
      title: 'Power of battery and supply',
      description:
        'Mean power of each minute or longer, in the last 2 days of the time shown: a battery draws while it is ' +
        'charged, and is negative while it carries the load.',
      unit: 'power',
      width: 8,
      height: 8,
    },
    Object.entries({ battery: 'Battery', utility: 'Utility', solar: 'Solar', generator: 'Generator' }).map(
      ([role, name]) => minutesTarget(liveRows(ofSites, `mean("role_${role}_w")`), { alias: name }),
    ),
    { interval: '1m' },
  );
}

function charge(): Panel {
  return lines(
    {
      title: 'Charge of the battery',
      description: 'State of charge as the battery’s own monitor says it, in the last 2 days of the time shown.',
      unit: 'percent',
      width: 8,
      height: 8,
    },
    [minutesTarget(channelRows(ofSites, 'charge'), { alias: '$tag_point' })],
    { interval: '1m' },
  );
}

function rectifier(): Panel {
  return lines(
    {
      title: 'Rectifier and telecom load by day',
      description: `Energy at the points of these roles. ${spans['1d']}`,
      unit: 'energy',
      width: 8,
      height: 8,
    },
    Object.entries({ rectifier: 'Rectifier', telecom: 'Telecom' }).map(([role, name]) =>
      energyTarget(fieldRows('1d', `role_${role}_wh`, name), { alias: name }),
    ),
    { gapMs: gapMs['1d'] },
  );
}
