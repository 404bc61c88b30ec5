import { lineOf, siteValues, tagsOf } from '../../collector/src/influx/lines.ts';
import { float, integer, intervals, type Measurement, text } from '../../collector/src/influx/schema.ts';
import { atLevel } from '../../collector/src/kpi/level.ts';
import { noLevel } from '../../collector/src/site/interval-sum.ts';
import type { SiteSum } from '../../collector/src/site/site.ts';
import { energyRoles } from '../../shared/src/roles.ts';

const QUARTER_MS = 900_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** How much there is to read. */
export interface Amount {
  readonly sites: number;
  readonly days: number;
  /** Quarter-hours are of the last days only. */
  readonly quarterDays: number;
  /** Minutes, too: of live figures and agents. */
  readonly minuteDays: number;
}

/** Every line of a fleet up to an instant, by the database it is for; made one by one, since they fill no memory. */
export function* fleetLines(toMs: number, amount: Amount): Generator<readonly ['kept' | 'minutes', string]> {
  for (let site = 0; site < amount.sites; site++) {
    const tags = tagsOf({ group: 'default', site: siteName(site) });
    yield ['kept', `wattmark_site_info${tags} kind="${site % 10 === 9 ? 'base-station' : 'data-centre'}" 0`];
    yield* energies(site, tags, toMs, amount);
    yield* figures(site, toMs, amount);
    yield* minutes(tags, toMs, amount);
  }
  for (let ms = toMs - amount.minuteDays * DAY_MS; ms <= toMs; ms += MINUTE_MS) yield ['minutes', ofCollector(ms)];
}

export function siteName(site: number): string {
  return `site-${String(site).padStart(3, '0')}`;
}

function* energies(site: number, tags: string, toMs: number, { days, quarterDays }: Amount) {
  for (const [of, lengthMs, from] of [
    [intervals.siteQuarter, QUARTER_MS, quarterDays],
    [intervals.siteDay, DAY_MS, days],
  ] as const) {
    for (let startMs = toMs - from * DAY_MS; startMs < toMs; startMs += lengthMs) {
      const sum = siteSum(site, startMs, lengthMs);
      const level = site % 10 === 9 ? 0 : 1;
      const counted = atLevel(sum, level);
      const values = siteValues(sum, counted, level, sum.endMs);
      yield ['kept', lineOf(of, tags, { ...values, end_ms: sum.endMs }, startMs)] as const;
    }
  }
}

/** Two roles and cooling, all measured throughout. */
function siteSum(site: number, startMs: number, lengthMs: number): SiteSum {
  const hours = lengthMs / HOUR_MS;
  const itWh = hours * (200_000 + 1000 * site + 20_000 * Math.sin(startMs / DAY_MS));
  const totalWh = 1.31 * itWh;
  const level = site % 10 === 9 ? 0 : 1;
  const energies = { partsWh: null, partsMs: 0, itWh, itMs: lengthMs, pairedTotalWh: totalWh, pairedItWh: itWh };
  return {
    startMs,
    endMs: startMs + lengthMs,
    supplyWh: totalWh,
    supplyMs: lengthMs,
    levels: [0, 1, 2, 3].map((index) =>
      index === level ? { ...energies, pairedMs: lengthMs, estimatedMs: 0 } : noLevel,
    ),
    roleWh: energyRoles.map((role) => (role === 'utility' ? totalWh : role === 'cooling' ? 0.2 * itWh : null)),
    overhead: [0.2 * itWh, 0, 0].map((energyWh) => ({ energyWh, measuredMs: energyWh > 0 ? lengthMs : 0 })),
  };
}

const kpi: Measurement = measurement('wattmark_kpi', {
  float: (
    'value lower upper coverage estimated_share target gap total_wh it_wh overhead_wh ' +
    'cost emissions_t kwh_per_day baseline_kwh_per_day'
  ).split(' '),
  integer: ['verdict_code', 'category'],
  text: ['verdict', 'notation', 'currency', 'name'],
});

/** Rolling figures: every hour of 24 hours, every day of 30 days and 12 months; and months and years. */
function* figures(site: number, toMs: number, { days }: Amount) {
  const metric = site % 10 === 9 ? 'see' : 'pue';
  for (const [period, stepMs] of [
    ['24h', HOUR_MS],
    ['30d', DAY_MS],
    ['12mo', DAY_MS],
    ['month', 30 * DAY_MS],
    ['year', 365 * DAY_MS],
  ] as const) {
    const tags = tagsOf({ group: 'default', site: siteName(site), metric, period });
    for (let ms = toMs - days * DAY_MS; ms <= toMs; ms += stepMs) {
      const value = 1.25 + 0.001 * site;
      const fields = {
        ...Object.fromEntries(
          kpi.fields.filter(({ kind }) => kind === 'float').map(({ name }) => [name, 1000 * value]),
        ),
        value,
        lower: value - 0.02,
        upper: value + 0.02,
        coverage: 0.99,
        target: 1.3,
        verdict: 'met',
        verdict_code: site % 3,
        notation: 'PUE1',
        category: 1,
        currency: 'CNY',
        name: '2026-10',
      };
      yield ['kept', lineOf(kpi, tags, fields, ms)] as const;
    }
  }
}

const live = measurement('wattmark_live', {
  float: ['total_w', 'it_w', 'ratio', 'gap_w', 'role_utility_w', 'role_battery_w', 'role_solar_w', 'role_generator_w'],
  integer: ['stale_points'],
});
const agent = measurement('wattmark_agent', {
  integer: ['up', 'lag_ms', 'lost', 'duplicates', 'rejected', 'clock_skew_ms', 'spool_depth', 'seq'],
  text: ['software'],
});
const collector = measurement('wattmark_collector', {
  integer: (
    'healthy readings messages rejected duplicate_messages late_readings ahead_readings conflicting_readings ' +
    'store_waiting_batches mirror_queue_bytes mirror_behind_ms mirror_dropped rss_bytes heap_bytes'
  ).split(' '),
});

function* minutes(tags: string, toMs: number, { minuteDays }: Amount) {
  for (let ms = toMs - minuteDays * DAY_MS; ms <= toMs; ms += MINUTE_MS) {
    yield ['minutes', lineOf(live, tags, numbered(live, ms), ms)] as const;
    yield [
      'minutes',
      lineOf(agent, `,agent=hall-a${tags}`, { ...numbered(agent, ms), software: 'bench/1' }, ms),
    ] as const;
  }
}

function ofCollector(ms: number): string {
  return lineOf(collector, ',collector=c', numbered(collector, ms), ms);
}

/** Each field a number that grows with the time. */
function numbered({ fields }: Measurement, ms: number): Record<string, number> {
  return Object.fromEntries(
    fields.flatMap(({ name, kind }) => (kind === 'text' ? [] : [[name, Math.floor(ms / MINUTE_MS)]])),
  );
}

function measurement(
  name: string,
  fields: Readonly<Partial<Record<'float' | 'integer' | 'text', readonly string[]>>>,
): Measurement {
  const of = { float, integer, text };
  const specs = Object.entries(fields).flatMap(([kind, names]) =>
    names.map((field) => of[kind as keyof typeof of](field, '')),
  );
  return { name, database: 'kept', tags: [], fields: specs, about: '' };
}
