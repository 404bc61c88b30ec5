import type { Channel } from '@wattmark/shared/channels';

/** A metric of a well-known exporter, and what it is. */
export interface KnownSeries {
  readonly exporter: string;
  readonly metric: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly channel: Channel;
  readonly unit: string;
  /** What the measured thing is called in a point's id. */
  readonly point: string;
  /** Labels that tell several such things apart. */
  readonly each: readonly string[];
  readonly note?: string;
}

/** Where exporters listen by default: node, IPMI, Kepler, NVIDIA DCGM. */
export const knownPorts = [9100, 9290, 28282, 9400] as const;

const part = 'what a processor or a GPU says of itself is a part of its machine: give such a point no role';
const rapl =
  'RAPL counters begin at 0 again: say wraps, which is max_energy_range_uj below /sys/class/powercap, divided by 1e6';
const each = ['chip', 'sensor'];

const node = { exporter: 'node_exporter', channel: 'power', unit: 'W', point: 'hwmon', each } as const;
const ipmi = { exporter: 'ipmi_exporter', channel: 'power', unit: 'W', point: 'bmc' } as const;
const kepler = { exporter: 'Kepler', point: 'platform' } as const;
const dcgm = { exporter: 'DCGM exporter', point: 'gpu', each: ['gpu'], note: part } as const;

/**
 * What discovery knows. The names are those of the projects' own documents: node_exporter 1.5 (seen), ipmi_exporter 1.6
 * (seen), Kepler (docs/user/metrics.md), and Kepler up to 0.9 for the joules of the platform; dcgm-exporter
 * (etc/default-counters.csv).
 */
export const knownSeries: readonly KnownSeries[] = [
  { ...node, metric: 'node_hwmon_power_average_watt' },
  { ...node, metric: 'node_hwmon_power_watt' },
  {
    exporter: 'node_exporter',
    metric: 'node_rapl_package_joules_total',
    channel: 'energy',
    unit: 'J',
    point: 'cpu',
    each: [],
    note: `${part}; ${rapl}`,
  },
  { ...ipmi, metric: 'ipmi_dcmi_power_consumption_watts', each: [] },
  { ...kepler, metric: 'kepler_platform_watts', channel: 'power', unit: 'W', each: ['chassis_id', 'power_control_id'] },
  { ...kepler, metric: 'kepler_node_platform_joules_total', channel: 'energy', unit: 'J', each: [] },
  {
    ...kepler,
    metric: 'kepler_node_cpu_joules_total',
    labels: { zone: 'package' },
    channel: 'energy',
    unit: 'J',
    point: 'cpu',
    each: [],
    note: part,
  },
  { ...dcgm, metric: 'DCGM_FI_DEV_POWER_USAGE', channel: 'power', unit: 'W' },
  { ...dcgm, metric: 'DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION', channel: 'energy', unit: 'mJ' },
];
