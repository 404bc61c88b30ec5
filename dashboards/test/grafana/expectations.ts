import type { Row } from './answers.ts';
import {
  collectorMinutes,
  DAY_MS,
  type FleetSite,
  HOUR_MS,
  type Interval,
  type Kpi,
  type Minute,
  type Part,
  parts,
  QUARTER_MS,
} from './fleet.ts';

/** What is shown: which sites, of which time. */
export interface View {
  readonly sites: readonly FleetSite[];
  readonly fromMs: number;
  readonly toMs: number;
  readonly intervalMs: number;
}

/** The rows that a query must give, computed from the fleet without any query. Columns that are left out may hold anything. */
export type Expectation = (view: View) => Row[];

const judgedColumns = {
  value: 'figure',
  lower: 'At least',
  upper: 'At most',
  target: 'Target',
  gap: 'Beyond target',
  verdict: 'Verdict',
  coverage: 'Coverage',
  estimated_share: 'Estimated',
};
const judgedAs = (figure: string): Columns => ({ ...judgedColumns, value: figure });
const noted: Columns = { notation: 'Notation', category: 'Category' };
const energies: Columns = { total_wh: 'Total', it_wh: 'IT', overhead_wh: 'Overhead' };
const money: Columns = {
  ...energies,
  cost: 'Cost',
  currency: 'Currency',
  emissions_t: 'Emissions',
  coverage: 'Coverage',
};
const rolling = ['24h', '30d', '12mo'] as const;
const partNames: Record<Part, string> = { cooling: 'Cooling', lighting: 'Lighting', other: 'Other loads' };
const LOSSES = 'Losses and what has no meter';

const health = (metric: Kpi['metric']): Record<string, Expectation> => ({
  'Coverage, 30 days/A': newestKpi(metric, ['30d'], { coverage: 'Coverage, 30 days' }),
  'Estimated, 30 days/A': newestKpi(metric, ['30d'], { estimated_share: 'Estimated, 30 days' }),
  'Coverage by day/A': rows('days', (day) => ({ Coverage: day.paired.ms / (day.endMs - day.startMs) })),
  'Silent points/A': buckets(({ live }) => ({ '': live }), 'stale_points', Math.max, 'max'),
  'Agents/A': agents,
  'Findings/A': findings,
});

const events: Record<string, Expectation> = {
  'variable group/': () => ['a--b', 'default', 'north'].map((distinct) => ({ distinct })),
  'annotation Corrections/': corrections({ text: 'factor 2', kind: 'factor', point: 'cooling-1', by: 'A. Auditor' }),
};

