import type { Dashboard, Panel } from '@grafana/schema';
import { dashboardOf } from '../dashboard.ts';
import { uids } from '../links.ts';
import { stat } from '../panels/stat.ts';
import { mergedTable } from '../panels/table.ts';
import { lines } from '../panels/time-series.ts';
import { agentIncrease, ofSites, rateOf } from '../queries/prometheus.ts';
import { prometheusTarget } from '../queries/target.ts';
import type { Unit } from '../units.ts';
import { labelVariable, prometheusSource } from '../variables.ts';
import { upMappings } from '../verdicts.ts';

/** Whether the measuring itself works, from the metrics that the collector serves. */
export function collectorPrometheusBoard(): Dashboard {
  return dashboardOf({
    uid: uids.collectorPrometheus,
    title: 'Wattmark: collector and agents (Prometheus)',
    description:
      'Whether the measuring itself works: what comes in, what is rejected or lost, what waits, and how the agents ' +
      'do.',
    from: 'now-6h',
    refresh: '30s',
    variables: [
      prometheusSource,
      labelVariable('group', 'Group', 'wattmark_agent_last_seen_timestamp_seconds'),
      labelVariable('site', 'Site', 'wattmark_agent_last_seen_timestamp_seconds{group=~"$group"}'),
    ],
    sections: [
      { title: 'Collector', panels: [...state(), ...collectorCharts.map(chart)] },
      { title: 'Agents', panels: [...agentCharts.map(chart), agentTable()] },
    ],
  });
}

function state(): Panel[] {
  const one = (title: string, description: string, expr: string, unit: Unit, alarmFrom?: number): Panel =>
    stat(
      { title, description, unit, decimals: 0, width: 4, height: 4 },
      [prometheusTarget(expr, title)],
      alarmFrom === undefined ? {} : { alarmFrom },
    );
  return [
    one(
      'Healthy',
      '1 where every collector can write its log and its store and reaches the broker, else 0.',
      'min(wattmark_healthy)',
      'count',
    ),
    one(
      'Waiting for the store',
      'Batches that wait to be written; grows where a store cannot keep up.',
      'sum(wattmark_store_waiting_batches)',
      'count',
    ),
    one(
      'Waiting for mirrors',
      'Bytes queued on disk for all mirrors together.',
      'sum(wattmark_mirror_queue_bytes)',
      'bytes',
    ),
    one(
      'Mirrors behind',
      'How far the slowest mirror is behind the store.',
      'max(wattmark_mirror_behind_seconds)',
      'seconds',
    ),
    one(
      'Lost to mirrors',
      'Lines that no mirror will get: dropped where a queue was full, or refused by the server; since the start.',
      'sum(wattmark_mirror_dropped_lines_total) + sum(wattmark_mirror_rejected_lines_total)',
      'count',
      1,
    ),
    one(
      'Agents offline',
      'Agents of the sites chosen that are known to be offline.',
      `sum(1 - wattmark_agent_up{${ofSites}})`,
      'count',
      1,
    ),
  ];
}

interface Chart {
  readonly title: string;
  readonly description: string;
  readonly unit: Unit;
  readonly width: number;
  /** Names of the lines, which may hold labels, and what is asked for them. */
  readonly series: Readonly<Record<string, string>>;
}

function chart({ title, description, unit, width, series }: Chart): Panel {
  return lines(
    { title, description, unit, width, height: 7 },
    Object.entries(series).map(([name, expr]) => prometheusTarget(expr, name)),
  );
}

/** Node's and the process's metrics of the collectors alone, among all that a Prometheus scrapes. */
const ofCollectors = 'and on (job, instance) wattmark_healthy';

