import type { Span } from '../accounting/interval.ts';
import { localDayOf } from './local-day.ts';
import type { Site } from './site.ts';

/** How far the days of the sites in one time zone are made. */
export interface ZoneProgress {
  readonly timezone: string;
  /** Beginning of the local day that is under way; those before it are made. */
  readonly dayMs: number;
  /** Sites with lower numbers have had their turn in it. */
  readonly nextSiteId: number;
}

/** A local day of a site whose rows are to be made. */
export interface DueDay {
  readonly siteId: number;
  readonly span: Span;
  /** The points whose rows are made; the site has its own in any case. */
  readonly pointIds: readonly number[];
}

/** Days of points made in one batch, so that midnight in a fleet of 100,000 points is spread over 40 minutes. */
const MAX_POINT_DAYS = 2_500;

/**
 * Which local days are to be made, in bounded portions: when a day has ended in a zone, its sites have their turn one after the
 * other. What is due depends on the state, the sites and the batch's time alone, so that a replay makes the same days.
 */
export class DayQueue {
  readonly #zones: ReadonlyMap<string, ZoneProgress>;

  constructor(state: readonly ZoneProgress[]) {
    this.#zones = new Map(state.map((zone) => [zone.timezone, zone]));
  }

  state(): readonly ZoneProgress[] {
    return [...this.#zones.values()].sort((a, b) => (a.timezone < b.timezone ? -1 : 1));
  }

  /** Days of a zone's sites that ended by then are made or had their turn; null where the zone is new. */
  passedMs(timezone: string): number | null {
    return this.#zones.get(timezone)?.dayMs ?? null;
  }

  /** The queue with a place for every zone that some site is in; a new one begins with the day that is. */
  withZonesOf(sites: readonly Site[], nowMs: number): DayQueue {
    const timezones = new Set(sites.map(({ timezone }) => timezone));
    if (timezones.size === this.#zones.size && [...timezones].every((timezone) => this.#zones.has(timezone)))
      return this;
    const zones = [...timezones].map(
      (timezone) => this.#zones.get(timezone) ?? { timezone, dayMs: localDayOf(nowMs, timezone).fromMs, nextSiteId: 0 },
    );
    return new DayQueue(zones);
  }

  /** Takes the next portion of the days that ended by an instant, the oldest first. */
  advance(sites: readonly Site[], endedMs: number): { readonly queue: DayQueue; readonly due: readonly DueDay[] } {
    const zones = new Map(this.#zones);
    const due: DueDay[] = [];
    let left = MAX_POINT_DAYS;
    while (left > 0) {
      const zone = oldest(zones.values());
      const day = zone === null ? null : localDayOf(zone.dayMs, zone.timezone);
      if (zone === null || day === null || day.toMs > endedMs) break;
      let nextSiteId = Number.POSITIVE_INFINITY;
      for (const site of sites) {
        if (site.timezone !== zone.timezone || site.siteId < zone.nextSiteId) continue;
        if (left <= 0) {
          nextSiteId = site.siteId;
          break;
        }
        const pointIds = pointIdsOf(site);
        left -= 1 + pointIds.length;
        if (pointIds.length > 0) due.push({ siteId: site.siteId, span: day, pointIds });
      }
      const isDone = nextSiteId === Number.POSITIVE_INFINITY;
      zones.set(zone.timezone, isDone ? { ...zone, dayMs: day.toMs, nextSiteId: 0 } : { ...zone, nextSiteId });
    }
    return { queue: new DayQueue([...zones.values()]), due };
  }
}

/** The zone whose day under way ends first is hardly another than the one where it began first. */
function oldest(zones: Iterable<ZoneProgress>): ZoneProgress | null {
  let first: ZoneProgress | null = null;
  for (const zone of zones) {
    if (first === null || zone.dayMs < first.dayMs || (zone.dayMs === first.dayMs && zone.timezone < first.timezone))
      first = zone;
  }
  return first;
}

export function pointIdsOf({ points }: Site): number[] {
  return points.flatMap(({ pointId }) => (pointId === null ? [] : [pointId]));
}
