import type { Sources } from '../../src/kpi/minutes.ts';
import type { Store } from '../../src/store/store.ts';

/** What a store alone has: all of it rolled up, all points of one site. */
export function stored(store: Store, site: { readonly siteId: number; readonly timezone: string }): Sources {
  return {
    store,
    openRows: () => [],
    plansOf: () => [],
    siteOf: () => site,
    rolledUpToMs: Number.POSITIVE_INFINITY,
  };
}
