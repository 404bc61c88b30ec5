import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { isEmpty, type PointInterval, QUARTER_MS } from '../../src/accounting/interval.ts';
import { PointColumns } from '../../src/accounting/point-columns.ts';
import { nothing } from '../../src/site/interval-sum.ts';
import { Rollup } from '../../src/site/rollup.ts';
import { emptySiteFile } from '../../src/site/site-file.ts';
import type { Site, SiteInterval } from '../../src/site/site.ts';
import { openDuckdbStore } from '../../src/store/duckdb.ts';
import { gatherRows } from '../../src/store/row-portions.ts';
import type { Store } from '../../src/store/store.ts';
import { point, row, site, T0 } from './example.ts';

const HOURS = 60;
const ENTERED_MS = T0 + HOURS * 3_600_000 + 120_000;
const pointIds = [1, 2, 3, 4, 5];
const parts = ['hall', 'annex'];

/** The last three points are measured or made of those before them, whichever their role; parts and time zone are any. */
const someSite: fc.Arbitrary<Site> = fc
  .record({
    points: fc.tuple(
      ...pointIds.map((id) => {
        const members = pointIds.filter((other) => other < id).map((other) => `p${other}`);
        const virtual = fc.record({
          sum: fc.dictionary(fc.constantFrom(...members, ...members, 'nobody'), fc.constantFrom(1, -1), { minKeys: 1 }),
          constantW: fc.constantFrom(0, 60),
        });
        const made = id < 3 ? fc.constant(null) : fc.option(virtual);
        const role = fc.constantFrom('utility', 'it', 'cooling', null);
        return fc.tuple(role, made).map(([role, virtual]) =>
          point(id, role, {
            point: `p${id}`,
            virtual: virtual === null ? null : { ...virtual, sum: Object.entries(virtual.sum) },
          }),
        );
      }),
    ),
    partials: fc.subarray(parts),
    timezone: fc.constantFrom('UTC', 'UTC', 'UTC', 'Asia/Kathmandu'),
  })
  .map(({ points, partials, timezone }) =>
    site(points, {
      timezone,
      file: {
        ...emptySiteFile({ site: 'dc-1', group: 'default' }),
        partials: partials.map((id) => ({ id, total: ['p1', 'p3'], it: ['p2', 'p5'] })),
      } as Site['file'],
    }),
  );

const someRows = fc.array(
  fc
    .tuple(fc.constantFrom(...pointIds), fc.nat(4 * HOURS - 1), fc.nat(14), fc.integer({ min: 0, max: 900 }))
    .map(([id, quarter, minute, energyWh]) => row(id, energyWh / 7, {}, 15 * quarter + minute)),
  { minLength: 1, maxLength: 60 },
);

async function inStore<T>(work: (store: Store) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'redescribed-'));
  const store = await openDuckdbStore(join(directory, 'store.duckdb'));
  try {
    return await work(store);
  } finally {
    await store.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** All rows, recorded in batches of six hours as they come. */
async function record(rollup: Rollup, store: Store, rows: readonly PointInterval[], of: Site): Promise<void> {
  for (let hour = 0; hour <= HOURS; hour += 6) {
    const span = [T0 + (hour - 6) * 3_600_000, T0 + hour * 3_600_000] as const;
    const own = rows.filter(({ startMs }) => startMs >= span[0] && startMs < span[1]);
    const points = [...new Map(own.map((one) => [`${one.pointId} ${one.startMs}`, one])).values()];
    const batch = { position: hour + 1, recordedMs: span[1] + 90_000, points: PointColumns.of(points), gauges: [] };
    await rollup.record(store, batch, [of]);
  }
}

async function describeAnew(rollup: Rollup, store: Store, fromMs: number, before: Site, after: Site): Promise<void> {
  const virtualIds = [before, after].flatMap(({ points }) =>
    points.flatMap(({ pointId, virtual }) => (pointId === null || virtual === null ? [] : [pointId])),
  );
  const redescribed = { siteId: 1, fromMs, virtualIds: [...new Set(virtualIds)] };
  const rows = (async function* (): AsyncGenerator<PointColumns> {})();
  await rollup.restate(store, { position: 1_000, recordedMs: ENTERED_MS, redescribed, rows }, [after]);
}

/** Whatever says something, of quarter-hours and of days, each with its beginning and end. */
async function rowsOf(store: Store): Promise<{ startMs: number; endMs: number }[]> {
  const span = { fromMs: T0 - 86_400_000, toMs: ENTERED_MS };
  const quarters = await store.pointQuarters(pointIds, span, null);
  const days = await gatherRows(store.pointDays(pointIds, span, null));
  const ofSites: SiteInterval[] = [];
  for (const partial of [null, ...parts]) {
    ofSites.push(
      ...(await store.siteQuarters(1, partial, span, null)),
      ...(await store.siteDays(1, partial, span, null)),
    );
  }
  const empty = JSON.stringify(nothing);
  const isNothing = ({ supplyWh, supplyMs, levels, roleWh, overhead }: SiteInterval): boolean =>
    JSON.stringify({ supplyWh, supplyMs, levels, roleWh, overhead }) === empty;
  const known = [...quarters, ...days].filter((one) => !isEmpty(one));
  return [...known, ...ofSites.filter((one) => !isNothing(one))].map((one) => ({
    endMs: one.startMs + QUARTER_MS,
    ...one,
  }));
}

t.test('what is described anew from a date on is as if it had been described so from then on', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      someSite,
      someSite,
      someRows,
      fc.option(fc.nat(4 * HOURS), { freq: 1 }),
      async (before, after, rows, quarter) => {
        const fromMs = quarter === null ? 0 : T0 + quarter * QUARTER_MS;
        const expected = await inStore(async (store) => {
          await record(new Rollup(), store, rows, after);
          return rowsOf(store);
        });
        const found = await inStore(async (store) => {
          const rollup = new Rollup();
          await record(rollup, store, rows, before);
          await describeAnew(rollup, store, fromMs, before, after);
          return rowsOf(store);
        });
        const days = new Set(expected.map(({ startMs, endMs }) => `${startMs} ${endMs}`));
        const concerned = found.filter(
          // Days of the time zone that the site was in before stay beside those of the new one.
          ({ startMs, endMs }) =>
            startMs >= fromMs && (endMs - startMs === QUARTER_MS || days.has(`${startMs} ${endMs}`)),
        );
        t.strictSame(
          concerned,
          expected.filter(({ startMs }) => startMs >= fromMs),
        );
      },
    ),
    { numRuns: 25 },
  );
});
