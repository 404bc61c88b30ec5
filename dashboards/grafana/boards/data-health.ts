import type { Panel } from '@grafana/schema';
import { lines } from '../panels/time-series.ts';
import { stat } from '../panels/stat.ts';
import { table } from '../panels/table.ts';
import { coverageRows, gapMs, spans } from '../queries/energy.ts';
import { agents, findings, liveRows } from '../queries/health.ts';
import { newestValue } from '../queries/kpi.ts';
import { ofSites, type Scope } from '../queries/scope.ts';
import { energyTarget, minutesTarget } from '../queries/target.ts';
import { bars } from '../panels/time-series.ts';
import { upMappings } from '../verdicts.ts';

/** What a site's figures rest on: coverage, estimates, silent points, agents, findings. */
export function dataHealth(metric: 'pue' | 'see'): readonly Panel[] {
  return [
    shareStat(
      metric,
      'coverage',
      'Coverage, 30 days',
      'Share of the last 30 days in which total and IT were both measured.',
    ),
    shareStat(
      metric,
      'estimated_share',
      'Estimated, 30 days',
      'Share of the measured time whose profile is estimated, because a register bridged a gap.',
    ),
    bars(
      {
        title: 'Coverage by day',
        description:
          `Share of each day in which total and IT were both measured. ${spans['1d']} A day without a bar has no ` +
          'data at all.',
        unit: 'share',
        width: 10,
        height: 6,
      },
      [energyTarget(coverageRows('1d', 'Coverage'), { alias: 'Coverage' })],
      { gapMs: gapMs['1d'], isWithoutLegend: true },
    ),
    lines(
      {
        title: 'Silent points',
        description:
          'Counted points that have been silent for three of their intervals, in the last 2 days of the time shown.',
        unit: 'count',
        width: 6,
        height: 6,
      },
      [minutesTarget(liveRows(ofSites, 'max("stale_points")'), { alias: 'Silent points' })],
      { interval: '1m', isWithoutLegend: true },
    ),
    agentsTable(ofSites, 12),
    findingsTable(ofSites, 12),
  ];
}

/** Agents as they are at the end of the time shown. */
export function agentsTable(scope: Scope, width: number): Panel {
  const columns = [
    'site',
    'agent',
    'State',
    'Silent for',
    'Spool',
    'Lost',
    'Rejected',
    'Duplicates',
    'Clock skew',
    'Software',
  ];
  const text = {
    title: 'Agents',
    description:
      'Each agent at the end of the time shown: whether it is online, how far behind its newest message is, ' +
      'messages that wait in its spool, and counts since it began.',
    unit: 'count',
    width,
    height: 9,
  } as const;
  return table(text, minutesTarget(agents(scope), { format: 'table' }), {
    columns,
    rules: [
      { field: 'State', mappings: upMappings, width: 80 },
      { field: 'Silent for', unit: 'duration', decimals: 0 },
      { field: 'Clock skew', unit: 'duration', decimals: 0 },
    ],
    sortBy: { column: 'State' },
  });
}

/** Findings that began in the time shown. */
export function findingsTable(scope: Scope, width: number): Panel {
  const columns = ['Time', 'site', 'severity', 'kind', 'point', 'State', 'Finding', 'Until'];
  const text = {
    title: 'Findings',
    description:
      'What the collector’s checks found wrong with the measurement and began in the time shown. An error falsifies ' +
      'figures; the auditor’s page says what each kind means.',
    unit: 'text',
    width,
    height: 9,
  } as const;
  return table(text, energyTarget(findings(scope), { format: 'table' }), {
    columns,
    rules: [
      { field: 'Until', unit: 'time' },
      { field: 'Finding', width: 420 },
    ],
    sortBy: { column: 'Time', isDescending: true },
  });
}

function shareStat(metric: 'pue' | 'see', field: string, title: string, description: string): Panel {
  const query = newestValue({ metric, period: '30d', scope: ofSites }, field, title);
  return stat({ title, description, unit: 'share', decimals: 1, width: 4, height: 6 }, [energyTarget(query)]);
}