/** By the dashboard, the panel and the letter of the query. */
export const expectations: Readonly<Record<string, Readonly<Record<string, Expectation>>>> = {
  fleet: {
    'variable group/': events['variable group/'] as Expectation,
    'annotation Corrections/': events['annotation Corrections/'] as Expectation,
    ...Object.fromEntries(
      ['A', 'B', 'C', 'D'].map((letter, code): [string, Expectation] => [
        `Verdicts, 30 days/${letter}`,
        verdictCount(code),
      ]),
    ),
    'PUE of each group/A': groupPue,
    'PUE of 30 days, every data centre/A': kpiRows('pue', ['30d'], { value: 'PUE' }),
    'Data centres, worst first/A': newestKpi('pue', ['30d'], { ...judgedAs('PUE'), ...energies }),
    'Base stations, worst first/A': newestKpi('see', ['30d'], {
      ...judgedAs('SEE'),
      kwh_per_day: 'Per day',
      baseline_kwh_per_day: 'Per day before',
    }),
    'Sites/A': (view) => [{ sites: newestOfAll(view, '24h').length }],
    'Least coverage, 24 hours/A': (view) => [
      { coverage: Math.min(...newestOfAll(view, '24h').map(({ fields }) => Number(fields['coverage']))) },
    ],
    'Agents offline/A': offline,
    'Silent points/A': (view) => {
      const counts = view.sites.flatMap(({ live }) => newest(live, view, 5)?.fields['stale_points'] ?? []);
      return counts.length === 0 ? [] : [{ silent: sum(counts, Number) }];
    },
    'Coverage, 24 hours, worst first/A': (view) =>
      ['pue', 'see'].flatMap((metric) =>
        newestKpi(metric as Kpi['metric'], ['24h'], { coverage: 'Coverage', estimated_share: 'Estimated' })(view),
      ),
    'Live/A': liveNow({
      stale_points: 'Silent points',
      total_w: 'Total power',
      it_w: 'IT power',
      ratio: 'Power ratio',
      gap_w: 'Above target',
    }),
    'Agents/A': agents,
    'Findings/A': findings,
  },
  site: {
    ...events,
    'variable site/': siteNames('data-centre'),
    'PUE, last 3 hours/A': (view) =>
      view.sites.flatMap(({ group, site, quarters }) => {
        const last = quarters.filter(({ startMs }) => startMs > view.toMs - 3 * HOUR_MS && startMs <= view.toMs);
        const pue = sum(last, ({ paired }) => paired.totalWh) / sum(last, ({ paired }) => paired.itWh);
        return Number.isFinite(pue) ? [{ group, site, PUE: pue }] : [];
      }),
    'PUE, 24 hours/A': newestKpi('pue', ['24h'], { value: 'PUE' }),
    'PUE, 30 days/A': newestKpi('pue', ['30d'], { value: 'PUE' }),
    'PUE, 12 months/A': newestKpi('pue', ['12mo'], { value: 'PUE' }),
    'Total power/A': liveNow({ total_w: 'Total power' }),
    'Power ratio/A': liveNow({ ratio: 'Power ratio' }),
    'Against the target/A': newestKpi('pue', rolling, { ...judgedAs('PUE'), ...noted }),
    'PUE of 30 days/A': kpiRows('pue', ['30d'], {
      lower: 'At least',
      value: 'PUE',
      upper: 'At most',
      target: 'Target',
    }),
    'PUE by day/A': rows('days', pueOf),
    'PUE by day/B': kpiRows('pue', ['30d'], { target: 'Target' }),
    'PUE by quarter-hour/A': rows('quarters', pueOf),
    'Power by quarter-hour/A': rows('quarters', ({ total }) => power('Total', total)),
    'Power by quarter-hour/B': rows('quarters', ({ it }) => power('IT', it)),
    ...Object.fromEntries(
      parts.flatMap((part, index): [string, Expectation][] => [
        [
          `Power by quarter-hour/${'CDE'[index]}`,
          rows('quarters', ({ overhead }) => power(partNames[part], overhead[part])),
        ],
        [
          `Energy by day/${'BCD'[index]}`,
          rows('days', (day) =>
            isTold(day) && day.overhead[part].ms > 0 ? { [partNames[part]]: partWh(day, part) } : null,
          ),
        ],
        [`Overhead in PUE points/${'ABC'[index]}`, overDays(part, true)],
        [`Overhead in energy/${'ABC'[index]}`, overDays(part, false)],
      ]),
    ),
    'Energy by day/A': rows('days', (day) => (isTold(day) ? { IT: day.paired.itWh } : null)),
    'Energy by day/E': rows('days', (day) => (isTold(day) ? { [LOSSES]: lossWh(day) } : null)),
    'Overhead in PUE points/D': overDays(null, true),
    'Overhead in energy/D': overDays(null, false),
    'Total, 30 days/A': newestKpi('pue', ['30d'], { total_wh: 'Total, 30 days' }),
    'IT, 30 days/A': newestKpi('pue', ['30d'], { it_wh: 'IT, 30 days' }),
    'Overhead, 30 days/A': newestKpi('pue', ['30d'], { overhead_wh: 'Overhead, 30 days' }),
    'Cost, 30 days/A': newestKpi('pue', ['30d'], { cost: 'Cost, 30 days' }),
    'Emissions, 30 days/A': newestKpi('pue', ['30d'], { emissions_t: 'Emissions, 30 days' }),
    'Months/A': kpiRows('pue', ['month'], { ...money, name: 'Month' }),
    ...health('pue'),
  },
  audit: {
    ...events,
    'variable site/': siteNames(null),
    'Figures by month/A': ofBoth(['month'], { lower: 'At least', value: 'Figure', upper: 'At most', target: 'Target' }),
    'Months/A': ofBoth(['month'], { ...judgedAs('Figure'), ...noted, ...energies, name: 'Period' }),
    'Years/A': ofBoth(['year'], { ...judgedAs('Figure'), ...noted, ...energies, name: 'Period' }),
    'Coverage by month/A': ofBoth(['month'], { coverage: 'Coverage' }),
    'Corrections/A': corrections({
      Correction: 'factor 2',
      Kind: 'factor',
      Point: 'cooling-1',
      By: 'A. Auditor',
      Reason: 'CT "200/5"',
      Id: '4711',
    }),
    'Findings/A': findings,
  },
  'base-station': {
    ...events,
    'variable site/': siteNames('base-station'),
    'SEE, 24 hours/A': newestKpi('see', ['24h'], { value: 'SEE' }),
    'SEE, 30 days/A': newestKpi('see', ['30d'], { value: 'SEE' }),
    'SEE, 12 months/A': newestKpi('see', ['12mo'], { value: 'SEE' }),
    'Per day, 30 days/A': newestKpi('see', ['30d'], { kwh_per_day: 'Per day, 30 days' }),
    'Per day before/A': newestKpi('see', ['30d'], { baseline_kwh_per_day: 'Per day before' }),
    'Against the target/A': newestKpi('see', rolling, judgedAs('SEE')),
    'SEE by day/A': rows('days', ({ paired }) => ({ SEE: paired.itWh / paired.totalWh })),
    'Energy per day against the baseline/A': kpiRows('see', ['30d'], {
      kwh_per_day: 'Per day, of 30 days',
      baseline_kwh_per_day: 'Before',
    }),
    ...Object.fromEntries(
      Object.entries({ utility: 'Utility', generator: 'Generator', solar: 'Solar' }).flatMap(
        ([role, name], index): [string, Expectation][] => [
          [`Supply mix/${'ABC'[index]}`, sumOfRole(role, name)],
          [`Supply by day/${'ABC'[index]}`, rows('days', ({ roleWh }) => ({ [name]: roleWh[role] ?? null }))],
        ],
      ),
    ),
    'Generator, last 7 days/A': (view) =>
      view.sites.flatMap(({ group, site, quarters }) => {
        const running = quarters.filter(
          ({ startMs, roleWh }) =>
            startMs > view.toMs - 7 * DAY_MS && startMs <= view.toMs && (roleWh['generator'] ?? 0) > 0,
        );
        return running.length === 0 ? [] : [{ group, site, hours: (running.length * QUARTER_MS) / HOUR_MS }];
      }),
    ...Object.fromEntries(
      ['battery', 'utility', 'solar', 'generator'].map((role, index): [string, Expectation] => [
        `Power of battery and supply/${'ABCD'[index]}`,
        buckets(({ live }) => ({ '': live }), `role_${role}_w`, mean, 'mean'),
      ]),
    ),
    'Charge of the battery/A': buckets(({ charge }) => ({ '': charge }), 'mean', mean, 'mean'),
    'Rectifier and telecom load by day/A': rows('days', ({ roleWh }) => ({ Rectifier: roleWh['rectifier'] ?? null })),
    'Rectifier and telecom load by day/B': rows('days', ({ roleWh }) => ({ Telecom: roleWh['telecom'] ?? null })),
    ...health('see'),
  },
  collector: {
    'variable group/': events['variable group/'] as Expectation,
    'variable site/': siteNames(null),
    ...Object.fromEntries(
      Object.entries({
        Healthy: 'healthy',
        'Waiting for the store': 'store_waiting_batches',
        'Waiting for mirrors': 'mirror_queue_bytes',
        'Mirrors behind': 'mirror_behind_ms',
        'Lost to mirrors': 'mirror_dropped',
      }).map(([title, field]): [string, Expectation] => [
        `${title}/A`,
        (view) => asRow(newest(collectorMinutes, view, 5), { [field]: title }),
      ]),
    ),
    'Agents offline/A': offline,
    'What comes in/A': derivative('readings'),
    'What comes in/B': derivative('messages'),
    ...Object.fromEntries(
      ['rejected', 'duplicate_messages', 'late_readings', 'ahead_readings', 'conflicting_readings'].map(
        (field, index): [string, Expectation] => [`What is not taken/${'ABCDE'[index]}`, derivative(field)],
      ),
    ),
    'What waits for mirrors/A': (view) => bucketRows(collectorMinutes, 'mirror_queue_bytes', Math.max, 'max', view),
    'Memory/A': (view) => bucketRows(collectorMinutes, 'rss_bytes', Math.max, 'max', view),
    'Memory/B': (view) => bucketRows(collectorMinutes, 'heap_bytes', Math.max, 'max', view),
    'Silent for/A': buckets(({ agents }) => agents, 'lag_ms', Math.max, 'max'),
    'Spool/A': buckets(({ agents }) => agents, 'spool_depth', Math.max, 'max'),
    'Lost/A': differences('lost'),
    'Rejected/A': differences('rejected'),
    'Clock skew/A': buckets(({ agents }) => agents, 'clock_skew_ms', Math.max, 'max'),
    'Agents/A': agents,
  },
};

