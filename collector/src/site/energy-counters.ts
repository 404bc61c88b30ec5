import { energyRoles } from '@wattmark/shared/roles';
import { MINUTE_MS, type PointInterval } from '../accounting/interval.ts';
import { ColumnRow, PointColumns } from '../accounting/point-columns.ts';
import { type Balance, balanceOf, type RowOf, siteMinute } from './balance.ts';
import type { LevelEnergies, Site, SiteInterval } from './site.ts';
import { addVirtualRows } from './virtual-rows.ts';

/** What a site has used since its first reading, as far as it was counted; null before anything of it was known. */
export interface EnergyCount {
  readonly totalWh: number | null;
  readonly itWh: number | null;
  /** Of the minutes in which both sides were measured; only these two may form a ratio. */
  readonly pairedTotalWh: number | null;
  readonly pairedItWh: number | null;
  readonly pairedMs: number | null;
  /** In the order of `energyRoles` of @wattmark/shared/roles. */
  readonly roleWh: readonly (number | null)[];
}

export interface EnergyCountersState {
  readonly sites: readonly (SiteState | null)[];
  readonly lateMinutes: number;
}

interface SiteState {
  readonly sums: Float64Array;
  readonly newestMs: number;
  readonly held: readonly { readonly startMs: number; readonly rows: ArrayBuffer; readonly counted: Float64Array }[];
}

/** A minute that may still become more: its rows so far, and what of it is counted. */
interface HeldMinute {
  readonly rows: Map<number, PointInterval>;
  readonly counted: Float64Array;
}

interface Counted {
  /** In the order of `quantitiesOf`; NaN is unknown. */
  readonly sums: Float64Array;
  newestMs: number;
  /** By beginning, oldest first. */
  readonly held: Map<number, HeldMinute>;
}

/** How the points of one version of a site add up, and those that are measured for it. */
interface Plan {
  readonly balance: Balance;
  readonly pointIds: readonly number[];
}

/** The row of a point in a minute of a batch. */
type ColumnRowOf = (pointId: number) => ColumnRow | undefined;

/** A minute that is not whole waits so long for the rest of it, by its own site's newest minute: an agent may be away. */
const WINDOW_MS = 6 * 60 * MINUTE_MS;

/** Rows held in all, some 20 MB; a site that would need more gives up its own oldest minute. */
const MAX_HELD_ROWS = 100_000;

/** What comes before the roles in `quantitiesOf`. */
const SIDES = 5;

/**
 * Energies of sites that only grow, as counters of a monitoring system must. A minute is counted when it is first known, and what
 * is added to it later only while it waits for the rest of its points. What comes after that, a correction or an import is not
 * counted: it would look like energy of now; and what a restatement takes back stays counted. Everything follows from the
 * batches alone, so that a restart and a fold of the whole log come to the same counts.
 */
export class EnergyCounters {
  readonly #sites: Counted[] = [];
  readonly #plans = new WeakMap<Site, Plan>();
  /** Of the newest row of each point in a batch, by the point's number. */
  #places = new Int32Array(0);
  #heldRows = 0;
  #lateMinutes = 0;

  /** Minutes of a site that were restated, or whose points came, after they had been given up or were whole. */
  get lateMinutes(): number {
    return this.#lateMinutes;
  }

  /** The counts of a site, by its number; null before its first minute. */
  of(siteId: number): EnergyCount | null {
    const counted = this.#sites[siteId];
    if (counted === undefined) return null;
    const [totalWh, itWh, pairedTotalWh, pairedItWh, pairedMs, ...roleWh] = Array.from(counted.sums, known);
    return {
      totalWh: totalWh ?? null,
      itWh: itWh ?? null,
      pairedTotalWh: pairedTotalWh ?? null,
      pairedItWh: pairedItWh ?? null,
      pairedMs: pairedMs ?? null,
      roleWh,
    };
  }

