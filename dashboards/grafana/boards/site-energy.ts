import type { Panel } from '@grafana/schema';
import { barGauge } from '../panels/bar-gauge.ts';
import { stat } from '../panels/stat.ts';
import { table } from '../panels/table.ts';
import { bars, lines } from '../panels/time-series.ts';
import * as energy from '../queries/energy.ts';
import { kpiRows, newestValue } from '../queries/kpi.ts';
import { ofSites } from '../queries/scope.ts';
import { energyTarget, type Target } from '../queries/target.ts';
import type { Unit } from '../units.ts';
import { energyColumns, energyRules } from './judged.ts';

/** Where a data centre's energy goes. */
export function energyPanels(): Panel[] {
  return [powers(), energies(), pointsOfPue(), energyOfParts()];
}

/** What it amounts to, in energy, money and emissions. */
export function costPanels(): Panel[] {
  return [...money(), months()];
}

const pue = { metric: 'pue', scope: ofSites } as const;

const parts = Object.keys(energy.overheadParts) as energy.OverheadPart[];

/** Each part with its own name, and the losses. */
function partTargets(ofPart: (part: energy.OverheadPart) => string, losses: string): Target[] {
  return [
    ...parts.map((part) => energyTarget(ofPart(part), { alias: energy.overheadParts[part] })),
    energyTarget(losses, { alias: energy.LOSSES }),
  ];
}

function powers(): Panel {
  const fields = {
    total: 'Total',
    it: 'IT',
    overhead_cooling: 'Cooling',
    overhead_lighting: 'Lighting',
    overhead_other: 'Other loads',
  };
  return lines(
    {
      title: 'Power by quarter-hour',
      description: `Mean power over the time in which each of these was measured. ${energy.spans['15m']}`,
      unit: 'power',
      width: 12,
      height: 9,
    },
    Object.entries(fields).map(([field, name]) => energyTarget(energy.powerRows('15m', field, name), { alias: name })),
    { gapMs: energy.gapMs['15m'] },
  );
}

function energies(): Panel {
  return bars(
    {
      title: 'Energy by day',
      description:
        'Where the energy of each day went, of the time in which total and IT were both measured. ' +
        `${energy.spans['1d']} Days on which a part that has a meter was measured for less than 90 % of that time ` +
        'are left out.',
      unit: 'energy',
      width: 12,
      height: 9,
    },
    [
      energyTarget(energy.itRows('1d', 'IT'), { alias: 'IT' }),
      ...partTargets((part) => energy.partRows('1d', part), energy.lossRows('1d')),
    ],
    { gapMs: energy.gapMs['1d'], isStacked: true },
  );
}

const OF_PARTS = `Sum of the time shown. ${energy.spans['1d']} A part without a meter has no bar, and stands among the losses.`;

function pointsOfPue(): Panel {
  return barGauge(
    {
      title: 'Overhead in PUE points',
      description:
        'What each part adds to the PUE above 1: its energy over the IT energy. Together they are PUE less 1. ' +
        OF_PARTS,
      unit: 'ratio',
      decimals: 3,
      width: 12,
      height: 7,
    },
    partTargets(energy.partPoints, energy.lossPoints()),
  );
}

function energyOfParts(): Panel {
  return barGauge(
    {
      title: 'Overhead in energy',
      description: `Energy that is used for anything but IT. ${OF_PARTS}`,
      unit: 'energy',
      width: 12,
      height: 7,
    },
    partTargets(energy.partEnergy, energy.lossEnergy()),
  );
}

function money(): Panel[] {
  const of = (field: string, title: string, description: string, unit: Unit): Panel =>
    stat({ title, description, unit, width: 4, height: 4 }, [
      energyTarget(newestValue({ ...pue, period: '30d' }, field, title)),
    ]);
  return [
    of(
      'total_wh',
      'Total, 30 days',
      'Energy of the site in the last 30 local days, as far as it was measured.',
      'energy',
    ),
    of('it_wh', 'IT, 30 days', 'IT energy in the last 30 local days, as far as it was measured.', 'energy'),
    of('overhead_wh', 'Overhead, 30 days', 'Total less IT energy, of the time in which both were measured.', 'energy'),
    of(
      'cost',
      'Cost, 30 days',
      'Cost of the measured energy by the tariff of the site file, in its currency. Unknown without a tariff.',
      'count',
    ),
    of(
      'emissions_t',
      'Emissions, 30 days',
      'Emissions of the energy supplied, by the site’s grid factor. Unknown without one.',
      'emissions',
    ),
  ];
}

function months(): Panel {
  const columns = {
    name: 'Month',
    ...energyColumns,
    cost: 'Cost',
    currency: 'Currency',
    emissions_t: 'Emissions',
    coverage: 'Coverage',
  };
  return table(
    {
      title: 'Months',
      description:
        'Calendar months of the site’s time zone that begin in the time shown. The present one goes on until it is ' +
        'over.',
      unit: 'text',
      width: 24,
      height: 8,
    },
    energyTarget(kpiRows({ ...pue, period: 'month' }, columns), { format: 'table' }),
    {
      columns: Object.values(columns),
      rules: [
        ...energyRules,
        { field: 'Cost', unit: 'count', decimals: 2 },
        { field: 'Emissions', unit: 'emissions', decimals: 2 },
        { field: 'Coverage', unit: 'share', decimals: 1 },
      ],
      sortBy: { column: 'Month', isDescending: true },
    },
  );
}