type Columns = Readonly<Record<string, string>>;

function sum<Item>(items: readonly Item[], pick: (item: Item) => number): number {
  return items.reduce((total, item) => total + pick(item), 0);
}

function mean(...values: number[]): number {
  return sum(values, (value) => value) / values.length;
}

function within(timeMs: number, { fromMs, toMs }: View): boolean {
  return timeMs >= fromMs && timeMs <= toMs;
}

/** A row for each interval that begins in the view, quarter-hours of its last 7 days. */
function rows(of: 'days' | 'quarters', fields: (interval: Interval) => Row | null): Expectation {
  return (view) =>
    view.sites.flatMap(({ group, site, [of]: intervals }) =>
      intervals.flatMap((interval) => {
        const { startMs: time } = interval;
        const isShown = within(time, view) && (of === 'days' || time > view.toMs - 7 * DAY_MS);
        const row = isShown ? fields(interval) : null;
        // InfluxQL leaves out a row in which nothing that is asked for has a value.
        return row === null || Object.values(row).every((value) => value === null)
          ? []
          : [{ group, site, time, ...row }];
      }),
    );
}

function pueOf({ paired }: Interval): Row | null {
  return paired.itWh > 0 ? { PUE: paired.totalWh / paired.itWh } : null;
}

function power(name: string, measured: { readonly wh: number; readonly ms: number } | null): Row | null {
  return measured === null || measured.ms === 0 ? null : { [name]: (measured.wh * HOUR_MS) / measured.ms };
}

