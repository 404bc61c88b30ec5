import type { Dashboard, Panel } from '@grafana/schema';
import { dashboardOf } from '../dashboard.ts';
import { uids } from '../links.ts';
import { stat } from '../panels/stat.ts';
import { lines } from '../panels/time-series.ts';
import { agentRows, collectorRows, collectorValue, offlineAgents } from '../queries/health.ts';
import { ofSites } from '../queries/scope.ts';
import { minutesTarget } from '../queries/target.ts';
import type { Unit } from '../units.ts';
import { groupVariable, influxSources, siteVariable } from '../variables.ts';
import { agentsTable } from './data-health.ts';

/** Whether the measuring itself works: collector, agents, mirrors. */
export function collectorBoard(): Dashboard {
  return dashboardOf({
    uid: uids.collector,
    title: 'Wattmark: collector and agents',
    description:
      'Whether the measuring itself works: what comes in, what is rejected or lost, what waits, and how the agents ' +
      'do.',
    from: 'now-6h',
    refresh: '1m',
    variables: [...influxSources, groupVariable(), siteVariable({ hasAll: true })],
    sections: [
      { title: 'Collector', panels: [...state(), ...flow()] },
      { title: 'Agents', panels: [...agentLines(), agentsTable(ofSites, 24)] },
    ],
  });
}

const SPAN = 'The last 2 days of the time shown.';

/** The newest value of a figure that the collector writes every minute. */
function newest(field: string, title: string, description: string, unit: Unit, alarmFrom?: number): Panel {
  return stat(
    { title, description, unit, decimals: 0, width: 4, height: 4 },
    [minutesTarget(collectorValue(field, title), { alias: '$tag_collector' })],
    alarmFrom === undefined ? {} : { alarmFrom },
  );
}

function state(): Panel[] {
  const offline = stat(
    {
      title: 'Agents offline',
      description: 'Agents of the sites chosen that are known to be offline, at the end of the time shown.',
      unit: 'count',
      decimals: 0,
      width: 4,
      height: 4,
    },
    [minutesTarget(offlineAgents(ofSites))],
    { alarmFrom: 1 },
  );
  return [
    newest(
      'healthy',
      'Healthy',
      '1 where the collector can write its log and its store and reaches the broker, else 0.',
      'count',
    ),
    newest(
      'store_waiting_batches',
      'Waiting for the store',
      'Batches that wait to be written; grows where the store cannot keep up.',
      'count',
    ),
    newest('mirror_queue_bytes', 'Waiting for mirrors', 'Bytes queued on disk for all mirrors together.', 'bytes'),
    newest('mirror_behind_ms', 'Mirrors behind', 'How far the slowest mirror is behind the store.', 'duration'),
    newest(
      'mirror_dropped',
      'Lost to mirrors',
      'Lines that a mirror will not get because its queue was full; since the start.',
      'count',
      1,
    ),
    offline,
  ];
}

interface Chart {
  readonly title: string;
  readonly description: string;
  readonly unit: Unit;
  /** Names of the lines and what is selected for them. */
  readonly series: Readonly<Record<string, string>>;
}

function flow(): Panel[] {
  const perSecond = (field: string): string => `non_negative_derivative(last("${field}"), 1s)`;
  const charts: readonly Chart[] = [
    {
      title: 'What comes in',
      description: `Readings accepted and messages received. ${SPAN}`,
      unit: 'perSecond',
      series: { Readings: perSecond('readings'), Messages: perSecond('messages') },
    },
    {
      title: 'What is not taken',
      description: `Rejected, duplicate, late, from the future, of a point that another agent owns; by second. ${SPAN}`,
      unit: 'perSecond',
      series: {
        Rejected: perSecond('rejected'),
        Duplicates: perSecond('duplicate_messages'),
        Late: perSecond('late_readings'),
        Ahead: perSecond('ahead_readings'),
        Conflicting: perSecond('conflicting_readings'),
      },
    },
    {
      title: 'What waits for mirrors',
      description: `Bytes queued on disk for all mirrors together. ${SPAN}`,
      unit: 'bytes',
      series: { Queue: 'max("mirror_queue_bytes")' },
    },
    {
      title: 'Memory',
      description: `Memory that the collector holds, and the part of it that is its heap. ${SPAN}`,
      unit: 'bytes',
      series: { 'Resident memory': 'max("rss_bytes")', Heap: 'max("heap_bytes")' },
    },
  ];
  return charts.map(({ title, description, unit, series }) =>
    lines(
      { title, description, unit, width: 12, height: 7 },
      Object.entries(series).map(([name, selector]) =>
        minutesTarget(collectorRows(selector), { alias: `$tag_collector ${name}` }),
      ),
      { interval: '1m' },
    ),
  );
}

function agentLines(): Panel[] {
  const charts = [
    ['Silent for', 'Time since the last message of each agent.', 'duration', 'max("lag_ms")'],
    ['Spool', 'Messages that each agent has not got acknowledged.', 'count', 'max("spool_depth")'],
    [
      'Lost',
      'Messages that each agent lost at the limits of its spool, by bucket.',
      'count',
      'non_negative_difference(last("lost"))',
    ],
    [
      'Rejected',
      'Messages and readings of each agent that were rejected, by bucket.',
      'count',
      'non_negative_difference(last("rejected"))',
    ],
    [
      'Clock skew',
      'Arrival less the message’s own time; a steady one is a clock that is wrong, or a slow network.',
      'duration',
      'max("clock_skew_ms")',
    ],
  ] as const;
  return charts.map(([title, description, unit, selector], index) => {
    const width = index < 3 ? 8 : 12;
    return lines(
      { title, description: `${description} ${SPAN}`, unit, width, height: 7 },
      [minutesTarget(agentRows(ofSites, selector), { alias: '$tag_site/$tag_agent' })],
      { interval: '1m' },
    );
  });
}
