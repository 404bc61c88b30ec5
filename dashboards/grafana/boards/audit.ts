import type { Dashboard, Panel } from '@grafana/schema';
import { correctionMarks } from '../annotations.ts';
import { dashboardOf } from '../dashboard.ts';
import { uids } from '../links.ts';
import { table } from '../panels/table.ts';
import { lines } from '../panels/time-series.ts';
import { corrections } from '../queries/health.ts';
import { kpiRows } from '../queries/kpi.ts';
import { ofSites } from '../queries/scope.ts';
import { energyTarget } from '../queries/target.ts';
import { groupVariable, influxSources, siteVariable } from '../variables.ts';
import { findingsTable } from './data-health.ts';
import { energyColumns, energyRules, judgedColumns, judgedRules, MARGIN } from './judged.ts';

/** What an auditor asks of months and years: the figures, what they rest on, and what was changed afterwards. */
export function auditBoard(): Dashboard {
  return dashboardOf({
    uid: uids.audit,
    title: 'Wattmark: audit',
    description: 'Months and years with their coverage, uncertainty and verdicts; corrections and findings.',
    from: 'now-1y',
    refresh: '1h',
    variables: [...influxSources, groupVariable(), siteVariable({ hasAll: true })],
    annotations: [correctionMarks(ofSites)],
    sections: [
      {
        title: 'Months and years',
        panels: [monthTrend(), periods('month', 'Months', 11), periods('year', 'Years', 6)],
      },
      { title: 'What the figures rest on', panels: [coverage(), correctionsTable(), findingsTable(ofSites, 24)] },
    ],
  });
}

const judged = { metric: 'pue|see', scope: ofSites } as const;

/** The longest month has 31 days and, where the clocks are set back, an hour. */
const MONTH_GAP_MS = 45 * 86_400_000;

function monthTrend(): Panel {
  const columns = { lower: 'At least', value: 'Figure', upper: 'At most', target: 'Target' };
  return lines(
    {
      title: 'Figures by month',
      description:
        'PUE (of a base station SEE) of each calendar month of the site’s time zone, with its margin and target. ' +
        MARGIN,
      unit: 'ratio',
      decimals: 3,
      width: 24,
      height: 9,
    },
    [energyTarget(kpiRows({ ...judged, period: 'month' }, columns), { alias: '$tag_site $col' })],
    { gapMs: MONTH_GAP_MS },
  );
}

function periods(period: 'month' | 'year', title: string, height: number): Panel {
  const columns = {
    name: 'Period',
    ...judgedColumns('Figure'),
    notation: 'Notation',
    category: 'Category',
    ...energyColumns,
  };
  return table(
    {
      title,
      description:
        `Calendar ${period}s of each site’s time zone that begin in the time shown; the present one goes on until ` +
        `it is over. ${MARGIN} Category is the level at which IT energy is measured (ISO/IEC 30134-2). The API ` +
        'explains each figure point by point.',
      unit: 'text',
      width: 24,
      height,
    },
    energyTarget(kpiRows({ ...judged, period }, columns), { format: 'table' }),
    {
      columns: ['site', ...Object.values(columns)],
      rules: [...judgedRules('Figure'), ...energyRules],
      sortBy: { column: 'Period', isDescending: true },
    },
  );
}

function coverage(): Panel {
  return lines(
    {
      title: 'Coverage by month',
      description:
        'Share of each calendar month in which total and IT were both measured; of the present one, of what is over of it. ' +
        'Below 90 %, or what the site file says, there is no verdict.',
      unit: 'share',
      decimals: 1,
      width: 24,
      height: 7,
    },
    [energyTarget(kpiRows({ ...judged, period: 'month' }, { coverage: 'Coverage' }), { alias: '$tag_site' })],
    { gapMs: MONTH_GAP_MS },
  );
}

function correctionsTable(): Panel {
  return table(
    {
      title: 'Corrections',
      description:
        'What was corrected afterwards, by whom and why, by the time when it was put on record. Older figures stay ' +
        'readable in the API (asOf).',
      unit: 'text',
      width: 24,
      height: 8,
    },
    energyTarget(corrections(ofSites), { format: 'table' }),
    {
      columns: ['Time', 'site', 'Kind', 'Point', 'Correction', 'By', 'Reason', 'Id'],
      sortBy: { column: 'Time', isDescending: true },
    },
  );
}
