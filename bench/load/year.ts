import { parseArgs } from 'node:util';
import { DuckDBInstance } from '@duckdb/node-api';
import { energyRoles } from '@wattmark/shared/roles';
import { type PointInterval, QUARTER_MS } from '../../collector/src/accounting/interval.ts';
import { storeFile } from '../../collector/src/restore.ts';
import { makeDays } from '../../collector/src/site/day-rows.ts';
import { noLevel, nothing } from '../../collector/src/site/interval-sum.ts';
import type { SiteInterval } from '../../collector/src/site/site.ts';
import { openDuckdbStore } from '../../collector/src/store/duckdb.ts';
import { median } from '../rig/statistics.ts';

/**
 * Fills a collector's store with a year of quarter-hours and days up to the last full UTC day: of its sites, and of the points
 * of the first one. Rows are written in the order of the collector, all of one quarter-hour after all of the one before. Says how long
 * the store itself takes to answer a year of days.
 */
const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '' },
    sites: { type: 'string', default: '1' },
    points: { type: 'string', default: '1' },
  },
});
const DAY_MS = 86_400_000;
const DAYS = 365;
const QUESTIONS = 30;
const [sites, points] = [Number(values.sites), Number(values.points)];
const toMs = Math.floor(Date.now() / DAY_MS) * DAY_MS;
const fromMs = toMs - DAYS * DAY_MS;

const pointIds = Array.from({ length: points }, (_, id) => id);
const store = await openDuckdbStore(storeFile(values.data));
const position = await store.progress();
const quarters = Array.from({ length: DAY_MS / QUARTER_MS }, (_, index) => index * QUARTER_MS);
const rows = <Row>(count: number, dayMs: number, row: (id: number, startMs: number) => Row): Row[] =>
  quarters.flatMap((ms) => Array.from({ length: count }, (_, id) => row(id, dayMs + ms)));
for (let dayMs = fromMs; dayMs < toMs; dayMs += DAY_MS) {
  await store.begin();
  await store.writeSiteQuarters(rows(sites, dayMs, siteQuarter), dayMs + DAY_MS);
  await store.writePointQuarters(rows(points, dayMs, pointQuarter), dayMs + DAY_MS);
  const span = { fromMs: dayMs, toMs: dayMs + DAY_MS };
  await makeDays(
    store,
    Array.from({ length: sites }, (_, siteId) => ({ siteId, span, pointIds: siteId === 0 ? pointIds : [] })),
    dayMs + DAY_MS,
  );
  await store.commit(position);
}
const answersMs: number[] = [];
for (let question = 0; question < QUESTIONS; question++) {
  const startMs = performance.now();
  const days = await store.siteDays(0, null, { fromMs, toMs }, null);
  answersMs.push(performance.now() - startMs);
  if (days.length !== DAYS) throw new Error(`${days.length} days instead of ${DAYS}`);
}
await store.close();
const instance = await DuckDBInstance.create(storeFile(values.data), { access_mode: 'READ_ONLY', threads: '2' });
const connection = await instance.connect();
const [daySumsMs, quarterSumsMs] = [await sumsMs('point_day'), await sumsMs('point_quarter')];
instance.closeSync();
console.log(
  JSON.stringify({
    from: new Date(fromMs).toISOString(),
    to: new Date(toMs).toISOString(),
    storeMs: median(answersMs),
    daySumsMs,
    quarterSumsMs,
  }),
);

/** What the database takes to add up what a table says of each point. */
async function sumsMs(table: string): Promise<number> {
  const columns = ['energy_j', 'estimated_j', 'export_j', 'measured_ms', 'estimated_ms', 'bridged_ms'];
  const sums = columns.map((column) => `sum(${column})`).join(', ');
  const answersMs: number[] = [];
  for (let question = 0; question < QUESTIONS; question++) {
    const startMs = performance.now();
    await connection.runAndReadAll(
      `SELECT point, ${sums}, min(min_w), max(min_w + span_w) FROM ${table} GROUP BY point`,
    );
    answersMs.push(performance.now() - startMs);
  }
  return median(answersMs);
}

function siteQuarter(siteId: number, startMs: number): SiteInterval {
  const itWh = 25_000 + ((siteId * 31 + startMs / QUARTER_MS) % 1_000);
  const totalWh = itWh * 1.28;
  const time = { itMs: QUARTER_MS, pairedMs: QUARTER_MS, estimatedMs: 0 };
  const measured = { ...noLevel, itWh, pairedTotalWh: totalWh, pairedItWh: itWh, ...time };
  const levels = nothing.levels.map((level, index) => (index === 1 ? measured : level));
  const roleWh = energyRoles.map((role) => (role === 'utility' ? totalWh : role === 'it' ? itWh : null));
  return {
    siteId,
    partial: null,
    startMs,
    supplyWh: totalWh,
    supplyMs: QUARTER_MS,
    levels,
    roleWh,
    overhead: nothing.overhead,
  };
}

function pointQuarter(pointId: number, startMs: number): PointInterval {
  const energyWh = 75 + ((pointId * 13 + startMs / QUARTER_MS) % 100) / 10;
  const power = { minW: energyWh * 3.9, maxW: energyWh * 4.1 };
  return {
    pointId,
    startMs,
    energyWh,
    estimatedWh: 0,
    exportWh: 0,
    ...power,
    measuredMs: QUARTER_MS,
    estimatedMs: 0,
    bridgedMs: 0,
  };
}