/** Every part either has no meter or was measured for nine tenths of the time that the ratio is of. */
function isTold({ paired, overhead }: Interval): boolean {
  return paired.itWh > 0 && parts.every((part) => overhead[part].ms === 0 || overhead[part].ms >= 0.9 * paired.ms);
}

function partWh({ paired, overhead }: Interval, part: Part): number {
  const { wh, ms } = overhead[part];
  return ms === 0 ? 0 : (wh / ms) * paired.ms;
}

function lossWh(day: Interval): number {
  return day.paired.totalWh - day.paired.itWh - sum(parts, (part) => partWh(day, part));
}

function overDays(part: Part | null, isPoints: boolean): Expectation {
  return (view) =>
    view.sites.flatMap(({ group, site, days }) => {
      const told = days.filter((day) => within(day.startMs, view) && isTold(day));
      if (told.length === 0 || (part !== null && told.every((day) => day.overhead[part].ms === 0))) return [];
      const wh = sum(told, (day) => (part === null ? lossWh(day) : partWh(day, part)));
      const itWh = sum(told, ({ paired }) => paired.itWh);
      return [{ group, site, [part === null ? LOSSES : partNames[part]]: isPoints ? wh / itWh : wh }];
    });
}

function sumOfRole(role: string, name: string): Expectation {
  return (view) =>
    view.sites.flatMap(({ group, site, days }) => {
      const shown = days.filter(({ startMs }) => within(startMs, view));
      return shown.length === 0 ? [] : [{ group, site, [name]: sum(shown, ({ roleWh }) => roleWh[role] ?? 0) }];
    });
}

