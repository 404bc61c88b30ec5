import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { energyRoles } from '@wattmark/shared/roles';
import fc from 'fast-check';
import t from 'tap';
import { isEmpty, type PointInterval, QUARTER_MS } from '../../src/accounting/interval.ts';
import { keptW, keptWh } from '../../src/accounting/kept-numbers.ts';
import type { Sources } from '../../src/kpi/minutes.ts';
import { gaugeMeansOf, partialSums, pointSumsOf, siteSums } from '../../src/kpi/sums.ts';
import { DayQueue } from '../../src/site/day-queue.ts';
import { makeDays } from '../../src/site/day-rows.ts';
import { noLevel, noPart, nothing, sumPointIntervals } from '../../src/site/interval-sum.ts';
import { localDayOf } from '../../src/site/local-day.ts';
import type { Site, SiteInterval } from '../../src/site/site.ts';
import { TouchedDays } from '../../src/site/touched-days.ts';
import { openDuckdbStore } from '../../src/store/duckdb.ts';
import type { Store } from '../../src/store/store.ts';
import { point, site } from '../site/example.ts';
import { stored } from '../support/stored.ts';

const directory = mkdtempSync(join(tmpdir(), 'days-'));
const store = await openDuckdbStore(join(directory, 'store.duckdb'));
t.teardown(async () => {
  await store.close();
  rmSync(directory, { recursive: true, force: true });
});

/** Changes of the clocks by an hour and by half an hour, days of 23 to 25 hours, and a date that never was (Samoa, 30 December 2011). */
const places = [
  ['UTC', '2026-03-01T00:00Z'],
  ['Asia/Shanghai', '2026-03-01T16:00Z'],
  ['Europe/Berlin', '2026-03-27T23:00Z'],
  ['Europe/Berlin', '2026-10-23T22:00Z'],
  ['America/St_Johns', '2026-10-30T02:30Z'],
  ['Australia/Lord_Howe', '2026-04-03T13:00Z'],
  ['Pacific/Apia', '2011-12-28T10:00Z'],
] as const;
const DAYS = 5;
const QUARTERS = DAYS * 96;

const wh = fc.oneof(fc.constant(0), fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }));
const someQuarter = fc.record({
  quarter: fc.nat(QUARTERS - 1),
  member: fc.nat(2),
  energyWh: wh,
  isKnown: fc.integer({ min: 0, max: 9 }).map((n) => n > 0),
});
/** Quarter-hours written at once, and days made with them, by their number; the time from the batch before. */
const someBatch = fc.record({
  pause: fc.nat(2),
  rows: fc.array(someQuarter, { minLength: 1, maxLength: 120 }),
  days: fc.array(fc.nat(DAYS - 1), { maxLength: 3 }),
});
const someHistory = fc.record({
  place: fc.constantFrom(...places),
  shift: fc.nat(96),
  batches: fc.array(someBatch, { minLength: 1, maxLength: 6 }),
  passedDays: fc.nat(DAYS),
  questions: fc.array(
    fc.record({
      edges: fc.uniqueArray(fc.nat(QUARTERS), { minLength: 2, maxLength: 6 }),
      asOf: fc.option(fc.nat(12), { nil: null }),
    }),
    { minLength: 3, maxLength: 3 },
  ),
});

function quarterOf(pointId: number, startMs: number, energyWh: number, isKnown: boolean): PointInterval {
  const power = isKnown ? { minW: keptW(energyWh * 3), maxW: keptW(energyWh * 5) } : { minW: null, maxW: null };
  const measuredMs = isKnown ? QUARTER_MS : 0;
  const more = { estimatedWh: keptWh(energyWh / 3), exportWh: keptWh(energyWh / 7), estimatedMs: 0, bridgedMs: 0 };
  return { pointId, startMs, energyWh: keptWh(energyWh), ...more, ...power, measuredMs };
}

function siteQuarter(siteId: number, partial: string | null, row: PointInterval): SiteInterval {
  const isKnown = row.measuredMs > 0;
  const [itWh, totalWh] = isKnown ? [row.energyWh, row.energyWh * 1.3] : [null, null];
  const level = { ...noLevel, itWh, itMs: row.measuredMs, pairedTotalWh: totalWh ?? 0, pairedMs: row.measuredMs };
  return {
    ...nothing,
    siteId,
    partial,
    startMs: row.startMs,
    supplyWh: totalWh,
    supplyMs: row.measuredMs,
    levels: [level, noLevel, noLevel, noLevel],
    roleWh: energyRoles.map((role) => (role === 'utility' ? totalWh : null)),
    overhead: [{ energyWh: row.energyWh / 9, measuredMs: row.measuredMs }, noPart, noPart],
  };
}

