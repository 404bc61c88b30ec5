import { boundaries } from '../../../collector/src/kpi/boundaries.ts';

/** The end of the time that the tests show. */
export const NOW_MS = Date.UTC(2026, 9, 28, 6, 40);

export const QUARTER_MS = 900_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

/** Quarter-hours before the end: 40 days, in which Berlin sets its clocks back. */
const QUARTERS = 40 * 96;
const FIRST_MS = Math.floor(NOW_MS / QUARTER_MS) * QUARTER_MS - QUARTERS * QUARTER_MS;

export const parts = ['cooling', 'lighting', 'other'] as const;
export type Part = (typeof parts)[number];

/** Energy and the time for which it is measured. */
export interface Measured {
  readonly wh: number;
  readonly ms: number;
}

/** A quarter-hour or a local day of a site, in the words of the test: nothing here comes from the collector's own sums. */
export interface Interval {
  readonly startMs: number;
  readonly endMs: number;
  readonly total: Measured | null;
  readonly it: Measured | null;
  readonly paired: { readonly totalWh: number; readonly itWh: number; readonly ms: number };
  readonly overhead: Readonly<Record<Part, Measured>>;
  readonly roleWh: Readonly<Record<string, number>>;
}

/** A judged figure of a period; null where it is unknown. */
export interface Kpi {
  readonly metric: 'pue' | 'see';
  readonly period: '24h' | '30d' | '12mo' | 'month' | 'year';
  readonly timeMs: number;
  readonly fields: Readonly<Record<string, number | string | null>>;
}

/** Something that is written every minute. */
export interface Minute {
  readonly timeMs: number;
  readonly fields: Readonly<Record<string, number | string | null>>;
}

export interface FleetSite {
  readonly group: string;
  readonly site: string;
  readonly kind: 'data-centre' | 'base-station';
  readonly timezone: string;
  readonly quarters: readonly Interval[];
  readonly days: readonly Interval[];
  readonly kpis: readonly Kpi[];
  readonly live: readonly Minute[];
  readonly agents: Readonly<Record<string, readonly Minute[]>>;
  readonly charge: readonly Minute[];
}

interface Plan {
  readonly group: string;
  readonly site: string;
  readonly kind?: 'base-station';
  readonly timezone?: string;
  readonly metered?: readonly Part[];
  /** What is wrong with a quarter-hour, by its number. */
  readonly trouble?: (
    quarter: number,
  ) => 'missing' | 'it-unknown' | 'it-zero' | 'it-above-total' | 'cooling-unknown' | null;
}

const lastQuarters = (count: number) => (quarter: number) => quarter >= QUARTERS - count;

/** Names that are prefixes of each other, words of InfluxQL, numbers, and as long as a name may be. */
const plans: readonly Plan[] = [
  {
    group: 'default',
    site: 'dc-1',
    timezone: 'Asia/Shanghai',
    metered: ['cooling', 'lighting'],
    trouble: (quarter) => {
      if (quarter >= 20 * 96 && quarter < 22 * 96) return 'missing';
      if (quarter >= 30 * 96 && quarter < 30 * 96 + 30) return 'it-unknown';
      if (quarter >= 36 * 96 && quarter < 37 * 96) return 'cooling-unknown';
      return quarter >= 38 * 96 && quarter < 38 * 96 + 3 ? 'missing' : null;
    },
  },
  {
    group: 'default',
    site: 'dc-10',
    timezone: 'Europe/Berlin',
    trouble: (quarter) => (lastQuarters(14)(quarter) ? 'it-above-total' : null),
  },
  { group: 'default', site: 'dc-1-b', timezone: 'America/St_Johns', metered: ['cooling', 'other'] },
  { group: 'north', site: '1', trouble: (quarter) => (lastQuarters(30)(quarter) ? 'it-zero' : null) },
  { group: 'a--b', site: 'select', metered: ['cooling', 'lighting', 'other'] },
  {
    group: 'a--b',
    site: `x${'y-'.repeat(30)}zz`,
    trouble: (quarter) => (lastQuarters(40)(quarter) ? 'missing' : null),
  },
  { group: 'default', site: 'bs-1', kind: 'base-station', timezone: 'Asia/Shanghai', metered: ['cooling'] },
  { group: 'north', site: 'group', kind: 'base-station', metered: ['other'] },
];

/** The same fleet every time. */
export const fleet: readonly FleetSite[] = plans.map(siteOf);

/** What the collector says of itself, every minute of the last three hours. */
export const collectorMinutes: readonly Minute[] = minutes(180, (minute) => ({
  healthy: 1,
  readings: minute * 6000,
  messages: minute * 60 + (minute > 100 ? 30 : 0),
  rejected: Math.floor(minute / 10),
  duplicate_messages: Math.floor(minute / 7),
  late_readings: 0,
  ahead_readings: 0,
  conflicting_readings: minute > 90 ? 12 : 0,
  store_waiting_batches: minute % 4,
  mirror_queue_bytes: minute * 1000,
  mirror_behind_ms: minute * 10,
  mirror_dropped: minute > 170 ? 5 : 0,
  rss_bytes: 200e6 + minute,
  heap_bytes: 90e6 + minute,
}));