  /**
   * Counts minutes as they were closed, in any order.
   * @param siteIdOf number of the site that a point belongs to
   */
  count(rows: PointColumns, siteIdOf: (pointId: number) => number, siteOf: (siteId: number) => Site): void {
    const { length, pointIds, minutes } = rows;
    const row = new ColumnRow(rows, 0);
    for (const [minute, places] of placesByMinute(rows)) {
      const siteIds = new Set<number>();
      for (let index = 0; index < (places?.length ?? length); index++) {
        const place = places?.[index] ?? index;
        const pointId = pointIds[place] as number;
        this.#notePlace(pointId, place);
        siteIds.add(siteIdOf(pointId));
      }
      const closed = (pointId: number): ColumnRow | undefined => {
        row.at = this.#places[pointId] ?? length;
        // What is noted of a point may be its place in another minute, or in another batch.
        const isPlace = row.at < length && pointIds[row.at] === pointId && minutes[row.at] === minute;
        return isPlace ? row : undefined;
      };
      for (const siteId of siteIds) this.#countMinute(siteOf(siteId), minute * MINUTE_MS, closed);
    }
  }

  save(): EnergyCountersState {
    const sites = Array.from(this.#sites, (counted) => {
      if (counted === undefined) return null;
      const held = Array.from(counted.held, ([startMs, { rows, counted }]) => ({
        startMs,
        rows: PointColumns.of([...rows.values()]).buffer,
        counted: counted.slice(),
      }));
      return { sums: counted.sums.slice(), newestMs: counted.newestMs, held };
    });
    return { sites, lateMinutes: this.#lateMinutes };
  }

  static load({ sites, lateMinutes }: EnergyCountersState): EnergyCounters {
    const counters = new EnergyCounters();
    counters.#lateMinutes = lateMinutes;
    for (const [siteId, state] of sites.entries()) {
      if (state === null) continue;
      const counted: Counted = { sums: state.sums, newestMs: state.newestMs, held: new Map() };
      counters.#sites[siteId] = counted;
      for (const { startMs, rows: buffer, counted: ofMinute } of state.held) {
        const rows = new Map([...new PointColumns(buffer)].map((row) => [row.pointId, row]));
        counted.held.set(startMs, { rows, counted: ofMinute });
        counters.#heldRows += rows.size;
      }
    }
    return counters;
  }

  #countMinute(site: Site, startMs: number, closed: ColumnRowOf): void {
    const { balance, pointIds } = this.#planOf(site);
    if (!pointIds.some((pointId) => closed(pointId) !== undefined)) return;
    const counted = this.#countedOf(site.siteId);
    const waiting = counted.held.get(startMs);
    if (waiting === undefined && startMs <= counted.newestMs) {
      this.#lateMinutes++;
      return;
    }
    counted.newestMs = Math.max(counted.newestMs, startMs);
    if (waiting === undefined && pointIds.every((pointId) => isWhole(closed(pointId)))) {
      addMinute(counted.sums, new Float64Array(counted.sums.length), energiesOf(balance, startMs, closed), balance);
    } else {
      this.#hold(counted, startMs, pointIds, closed);
      const minute = counted.held.get(startMs) as HeldMinute;
      const rowOf: RowOf = (pointId) => minute.rows.get(pointId);
      addMinute(counted.sums, minute.counted, energiesOf(balance, startMs, rowOf), balance);
      if (pointIds.every((pointId) => isWhole(rowOf(pointId)))) this.#letGo(counted, startMs, minute);
    }
    for (const [oldestMs, oldest] of counted.held) {
      if (oldestMs > counted.newestMs - WINDOW_MS && this.#heldRows <= MAX_HELD_ROWS) break;
      this.#letGo(counted, oldestMs, oldest);
    }
  }

