import { QUARTER_MS, type Span } from '../accounting/interval.ts';
import type { MadeDay, Store } from '../store/store.ts';
import { type DayQueue, type DueDay, pointIdsOf } from './day-queue.ts';
import { localDayOf } from './local-day.ts';
import type { Site } from './site.ts';

/** Days between two that were touched are made with them where there are no more, so that an import leaves no holes. */
const MAX_HOLE_MS = 31 * 86_400_000;

/** Quarter-hours of sites' points that a batch changed, and the local days that have to be made again for it. */
export class TouchedDays {
  /** Beginnings, by site. */
  readonly #quarters = new Map<Site, Set<number>>();

  add(site: Site, quarterMs: number): void {
    let quarters = this.#quarters.get(site);
    if (quarters === undefined) this.#quarters.set(site, (quarters = new Set()));
    quarters.add(quarterMs);
  }

  /**
   * The days with rows that hold something touched, whichever time zone they were made in, and those without that the queue has
   * passed already.
   * @param isChanged whether a point's quarter-hours are others: days with rows need no new ones of the other points
   */
  async due(store: Store, queue: DayQueue, isChanged: (pointId: number) => boolean = () => true): Promise<DueDay[]> {
    if (this.#quarters.size === 0) return [];
    const touched = [...this.#quarters]
      .map(([site, quarters]) => ({ site, quarters: [...quarters].sort((a, b) => a - b) }))
      .sort((a, b) => a.site.siteId - b.site.siteId);
    const fromMs = touched.reduce((ms, { quarters }) => Math.min(ms, quarters[0] as number), Number.POSITIVE_INFINITY);
    const lastMs = touched.reduce((ms, { quarters }) => Math.max(ms, quarters.at(-1) as number), fromMs);
    const siteIds = touched.map(({ site }) => site.siteId);
    const made = new Map<number, MadeDay[]>(siteIds.map((siteId) => [siteId, []]));
    for (const day of await store.readBackMadeDays(siteIds, { fromMs, toMs: lastMs + QUARTER_MS }))
      made.get(day.siteId)?.push(day);
    return touched.flatMap(({ site, quarters }) =>
      daysOf(site, quarters, made.get(site.siteId) ?? [], queue, isChanged),
    );
  }
}

function daysOf(
  site: Site,
  quarters: readonly number[],
  made: readonly MadeDay[],
  queue: DayQueue,
  isChanged: (pointId: number) => boolean,
): DueDay[] {
  const pointIds = pointIdsOf(site);
  const changed = pointIds.filter(isChanged);
  const again = made
    .filter(({ startMs, endMs }) => holdsAny(quarters, startMs, endMs))
    .map(({ startMs, endMs }) => ({ span: { fromMs: startMs, toMs: endMs }, pointIds: changed }));
  const known = new Set(made.map(({ startMs, endMs }) => `${startMs} ${endMs}`));
  const passedMs = queue.passedMs(site.timezone) ?? Number.NEGATIVE_INFINITY;
  const first = daysAbout(quarters, site.timezone, passedMs)
    .filter(({ fromMs, toMs }) => !known.has(`${fromMs} ${toMs}`))
    .map((span) => ({ span, pointIds }));
  return [...again, ...first]
    .sort((a, b) => a.span.fromMs - b.span.fromMs || a.span.toMs - b.span.toMs)
    .map((day) => ({ siteId: site.siteId, ...day }));
}

/** The local days that hold the quarter-hours, with those in holes between them, as far as they end by an instant. */
function daysAbout(quarters: readonly number[], timezone: string, untilMs: number): Span[] {
  const days: Span[] = [];
  for (const ms of quarters) {
    let lastMs = days.at(-1)?.toMs ?? Number.NEGATIVE_INFINITY;
    if (ms < lastMs) continue;
    if (ms - lastMs > MAX_HOLE_MS) lastMs = ms;
    for (let day = localDayOf(lastMs, timezone); day.fromMs <= ms; day = localDayOf(day.toMs, timezone)) {
      if (day.toMs > untilMs) return days;
      days.push(day);
    }
  }
  return days;
}

function holdsAny(sorted: readonly number[], fromMs: number, toMs: number): boolean {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as number) < fromMs) low = middle + 1;
    else high = middle;
  }
  return (sorted[low] ?? Number.POSITIVE_INFINITY) < toMs;
}