function siteOf(plan: Plan, index: number): FleetSite {
  const { group, site, kind = 'data-centre', timezone = 'UTC' } = plan;
  const quarters = Array.from({ length: QUARTERS }, (_, quarter) => quarterOf(plan, index, quarter)).filter(
    (interval) => interval !== null,
  );
  const metric = kind === 'data-centre' ? 'pue' : 'see';
  return {
    group,
    site,
    kind,
    timezone,
    quarters,
    days: daysOf(quarters, timezone),
    kpis: kpisOf(metric, index),
    live: liveOf(kind, index),
    agents: agentsOf(index),
    charge:
      kind === 'base-station'
        ? minutes(120, (minute) => ({ mean: 80 + (minute % 5), min: 80, max: 85, samples: 6 }))
        : [],
  };
}

function quarterOf({ kind, metered = [], trouble }: Plan, index: number, quarter: number): Interval | null {
  const problem = trouble?.(quarter) ?? null;
  if (problem === 'missing') return null;
  const startMs = FIRST_MS + quarter * QUARTER_MS;
  const swing = Math.sin((quarter / 96) * 2 * Math.PI);
  const itWh = problem === 'it-zero' ? 0 : 2000 + 300 * index + 150 * swing;
  const partWh: Record<Part, number> = { cooling: 380 + 60 * swing, lighting: 12, other: 31.5 + index };
  const isTooMuch = problem === 'it-above-total';
  const totalWh = isTooMuch
    ? 0.97 * itWh
    : itWh + partWh.cooling + partWh.lighting + partWh.other + 77 + 3 * (quarter % 5);
  const isPaired = problem !== 'it-unknown';
  const part = (name: Part): Measured => {
    const isMeasured = metered.includes(name) && !(name === 'cooling' && problem === 'cooling-unknown');
    return isMeasured ? { wh: partWh[name], ms: QUARTER_MS } : { wh: 0, ms: 0 };
  };
  return {
    startMs,
    endMs: startMs + QUARTER_MS,
    total: { wh: totalWh, ms: QUARTER_MS },
    it: isPaired ? { wh: itWh, ms: QUARTER_MS } : null,
    paired: isPaired ? { totalWh, itWh, ms: QUARTER_MS } : { totalWh: 0, itWh: 0, ms: 0 },
    overhead: { cooling: part('cooling'), lighting: part('lighting'), other: part('other') },
    roleWh:
      kind === 'base-station'
        ? {
            utility: 0.7 * totalWh,
            solar: 0.2 * totalWh,
            // Runs in the evening.
            generator: quarter % 96 > 80 ? 0.1 * totalWh : 0,
            telecom: itWh,
            rectifier: 1.04 * itWh,
          }
        : { utility: totalWh, it: itWh },
  };
}

/** The local days that are over, each the sum of its quarter-hours; none where it has none. */
function daysOf(quarters: readonly Interval[], timezone: string): Interval[] {
  const limits = boundaries({ fromMs: FIRST_MS + DAY_MS, toMs: NOW_MS }, 'P1D', timezone);
  return limits.slice(0, -1).flatMap((startMs, day) => {
    const endMs = limits[day + 1] ?? startMs;
    const own = quarters.filter((quarter) => quarter.startMs >= startMs && quarter.startMs < endMs);
    return own.length === 0 || endMs > NOW_MS ? [] : [sumOf(own, startMs, endMs)];
  });
}

function sumOf(intervals: readonly Interval[], startMs: number, endMs: number): Interval {
  const add = (pick: (interval: Interval) => number): number => intervals.reduce((sum, one) => sum + pick(one), 0);
  const known = (pick: (interval: Interval) => Measured | null): Measured | null => {
    const of = intervals.map(pick).filter((one) => one !== null);
    return of.length === 0
      ? null
      : { wh: of.reduce((sum, { wh }) => sum + wh, 0), ms: of.reduce((sum, { ms }) => sum + ms, 0) };
  };
  const part = (name: Part): Measured => known(({ overhead }) => overhead[name]) ?? { wh: 0, ms: 0 };
  const roles = Object.keys(intervals[0]?.roleWh ?? {});
  return {
    startMs,
    endMs,
    total: known(({ total }) => total),
    it: known(({ it }) => it),
    paired: {
      totalWh: add(({ paired }) => paired.totalWh),
      itWh: add(({ paired }) => paired.itWh),
      ms: add(({ paired }) => paired.ms),
    },
    overhead: { cooling: part('cooling'), lighting: part('lighting'), other: part('other') },
    roleWh: Object.fromEntries(roles.map((role) => [role, add(({ roleWh }) => roleWh[role] ?? 0)])),
  };
}

