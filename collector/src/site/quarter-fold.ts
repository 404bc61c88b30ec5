import { type PointInterval, QUARTER_MS } from '../accounting/interval.ts';
import { type Balance, balanceOf, partialBalancesOf, siteMinute } from './balance.ts';
import { addEnergies, type Energies, PointSum } from './interval-sum.ts';
import type { Site, SiteInterval } from './site.ts';
import { addVirtualRows } from './virtual-rows.ts';

/** Which site each point belongs to, and how each site's points add up. */
export class SiteIndex {
  readonly sites: readonly Site[];
  /** By number of the point; the catalogue gives numbers without gaps. */
  readonly #siteOf: Site[] = [];
  readonly #virtual = new Set<number>();
  readonly #balances = new Map<Site, readonly [Balance, ...Balance[]]>();

  constructor(sites: readonly Site[]) {
    this.sites = sites;
    for (const site of sites) {
      for (const { pointId, virtual } of site.points) {
        if (pointId === null) continue;
        this.#siteOf[pointId] = site;
        if (virtual !== null) this.#virtual.add(pointId);
      }
    }
  }

  siteOf(pointId: number): Site | undefined {
    return this.#siteOf[pointId];
  }

  isVirtual(pointId: number): boolean {
    return this.#virtual.has(pointId);
  }

  /** The plan of the site, and then those of its parts. */
  balancesOf(site: Site): readonly [Balance, ...Balance[]] {
    let balances = this.#balances.get(site);
    if (balances === undefined) this.#balances.set(site, (balances = [balanceOf(site), ...partialBalancesOf(site)]));
    return balances;
  }
}

/** Quarter-hours of points, and of sites and their parts. */
export interface Quarters {
  readonly points: readonly PointInterval[];
  readonly sites: readonly SiteInterval[];
}

/** Folds minutes of many points, ordered by minute, into quarter-hours of the points and of their sites. */
export class QuarterFold {
  readonly #index: SiteIndex;
  #quarterMs = Number.NEGATIVE_INFINITY;
  #minuteMs = Number.NEGATIVE_INFINITY;
  /** The newest row of each point, by its number; those of earlier minutes stay until they are replaced. */
  readonly #rows: PointInterval[] = [];
  readonly #sitesOfMinute = new Set<Site>();
  /** By number of the point; those of earlier quarter-hours stay until they begin again. */
  readonly #points: PointSum[] = [];
  readonly #isAsked: (pointId: number) => boolean;
  readonly #sites = new Map<Balance, Energies>();
  readonly #pointQuarters: PointInterval[] = [];
  readonly #siteQuarters: SiteInterval[] = [];

  /** @param isAsked whether a point's own quarter-hours are asked for; those of its site always are */
  constructor(index: SiteIndex, isAsked: (pointId: number) => boolean = () => true) {
    this.#index = index;
    this.#isAsked = isAsked;
  }

  /** @throws RangeError where the rows are out of order. */
  add(row: PointInterval): void {
    if (row.startMs !== this.#minuteMs) this.#turnTo(row.startMs);
    const site = this.#index.siteOf(row.pointId);
    if (site !== undefined) this.#sitesOfMinute.add(site);
    // What an agent reports of a virtual point does not count beside its members.
    if (!this.#index.isVirtual(row.pointId)) this.#addRow(row);
  }

  /** The quarter-hours of all rows added. */
  finish(): Quarters {
    this.endMinute();
    this.#closeQuarter();
    return { points: this.#pointQuarters, sites: this.#siteQuarters };
  }

  #addRow(row: PointInterval): void {
    const { pointId } = row;
    this.#rows[pointId] = row;
    if (!this.#isAsked(pointId)) return;
    const sum = (this.#points[pointId] ??= new PointSum(pointId, this.#quarterMs));
    if (sum.startMs !== this.#quarterMs) sum.restart(this.#quarterMs);
    sum.add(row);
  }

  #turnTo(minuteMs: number): void {
    if (minuteMs < this.#minuteMs) throw new RangeError('minutes out of order');
    this.endMinute();
    this.#minuteMs = minuteMs;
    if (minuteMs < this.#quarterMs + QUARTER_MS) return;
    this.#closeQuarter();
    this.#quarterMs = quarterOf(minuteMs);
  }

  /** Adds up the sites' minute, at the latest with the first row of the next one; its rows are not needed any more. */
  endMinute(): void {
    const rowOf = (pointId: number): PointInterval | undefined => {
      const row = this.#rows[pointId];
      return row?.startMs === this.#minuteMs ? row : undefined;
    };
    for (const site of this.#sitesOfMinute) {
      const balances = this.#index.balancesOf(site);
      addVirtualRows(balances[0].virtual, this.#minuteMs, rowOf, (row) => this.#addRow(row));
      for (const balance of balances) {
        const energies = siteMinute(balance, this.#minuteMs, rowOf);
        const sum = this.#sites.get(balance);
        if (energies !== null) this.#sites.set(balance, sum === undefined ? energies : addEnergies(sum, energies));
      }
    }
    this.#sitesOfMinute.clear();
  }

  /** In order of numbers, whichever order the minutes were in: a replay writes the same rows in the same order. */
  #closeQuarter(): void {
    this.#points.forEach((sum) => {
      if (sum.startMs === this.#quarterMs) this.#pointQuarters.push(sum.value());
    });
    for (const [{ site, partial }, energies] of [...this.#sites].sort(([a], [b]) => compareBalances(a, b))) {
      this.#siteQuarters.push({ ...energies, siteId: site.siteId, partial, startMs: this.#quarterMs });
    }
    this.#sites.clear();
  }
}

function compareBalances(a: Balance, b: Balance): number {
  return a.site.siteId - b.site.siteId || ((a.partial ?? '') < (b.partial ?? '') ? -1 : 1);
}

/** Beginning of the quarter-hour that holds `ms`. */
export function quarterOf(ms: number): number {
  return Math.floor(ms / QUARTER_MS) * QUARTER_MS;
}
