import { type PointInterval, QUARTER_MS } from '../accounting/interval.ts';
import { type Balance, balanceOf, siteMinute } from './balance.ts';
import { addEnergies, type Energies, PointSum } from './interval-sum.ts';
import type { Site, SiteInterval } from './site.ts';

/** Which site each point belongs to, and how each site's points add up. */
export class SiteIndex {
  /** By number of the point; the catalogue gives numbers without gaps. */
  readonly #siteOf: Site[] = [];
  readonly #balances = new Map<Site, Balance>();

  constructor(sites: readonly Site[]) {
    for (const site of sites) {
      for (const { pointId } of site.points) if (pointId !== null) this.#siteOf[pointId] = site;
    }
  }

  siteOf(pointId: number): Site | undefined {
    return this.#siteOf[pointId];
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
  /** The newest row of each point, by its number; those of earlier minutes stay until they are replaced. */
  readonly #rows: PointInterval[] = [];
  readonly #sitesOfMinute = new Set<Site>();
  /** By number of the point. */
  #points: PointSum[] = [];
  readonly #sites = new Map<Site, Energies>();
  readonly #pointQuarters: PointInterval[] = [];
  readonly #siteQuarters: SiteInterval[] = [];

  constructor(index: SiteIndex) {
    this.#index = index;
  }

  /** @throws RangeError where the rows are out of order. */
  add(row: PointInterval): void {
    if (row.startMs !== this.#minuteMs) this.#turnTo(row.startMs);
    const { pointId } = row;
    const sum = (this.#points[pointId] ??= new PointSum(pointId, this.#quarterMs));
    sum.add(row);
    this.#rows[pointId] = row;
    const site = this.#index.siteOf(pointId);
    if (site !== undefined) this.#sitesOfMinute.add(site);
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
    const rowOf = (pointId: number): PointInterval | undefined => {
      const row = this.#rows[pointId];
      return row?.startMs === this.#minuteMs ? row : undefined;
    };
    for (const site of this.#sitesOfMinute) {
      const energies = siteMinute(this.#index.balanceOf(site), this.#minuteMs, rowOf);
      const sum = this.#sites.get(site);
      if (energies !== null) this.#sites.set(site, sum === undefined ? energies : addEnergies(sum, energies));
    }
    this.#sitesOfMinute.clear();
  }

  /** In order of numbers, whichever order the minutes were in: a replay writes the same rows in the same order. */
  #closeQuarter(): void {
    this.#points.forEach((sum) => this.#pointQuarters.push(sum.value()));
    for (const [{ siteId }, energies] of [...this.#sites].sort(([a], [b]) => a.siteId - b.siteId)) {
      this.#siteQuarters.push({ ...energies, siteId, startMs: this.#quarterMs });
    }
    this.#points = [];
    this.#sites.clear();
  }
}

/** Beginning of the quarter-hour that holds `ms`. */
export function quarterOf(ms: number): number {
  return Math.floor(ms / QUARTER_MS) * QUARTER_MS;
}
