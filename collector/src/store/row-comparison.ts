import { isDeepStrictEqual } from 'node:util';
import { QUARTER_MS, type Span } from '../accounting/interval.ts';
import { rolledUpChannels } from '../site/gauge-fold.ts';
import type { Site } from '../site/site.ts';
import type { TableComparison } from './comparison.ts';
import { gatherRows } from './row-portions.ts';
import type { Store } from './store.ts';

const DAY_MS = 86_400_000;

/** Points asked for at once, and days: some tens of thousands of minutes. */
const POINTS_AT_ONCE = 50;

/** A kind of rows: how many days of them are read at once, and how. */
interface Rows {
  readonly table: string;
  readonly days: number;
  readonly read: (store: Store, part: Part, span: Span) => Promise<readonly object[]>;
}

/** Some of a site's points; its own rows and those of its parts come with the first of them. */
interface Part {
  readonly site: Site;
  readonly pointIds: readonly number[];
  readonly isFirst: boolean;
}

const tables: readonly Rows[] = [
  { table: 'point_minute', days: 1, read: (store, { pointIds }, span) => store.pointMinutes(pointIds, span, null) },
  { table: 'point_quarter', days: 15, read: (store, { pointIds }, span) => store.pointQuarters(pointIds, span, null) },
  {
    table: 'point_day',
    days: 1000,
    read: (store, { pointIds }, span) => gatherRows(store.pointDays(pointIds, span, null)),
  },
  {
    table: 'gauge_minute',
    days: 1,
    read: (store, part, span) => each(part.pointIds, (id) => store.gaugeMinutes(id, span, null)),
  },
  {
    table: 'gauge_quarter',
    days: 15,
    read: (store, { pointIds }, span) =>
      each(rolledUpChannels, (one) => store.gaugeQuarters(pointIds, one, span, null)),
  },
  {
    table: 'gauge_day',
    days: 1000,
    read: (store, { pointIds }, span) => each(rolledUpChannels, (one) => store.gaugeDays(pointIds, one, span, null)),
  },
  {
    table: 'site_quarter',
    days: 100,
    read: (store, part, span) =>
      each(boundariesOf(part), (one) => store.siteQuarters(part.site.siteId, one, span, null)),
  },
  {
    table: 'site_day',
    days: 4000,
    read: (store, part, span) => each(boundariesOf(part), (one) => store.siteDays(part.site.siteId, one, span, null)),
  },
];

/**
 * Compares the newest rows of two stores of whatever kind, through what they hand to their readers.
 */
export async function compareRows(
  store: Store,
  other: Store,
  sites: readonly Site[],
  span: Span,
): Promise<TableComparison[]> {
  const parts = sites.flatMap(partsOf);
  const comparisons: TableComparison[] = [];
  for (const { table, days, read } of tables) {
    let [rows, differing] = [0, 0];
    for (const part of parts) {
      for (let fromMs = span.fromMs; fromMs < span.toMs; fromMs += days * DAY_MS) {
        const step = { fromMs, toMs: Math.min(span.toMs, fromMs + days * DAY_MS) };
        const [one, two] = [await read(store, part, step), await read(other, part, step)];
        rows += one.length;
        differing += differencesOf(one, two);
      }
    }
    comparisons.push({ table, rows, differing });
  }
  return comparisons;
}

/** The whole time of which two stores have minutes of some sites, and at least a span. */
export async function spanOfRows(stores: readonly Store[], sites: readonly Site[], least: Span): Promise<Span> {
  let { fromMs, toMs } = least;
  for (const store of stores) {
    for (const { pointIds } of sites.flatMap(partsOf)) {
      const extent = await store.extent(pointIds);
      if (extent === null) continue;
      fromMs = Math.min(fromMs, extent.fromMs);
      toMs = Math.max(toMs, extent.toMs);
    }
  }
  // A local day may begin before its first row.
  return { fromMs: fromMs - DAY_MS, toMs: toMs + QUARTER_MS };
}

function partsOf(site: Site): Part[] {
  const ids = site.points.flatMap(({ pointId }) => (pointId === null ? [] : [pointId]));
  const count = Math.max(1, Math.ceil(ids.length / POINTS_AT_ONCE));
  return Array.from({ length: count }, (_, index) => ({
    site,
    pointIds: ids.slice(index * POINTS_AT_ONCE, (index + 1) * POINTS_AT_ONCE),
    isFirst: index === 0,
  }));
}

function boundariesOf({ site, isFirst }: Part): readonly (string | null)[] {
  return isFirst ? [null, ...(site.file.partials ?? []).map(({ id }) => id)] : [];
}

async function each<Of, Row>(all: readonly Of[], read: (one: Of) => Promise<readonly Row[]>): Promise<Row[]> {
  const rows: Row[] = [];
  for (const one of all) rows.push(...(await read(one)));
  return rows;
}

/** Rows that only one side has; both are in the same order. */
function differencesOf(one: readonly object[], two: readonly object[]): number {
  if (isDeepStrictEqual(one, two)) return 0;
  const texts = new Set(one.map(textOf));
  const common = two.filter((row) => texts.has(textOf(row))).length;
  return one.length + two.length - 2 * common;
}

function textOf(row: object): string {
  return JSON.stringify(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1)));
}
