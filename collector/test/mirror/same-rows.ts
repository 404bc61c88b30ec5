import { createLogger } from '@wattmark/shared/logger';
import type { Test } from 'tap';
import type { Fold } from '../../src/fold.ts';
import type { InfluxTarget } from '../../src/influx/client.ts';
import { openInfluxStore } from '../../src/influx/store.ts';
import { rolledUpChannels } from '../../src/site/gauge-fold.ts';
import { gatherRows } from '../../src/store/row-portions.ts';
import type { Store } from '../../src/store/store.ts';

const ALWAYS = { fromMs: 0, toMs: Date.UTC(2100, 0) };

/** All newest rows of a store, table by table. */
async function rowsOf(store: Store, { catalogue }: Fold): Promise<Readonly<Record<string, readonly object[]>>> {
  const pointIds = [...catalogue.points.keys()];
  const siteIds = [...catalogue.sites.keys()];
  const ofSites = async (read: (siteId: number) => Promise<object[]>): Promise<object[]> =>
    (await Promise.all(siteIds.map(read))).flat();
  const ofGauges = async (read: (channel: (typeof rolledUpChannels)[number]) => Promise<object[]>): Promise<object[]> =>
    (await Promise.all(rolledUpChannels.map(read))).flat();
  return {
    pointMinutes: await store.pointMinutes(pointIds, ALWAYS, null),
    pointQuarters: await store.pointQuarters(pointIds, ALWAYS, null),
    pointDays: await gatherRows(store.pointDays(pointIds, ALWAYS, null)),
    siteQuarters: await ofSites((siteId) => store.siteQuarters(siteId, null, ALWAYS, null)),
    siteDays: await ofSites((siteId) => store.siteDays(siteId, null, ALWAYS, null)),
    gaugeMinutes: (await Promise.all(pointIds.map((id) => store.gaugeMinutes(id, ALWAYS, null)))).flat(),
    gaugeQuarters: await ofGauges((channel) => store.gaugeQuarters(pointIds, channel, ALWAYS, null)),
    gaugeDays: await ofGauges((channel) => store.gaugeDays(pointIds, channel, ALWAYS, null)),
  };
}

/** Asserts that a mirror has every row that the store has, to the last bit, and no other. @returns how many these are. */
export async function assertSameRows(t: Test, store: Store, target: InfluxTarget, fold: Fold): Promise<number> {
  const known = { catalogue: fold.catalogue, site: (siteId: number) => fold.registry.site(siteId) };
  const mirror = await openInfluxStore({
    target,
    known: () => known,
    release: async () => {},
    log: createLogger('test', 'silent'),
  });
  const [stored, mirrored] = [await rowsOf(store, fold), await rowsOf(mirror, fold)];
  for (const [table, rows] of Object.entries(stored)) t.same(mirrored[table], rows, `${table}: ${rows.length} rows`);
  return Object.values(stored).reduce((sum, rows) => sum + rows.length, 0);
}