  /** Adds rows to those that a minute has. */
  #hold({ held, sums }: Counted, startMs: number, pointIds: readonly number[], closed: ColumnRowOf): void {
    const minute = held.get(startMs) ?? { rows: new Map(), counted: new Float64Array(sums.length) };
    held.set(startMs, minute);
    this.#heldRows -= minute.rows.size;
    for (const pointId of pointIds) {
      const row = closed(pointId);
      if (row !== undefined) minute.rows.set(pointId, row.columns.row(row.at));
    }
    this.#heldRows += minute.rows.size;
  }

  #notePlace(pointId: number, place: number): void {
    if (pointId >= this.#places.length) {
      const places = this.#places;
      this.#places = new Int32Array(2 * (pointId + 1));
      this.#places.set(places);
    }
    this.#places[pointId] = place;
  }

  #letGo({ held }: Counted, startMs: number, { rows }: HeldMinute): void {
    held.delete(startMs);
    this.#heldRows -= rows.size;
  }

  #countedOf(siteId: number): Counted {
    return (this.#sites[siteId] ??= {
      sums: new Float64Array(SIDES + energyRoles.length).fill(Number.NaN),
      newestMs: Number.NEGATIVE_INFINITY,
      held: new Map(),
    });
  }

  #planOf(site: Site): Plan {
    const found = this.#plans.get(site);
    if (found !== undefined) return found;
    const balance = balanceOf(site);
    const made = new Set(balance.virtual.map(({ pointId }) => pointId));
    const counting = balance.byRole.flat().flatMap(({ point }) => point.pointId ?? []);
    const members = balance.virtual.flatMap((plan) => (plan.members ?? []).map(({ pointId }) => pointId));
    const pointIds = new Set([...counting, ...members].filter((pointId) => !made.has(pointId)));
    const plan = { balance, pointIds: [...pointIds] };
    this.#plans.set(site, plan);
    return plan;
  }
}

function isWhole(row: PointInterval | undefined): boolean {
  return row !== undefined && row.measuredMs + row.estimatedMs >= MINUTE_MS;
}

/** Where the rows of each minute lie, oldest first; null where they are all of one minute. */
function placesByMinute(rows: PointColumns): (readonly [minute: number, places: readonly number[] | null])[] {
  const minutes = rows.minutes.subarray(0, rows.length);
  const first = minutes[0] ?? 0;
  // Nearly always: what is closed each minute.
  if (minutes.every((minute) => minute === first)) return [[first, null]];
  const byMinute = new Map<number, number[]>();
  for (const [place, minute] of minutes.entries()) {
    const places = byMinute.get(minute);
    if (places === undefined) byMinute.set(minute, [place]);
    else places.push(place);
  }
  return [...byMinute].sort(([a], [b]) => a - b);
}

function energiesOf(balance: Balance, startMs: number, closed: RowOf): SiteInterval | null {
  if (balance.virtual.length === 0) return siteMinute(balance, startMs, closed);
  const made = new Map<number, PointInterval>();
  const rowOf: RowOf = (pointId) => made.get(pointId) ?? closed(pointId);
  addVirtualRows(balance.virtual, startMs, rowOf, (row) => made.set(row.pointId, row));
  return siteMinute(balance, startMs, rowOf);
}

/** Adds what is more than was counted of the minute before. */
function addMinute(sums: Float64Array, counted: Float64Array, energies: SiteInterval | null, balance: Balance): void {
  if (energies === null) return;
  quantitiesOf(energies, balance.complete[0] as number).forEach((value, index) => {
    if (value === null) return;
    const before = counted[index] as number;
    const sum = sums[index] as number;
    sums[index] = (Number.isNaN(sum) ? 0 : sum) + Math.max(0, value - before);
    counted[index] = Math.max(before, value);
  });
}

/** IT is that of the level that counts now, whatever a period may choose later. */
function quantitiesOf({ supplyWh, levels, roleWh }: SiteInterval, level: number): (number | null)[] {
  const { partsWh, itWh, pairedTotalWh, pairedItWh, pairedMs } = levels[level] as LevelEnergies;
  const paired = pairedMs > 0 ? [pairedTotalWh, pairedItWh, pairedMs] : [null, null, null];
  return [supplyWh ?? partsWh, itWh, ...paired, ...roleWh];
}

function known(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}