let sites = 0;
let position = 0;

/** A site of its own, with points and a part, whose quarter-hours are written by `writeQuarters`. */
function siteIn(timezone: string): Site & { readonly pointIds: readonly number[] } {
  const siteId = ++sites;
  const pointIds = [0, 1, 2].map((member) => 10 * siteId + member);
  const points = pointIds.map((pointId) => point(pointId, 'it'));
  const base = site(points, { siteId, timezone });
  const names = points.map(({ point: name }) => name);
  return { ...base, file: { ...base.file, partials: [{ id: 'part', total: names, it: names }] }, pointIds };
}

/** The same store where no day is made. */
function withoutDays(of: Store): Store {
  return {
    madeDays: async () => [],
    pointQuarters: (...asked) => of.pointQuarters(...asked),
    siteQuarters: (...asked) => of.siteQuarters(...asked),
    gaugeQuarters: (...asked) => of.gaugeQuarters(...asked),
  } as Partial<Store> as Store;
}

t.test('figures are the same to the last bit whether days have rows or not', { timeout: 240_000 }, async (t) => {
  await fc.assert(
    fc.asyncProperty(someHistory, async ({ place: [timezone, begin], shift, batches, passedDays, questions }) => {
      const hall = siteIn(timezone);
      const { siteId, pointIds } = hall;
      const fromMs = Date.parse(begin) + (shift - 48) * QUARTER_MS;
      const dayOf = (index: number) => localDayOf(fromMs + index * 86_400_000, timezone);
      const queue = new DayQueue([{ timezone, dayMs: dayOf(passedDays).fromMs, nextSiteId: 0 }]);
      let recordedMs = fromMs + 40 * 86_400_000;
      const recordedMin = recordedMs;
      for (const { pause, rows, days } of batches) {
        recordedMs += pause;
        const touched = new TouchedDays();
        const points = rows.map(({ quarter, member, energyWh, isKnown }) =>
          quarterOf(pointIds[member] as number, fromMs + quarter * QUARTER_MS, energyWh, isKnown),
        );
        await store.begin();
        await store.writePointQuarters(points, recordedMs);
        await store.writeSiteQuarters(
          points.map((row) => siteQuarter(siteId, row.pointId === pointIds[0] ? null : 'part', row)),
          recordedMs,
        );
        await store.writeGaugeQuarters(
          points.map(({ pointId, startMs, energyWh }) => {
            return { pointId, channel: 'utilisation', startMs, sum: energyWh, minutes: 1 + (startMs % 7) };
          }),
          recordedMs,
        );
        for (const { startMs } of points) touched.add(hall, startMs);
        const chosen = [...new Set(days)].map((index) => ({ siteId, span: dayOf(index), pointIds }));
        await makeDays(store, [...(await touched.due(store, queue)), ...chosen], recordedMs);
        await store.commit(++position);
      }
      for (const { edges, asOf } of questions) {
        const boundaries = edges.map((index) => fromMs + index * QUARTER_MS).sort((a, b) => a - b);
        const asOfMs = asOf === null ? null : recordedMin + asOf;
        const ask = async (sources: Sources) => ({
          points: await pointSumsOf(sources, pointIds, boundaries, asOfMs),
          site: await siteSums(sources, hall, boundaries, asOfMs),
          part: await partialSums(sources, { site: hall, partial: 'part' }, boundaries, asOfMs),
          gauges: await gaugeMeansOf(
            sources,
            pointIds,
            'utilisation',
            { fromMs: boundaries[0] as number, toMs: boundaries.at(-1) as number },
            asOfMs,
          ),
        });
        const [some, none] = [await ask(stored(store, hall)), await ask(stored(withoutDays(store), hall))];
        t.equal(JSON.stringify(some), JSON.stringify(none), `${timezone} ${boundaries.join()} as of ${asOfMs}`);
        const span = { fromMs: boundaries[0] as number, toMs: boundaries.at(-1) as number };
        const flat = sumPointIntervals(await store.pointQuarters(pointIds, span, asOfMs), boundaries);
        const known = flat.filter((row) => !isEmpty(row));
        t.same(
          some.points.map(({ pointId, startMs, measuredMs }) => [pointId, startMs, measuredMs]),
          known.map(({ pointId, startMs, measuredMs }) => [pointId, startMs, measuredMs]),
        );
        t.ok(known.every(({ energyWh }, index) => Math.abs((some.points[index]?.energyWh ?? NaN) - energyWh) <= 1e-6));
      }
    }),
    { numRuns: 12, endOnFailure: true },
  );
});