function groupPue(view: View): Row[] {
  return [...new Set(view.sites.map(({ group }) => group))].flatMap((group) => {
    const days = view.sites
      .filter((site) => site.group === group)
      .flatMap((site) => site.days.filter(({ startMs }) => within(startMs, view)));
    const pue = sum(days, ({ paired }) => paired.totalWh) / sum(days, ({ paired }) => paired.itWh);
    return Number.isFinite(pue) ? [{ group, PUE: pue }] : [];
  });
}

/** The newest row of at most `withinMinutes` before the end of the view. */
function newest<Item extends { readonly timeMs: number }>(
  items: readonly Item[],
  { toMs }: View,
  withinMinutes: number,
): Item | undefined {
  return items
    .filter(({ timeMs }) => timeMs <= toMs && timeMs > toMs - withinMinutes * 60_000)
    .reduce<Item | undefined>(
      (last, item) => (last === undefined || item.timeMs > last.timeMs ? item : last),
      undefined,
    );
}

function asRow(found: { readonly fields: Kpi['fields'] } | undefined, columns: Columns): Row[] {
  if (found === undefined) return [];
  return [Object.fromEntries(Object.entries(columns).map(([field, name]) => [name, found.fields[field] ?? null]))];
}

function newestKpi(metric: Kpi['metric'], periods: readonly Kpi['period'][], columns: Columns): Expectation {
  return (view) =>
    view.sites.flatMap(({ group, site, kpis }) =>
      periods.flatMap((period) => {
        const found = newest(
          kpis.filter((kpi) => kpi.metric === metric && kpi.period === period),
          view,
          3 * 24 * 60,
        );
        return asRow(found, columns).map((row) => ({ group, site, ...(periods.length > 1 ? { period } : {}), ...row }));
      }),
    );
}

function newestOfAll(view: View, period: Kpi['period']): Kpi[] {
  return view.sites.flatMap(
    ({ kpis }) =>
      newest(
        kpis.filter((kpi) => kpi.period === period),
        view,
        3 * 24 * 60,
      ) ?? [],
  );
}

function kpiRows(metric: Kpi['metric'], periods: readonly Kpi['period'][], columns: Columns): Expectation {
  return (view) =>
    view.sites.flatMap(({ group, site, kpis }) =>
      kpis
        .filter((kpi) => kpi.metric === metric && periods.includes(kpi.period) && within(kpi.timeMs, view))
        .flatMap((kpi) => asRow(kpi, columns).map((row) => ({ group, site, time: kpi.timeMs, ...row })))
        .filter((row) => Object.values(columns).some((name) => (row as Row)[name] !== null)),
    );
}

function ofBoth(periods: readonly Kpi['period'][], columns: Columns): Expectation {
  return (view) => [...kpiRows('pue', periods, columns)(view), ...kpiRows('see', periods, columns)(view)];
}

function verdictCount(code: number): Expectation {
  return (view) => {
    const count = newestOfAll(view, '30d').filter(({ fields }) => fields['verdict_code'] === code).length;
    return count === 0 ? [] : [{ count }];
  };
}

function liveNow(columns: Columns): Expectation {
  return (view) =>
    view.sites.flatMap(({ group, site, live }) =>
      asRow(newest(live, view, 5), columns).map((row) => ({ group, site, ...row })),
    );
}

function agents(view: View): Row[] {
  const columns = {
    lost: 'Lost',
    up: 'State',
    lag_ms: 'Silent for',
    rejected: 'Rejected',
    duplicates: 'Duplicates',
    clock_skew_ms: 'Clock skew',
    spool_depth: 'Spool',
    software: 'Software',
  };
  return view.sites.flatMap(({ group, site, agents }) =>
    Object.entries(agents).flatMap(([agent, minutes]) =>
      asRow(newest(minutes, view, 15), columns).map((row) => ({ group, site, agent, ...row })),
    ),
  );
}

function offline(view: View): Row[] {
  const states = agents(view).flatMap(({ State }) => (State === null ? [] : [Number(State)]));
  return states.length === 0 ? [] : [{ offline: states.length - sum(states, (state) => state) }];
}

