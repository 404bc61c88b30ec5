import { type PointInterval, QUARTER_MS } from '../accounting/interval.ts';
import { type Balance, balanceOf, siteMinute } from './balance.ts';
import { addEnergies, type Energies, PointSum } from './interval-sum.ts';
import type { Site, SiteInterval } from './site.ts';

/** Which site each point belongs to, and how each site's points add up. */
export class SiteIndex {
  readonly #siteOf = new Map<number, Site>();
  readonly #balances = new Map<Site, Balance>();

  constructor(sites: readonly Site[]) {
    for (const site of sites) {
      for (const { pointId } of site.points) if (pointId !== null) this.#siteOf.set(pointId, site);
    }
  }

  siteOf(pointId: number): Site | undefined {
    return this.#siteOf.get(pointId);
  }

  balanceOf(site: Site): Balance {
    let balance = this.#balances.get(site);
    if (balance === undefined) this.#balances.set(site, (balance = balanceOf(site)));
    return balance;
  }
}

/** Folds minutes of many points, ordered by minute, into quarter-hours of the points and of their sites. */
export class QuarterFold {
  readonly #index: SiteIndex;
  #quarterMs = Number.NEGATIVE_INFINITY;
  #minuteMs = Number.NEGATIVE_INFINITY;
  readonly #minute = new Map<number, PointInterval>();
  readonly #sitesOfMinute = new Set<Site>();
  readonly #points = new Map<number, PointSum>();
  readonly #sites = new Map<Site, Energies>();
  readonly #pointQuarters: PointInterval[] = [];
  readonly #siteQuarters: SiteInterval[] = [];

  constructor(index: SiteIndex) {
    this.#index = index;
  }

  /** @throws RangeError where the rows are out of order. */
  add(row: PointInterval): void {
    if (row.startMs !== this.#minuteMs) this.#turnTo(row.startMs);
    let sum = this.#points.get(row.pointId);
    if (sum === undefined) this.#points.set(row.pointId, (sum = new PointSum(row.pointId, this.#quarterMs)));
    sum.add(row);
    const site = this.#index.siteOf(row.pointId);
    if (site === undefined) return;
    this.#minute.set(row.pointId, row);
    this.#sitesOfMinute.add(site);
  }

  /** The quarter-hours of all rows added. */
  finish(): { readonly points: readonly PointInterval[]; readonly sites: readonly SiteInterval[] } {
    this.#closeMinute();
    this.#closeQuarter();
    return { points: this.#pointQuarters, sites: this.#siteQuarters };
  }

  #turnTo(minuteMs: number): void {
    if (minuteMs < this.#minuteMs) throw new RangeError('minutes out of order');
    this.#closeMinute();
    this.#minuteMs = minuteMs;
    if (minuteMs < this.#quarterMs + QUARTER_MS) return;
    this.#closeQuarter();
    this.#quarterMs = quarterOf(minuteMs);
  }

  #closeMinute(): void {
    for (const site of this.#sitesOfMinute) {
      const energies = siteMinute(this.#index.balanceOf(site), this.#minuteMs, this.#minute);
      const sum = this.#sites.get(site);
      if (energies !== null) this.#sites.set(site, sum === undefined ? energies : addEnergies(sum, energies));
    }
    this.#minute.clear();
    this.#sitesOfMinute.clear();
  }

  /** In order of their numbers, for minutes come in any order of points: a replay writes the same rows in the same order. */
  #closeQuarter(): void {
    for (const [, sum] of [...this.#points].sort(([a], [b]) => a - b)) this.#pointQuarters.push(sum.value());
    for (const [{ siteId }, energies] of [...this.#sites].sort(([a], [b]) => a.siteId - b.siteId)) {
      this.#siteQuarters.push({ ...energies, siteId, startMs: this.#quarterMs });
    }
    this.#points.clear();
    this.#sites.clear();
  }
}

/** Beginning of the quarter-hour that holds `ms`. */
export function quarterOf(ms: number): number {
  return Math.floor(ms / QUARTER_MS) * QUARTER_MS;
}