/** Figures of rolling and calendar periods. One site has no target; of another the newest figures are unknown. */
function kpisOf(metric: 'pue' | 'see', index: number): Kpi[] {
  // The last day that is over begins so.
  const lastDayMs = Math.floor(NOW_MS / DAY_MS) * DAY_MS - DAY_MS;
  const row = (period: Kpi['period'], timeMs: number, age: number, name?: string): Kpi => {
    const value = metric === 'pue' ? 1.2 + 0.04 * index + 0.001 * age : 0.8 + 0.002 * age;
    const isUnknown = index === 5 && age === 0;
    const hasTarget = index !== 3;
    const verdict_code = isUnknown ? 3 : index % 3;
    return {
      metric,
      period,
      timeMs,
      fields: {
        coverage: isUnknown ? 0.25 : 1 - 0.01 * index,
        estimated_share: 0.001 * index,
        value: isUnknown ? null : value,
        lower: isUnknown ? null : value - 0.02,
        upper: isUnknown ? null : value + 0.02,
        target: hasTarget ? 1.3 : null,
        gap: hasTarget && !isUnknown ? value - 1.3 : null,
        verdict: hasTarget ? (['met', 'missed', 'indeterminate', 'insufficient-data'][verdict_code] ?? null) : null,
        verdict_code: hasTarget ? verdict_code : null,
        category: metric === 'pue' ? 1 + (index % 3) : null,
        notation: metric === 'pue' ? `PUE${1 + (index % 3)}` : 'SEE',
        total_wh: 1e6 * (index + 1) + age,
        it_wh: 8e5 * (index + 1) + age,
        overhead_wh: 2e5 * (index + 1),
        cost: index === 1 ? null : 612.5 + index,
        currency: index === 1 ? null : 'CNY',
        emissions_t: index === 2 ? null : 0.55 * (index + 1),
        kwh_per_day: metric === 'see' ? 100 + age : null,
        baseline_kwh_per_day: metric === 'see' ? 125 : null,
        name: name ?? null,
      },
    };
  };
  return [
    ...Array.from({ length: 72 }, (_, age) => row('24h', NOW_MS - 40 * 60_000 - age * HOUR_MS, age)),
    ...Array.from({ length: 35 }, (_, age) => row('30d', lastDayMs - age * DAY_MS, age)),
    ...Array.from({ length: 35 }, (_, age) => row('12mo', lastDayMs - age * DAY_MS, age)),
    row('month', Date.UTC(2026, 8, 30, 16), 0, '2026-10'),
    row('month', Date.UTC(2026, 7, 31, 16), 1, '2026-09'),
    row('year', Date.UTC(2025, 11, 31, 16), 0, '2026'),
    row('year', Date.UTC(2024, 11, 31, 16), 1, '2025'),
  ];
}

/** Live figures of the last hours; of two sites the total is unknown in the last ones. */
function liveOf(kind: FleetSite['kind'], index: number): Minute[] {
  return minutes(180, (minute) => {
    const isSilent = (index === 2 && minute > 170) || (index === 5 && minute > 100);
    const [totalW, itW] = [10_000 + minute, 8000 + index];
    return {
      stale_points: isSilent ? 2 : 0,
      total_w: isSilent ? null : totalW,
      it_w: itW,
      ratio: isSilent ? null : totalW / itW,
      gap_w: isSilent ? null : totalW - 1.3 * itW,
      role_utility_w: totalW,
      ...(kind === 'base-station' ? { role_battery_w: minute - 60, role_solar_w: 500, role_generator_w: 0 } : {}),
    };
  });
}

/** One agent is offline, and of one it is not known. */
function agentsOf(index: number): Readonly<Record<string, readonly Minute[]>> {
  const agent = (number: number): readonly Minute[] =>
    minutes(180, (minute) => ({
      up: index === 4 ? null : index === 1 && number === 1 ? 0 : 1,
      lag_ms: 900 + minute,
      lost: minute > 60 ? 3 : 0,
      duplicates: minute,
      rejected: Math.floor(minute / 30),
      clock_skew_ms: 40 - index,
      spool_depth: minute % 3,
      seq: minute,
      software: 'wattmark-agent/0.1.0',
    }));
  return { 'hall-a': agent(0), 'a-2': agent(1) };
}

/** So many whole minutes up to the end, the oldest first. */
function minutes(count: number, fields: (minute: number) => Minute['fields']): Minute[] {
  return Array.from({ length: count }, (_, minute) => ({
    timeMs: NOW_MS - (count - 1 - minute) * 60_000,
    fields: fields(minute),
  }));
}
