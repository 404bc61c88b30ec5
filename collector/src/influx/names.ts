import { crc32 } from 'node:zlib';
import { chooseLevel } from '../kpi/level.ts';
import { leastCoverageOf } from '../kpi/site-kpis.ts';
import { type Balance, balanceOf } from '../site/balance.ts';
import type { Site, SiteSum } from '../site/site.ts';
import type { Catalogue } from '../evidence/catalogue.ts';
import { tagsOf } from './lines.ts';
import type { Selection } from './reader.ts';

/** What the fold knows and InfluxDB must be told: names of what has numbers here, and how sites add up. */
export interface Known {
  readonly catalogue: Catalogue;
  readonly site: (siteId: number) => Site;
}

/** More points than this are not named in a question: their sites are asked for as a whole. */
const MOST_NAMES = 2_000;

/** Numbers as tags and tags as numbers. */
export class Names {
  readonly #known: () => Known;
  readonly #pointTags: string[] = [];
  readonly #pointChecksums: number[] = [];
  readonly #siteTags: string[] = [];
  readonly #balances = new WeakMap<Site, Balance>();

  /** The fold may be made only after the store is opened. */
  constructor(known: () => Known) {
    this.#known = known;
  }

  pointTags(pointId: number): string {
    return (this.#pointTags[pointId] ??= tagsOf(this.pointOf(pointId)));
  }

  /** Tells whether a number still stands for the same point. */
  pointChecksum(pointId: number): number {
    return (this.#pointChecksums[pointId] ??= crc32(this.pointTags(pointId)));
  }

  gaugeTags(pointId: number, channel: string): string {
    // Sorted before all tags of a point.
    return tagsOf({ channel }) + this.pointTags(pointId);
  }

  siteTags(siteId: number, partial: string | null): string {
    if (partial !== null) return tagsOf({ ...this.siteOf(siteId), part: partial });
    return (this.#siteTags[siteId] ??= tagsOf(this.siteOf(siteId)));
  }

  /** @throws RangeError where there is no such point. */
  pointOf(pointId: number): { readonly group: string; readonly site: string; readonly point: string } {
    const key = this.#known().catalogue.points[pointId];
    if (key === undefined) throw new RangeError(`point ${pointId} is not defined`);
    return { ...this.siteOf(key.siteId), point: key.point };
  }

  siteOf(siteId: number): { readonly group: string; readonly site: string } {
    const key = this.#known().catalogue.sites[siteId];
    if (key === undefined) throw new RangeError(`site ${siteId} is not defined`);
    return { group: key.group, site: key.site };
  }

  /** Everything in which these points' rows are, or (null) those of all; others' may be there as well. */
  selectionOf(pointIds: readonly number[] | null): Selection {
    if (pointIds === null) return {};
    const keys = pointIds.map((pointId) => this.pointOf(pointId));
    const [site, point] = [new Set(keys.map((key) => key.site)), new Set(keys.map((key) => key.point))];
    return { site: [...site], ...(point.size <= MOST_NAMES && { point: [...point] }) };
  }

  selectionOfSites(siteIds: readonly number[]): Selection {
    return { site: siteIds.map((siteId) => this.siteOf(siteId).site) };
  }

  siteIdOf(site: string): number | undefined {
    return this.#known().catalogue.siteId(site);
  }

  pointIdOf(site: string, point: string): number | undefined {
    const siteId = this.siteIdOf(site);
    return siteId === undefined ? undefined : this.#known().catalogue.pointId(siteId, point);
  }

  /** At which level the figures of one interval are, where nothing else is asked: of a part there is only one. */
  levelOf(siteId: number, partial: string | null, sum: SiteSum): number {
    if (partial !== null) return 0;
    const site = this.#known().site(siteId);
    const evidence = { sums: [sum], elapsedMs: sum.endMs - sum.startMs, leastCoverage: leastCoverageOf(site) };
    return chooseLevel(this.#balanceOf(site), evidence).index;
  }

  #balanceOf(site: Site): Balance {
    let balance = this.#balances.get(site);
    if (balance === undefined) this.#balances.set(site, (balance = balanceOf(site)));
    return balance;
  }
}