const collectorCharts: readonly Chart[] = [
  {
    title: 'What comes in',
    description: 'Readings accepted and messages received, by second.',
    unit: 'perSecond',
    width: 12,
    series: { Readings: rateOf('wattmark_readings_total'), Messages: rateOf('wattmark_messages_total') },
  },
  {
    title: 'What is rejected, by reason',
    description: 'Messages and readings that could not be used, by second. The contract says what each reason means.',
    unit: 'perSecond',
    width: 12,
    series: { '{{reason}}': `sum by (reason) (${rateOf('wattmark_rejected_total')})` },
  },
  {
    title: 'What does not count',
    description:
      'Duplicates, readings that are too late or from the future, and those of a point that another agent owns; by ' +
      'second.',
    unit: 'perSecond',
    width: 12,
    series: {
      Duplicates: rateOf('wattmark_duplicate_messages_total'),
      Late: rateOf('wattmark_late_readings_total'),
      Ahead: rateOf('wattmark_ahead_readings_total'),
      Conflicting: rateOf('wattmark_conflicting_readings_total'),
    },
  },
  {
    title: 'Memory',
    description: 'Memory that each collector holds, and the part of it that is its heap.',
    unit: 'bytes',
    width: 12,
    series: {
      '{{instance}} resident': `process_resident_memory_bytes ${ofCollectors}`,
      '{{instance}} heap': `nodejs_heap_size_used_bytes ${ofCollectors}`,
    },
  },
];

const agentCharts: readonly Chart[] = [
  {
    title: 'Silent for',
    description: 'Time since the last message of each agent.',
    unit: 'seconds',
    width: 8,
    series: { '{{site}}/{{agent}}': `time() - wattmark_agent_last_seen_timestamp_seconds{${ofSites}}` },
  },
  {
    title: 'Spool',
    description: 'Messages that each agent has not got acknowledged.',
    unit: 'count',
    width: 8,
    series: { '{{site}}/{{agent}}': `wattmark_agent_spool_messages{${ofSites}}` },
  },
  {
    title: 'Sources that fail',
    description: 'Instruments of each agent that give no readings.',
    unit: 'count',
    width: 8,
    series: { '{{site}}/{{agent}}': `wattmark_agent_failing_sources{${ofSites}}` },
  },
  {
    title: 'Lost',
    description: 'Messages that each agent lost at the limits of its spool, by bucket.',
    unit: 'count',
    width: 8,
    series: { '{{site}}/{{agent}}': agentIncrease('wattmark_agent_lost_messages_total') },
  },
  {
    title: 'Rejected',
    description: 'Messages and readings of each agent that were rejected, by bucket.',
    unit: 'count',
    width: 8,
    series: { '{{site}}/{{agent}}': agentIncrease('wattmark_agent_rejected_total') },
  },
  {
    title: 'Clock skew',
    description: 'Arrival less the message’s own time; a steady one is a clock that is wrong, or a slow network.',
    unit: 'seconds',
    width: 8,
    series: { '{{site}}/{{agent}}': `wattmark_agent_clock_skew_seconds{${ofSites}}` },
  },
];

function agentTable(): Panel {
  const of = (metric: string): string => `max by (group, site, agent) (${metric}{${ofSites}})`;
  const columns = {
    State: of('wattmark_agent_up'),
    'Silent for': `time() - ${of('wattmark_agent_last_seen_timestamp_seconds')}`,
    Spool: of('wattmark_agent_spool_messages'),
    'Failing sources': of('wattmark_agent_failing_sources'),
    Lost: of('wattmark_agent_lost_messages_total'),
    Rejected: of('wattmark_agent_rejected_total'),
    Duplicates: of('wattmark_agent_duplicate_messages_total'),
    'Clock skew': of('wattmark_agent_clock_skew_seconds'),
  };
  return mergedTable(
    {
      title: 'Agents',
      description: 'Each agent as it is now, and counts since it began.',
      unit: 'count',
      width: 24,
      height: 10,
    },
    ['site', 'agent', 'group'],
    Object.fromEntries(Object.entries(columns).map(([name, expr]) => [name, prometheusTarget(expr, name, true)])),
    {
      rules: [
        { field: 'State', mappings: upMappings },
        { field: 'Silent for', unit: 'seconds', decimals: 0 },
        { field: 'Clock skew', unit: 'seconds', decimals: 1 },
      ],
      sortBy: { column: 'State' },
    },
  );
}