function siteNames(kind: FleetSite['kind'] | null): Expectation {
  return ({ sites }) =>
    sites.filter((site) => kind === null || site.kind === kind).map(({ site }) => ({ distinct: site }));
}

/** Finding and correction are of two days before the end of the fleet's time. */
const EVENT_MS = collectorMinutes.at(-1) as Minute;

function isEventShown(view: View): number | null {
  const timeMs = EVENT_MS.timeMs - 2 * DAY_MS;
  return within(timeMs, view) ? timeMs : null;
}

function findings(view: View): Row[] {
  const time = isEventShown(view);
  if (time === null) return [];
  return view.sites.map(({ group, site }) => ({
    group,
    site,
    time,
    kind: 'sample-gaps',
    severity: 'notice',
    point: 'cooling-1',
    Finding: 'samples came 40 s apart',
    State: 'open',
    Until: time + HOUR_MS,
    Id: `sample-gaps/cooling-1/${site}`,
  }));
}

function corrections(columns: Row): Expectation {
  return (view) => {
    const time = isEventShown(view);
    return time === null ? [] : view.sites.map(({ group, site }) => ({ group, site, time, ...columns }));
  };
}

/** Buckets of the view's interval over its last two days, in which nothing is null. */
function bucketRows(
  minutes: readonly Minute[],
  field: string,
  fold: (...values: number[]) => number,
  column: string,
  view: View,
): Row[] {
  const beginMs = Math.max(view.fromMs, view.toMs - 2 * DAY_MS + 1);
  const values = minutes.flatMap(({ timeMs, fields }) => {
    const value = fields[field];
    return typeof value === 'number' && timeMs >= beginMs && timeMs <= view.toMs ? [{ timeMs, value }] : [];
  });
  if (values.length === 0) return [];
  const found: Row[] = [];
  for (let time = Math.floor(beginMs / view.intervalMs) * view.intervalMs; time <= view.toMs; time += view.intervalMs) {
    const own = values.filter(({ timeMs }) => timeMs >= time && timeMs < time + view.intervalMs);
    found.push({ time, [column]: own.length === 0 ? null : fold(...own.map(({ value }) => value)) });
  }
  return found;
}

function buckets(
  seriesOf: (site: FleetSite) => Readonly<Record<string, readonly Minute[]>>,
  field: string,
  fold: (...values: number[]) => number,
  column: string,
): Expectation {
  return (view) =>
    view.sites.flatMap((site) =>
      Object.entries(seriesOf(site)).flatMap(([agent, minutes]) =>
        bucketRows(minutes, field, fold, column, view).map((row) => ({
          group: site.group,
          site: site.site,
          ...(agent === '' ? {} : { agent }),
          ...row,
        })),
      ),
    );
}

/** From bucket to bucket, where there are two. InfluxDB looks one bucket further back, so that the first has one before it. */
function steps(
  minutes: readonly Minute[],
  field: string,
  view: View,
): { readonly time: number; readonly difference: number }[] {
  const newestOf = (...values: number[]): number => values.at(-1) ?? Number.NaN;
  const earlier = { ...view, fromMs: view.fromMs - view.intervalMs };
  const known = bucketRows(minutes, field, newestOf, 'last', earlier).filter(({ last }) => last !== null);
  return known.slice(1).map(({ time, last }, index) => ({
    time: Number(time),
    difference: Number(last) - Number(known[index]?.['last']),
  }));
}

function differences(field: string): Expectation {
  return ({ sites, ...view }) =>
    sites.flatMap(({ group, site, agents }) =>
      Object.entries(agents).flatMap(([agent, minutes]) =>
        steps(minutes, field, { sites, ...view }).map(({ time, difference }) => ({
          group,
          site,
          agent,
          time,
          non_negative_difference: difference,
        })),
      ),
    );
}

function derivative(field: string): Expectation {
  return (view) =>
    steps(collectorMinutes, field, view).map(({ time, difference }) => ({
      time,
      non_negative_derivative: difference / (view.intervalMs / 1000),
    }));
}
