import { MINUTE_MS, type PointInterval } from '../accounting/interval.ts';
import { ColumnRow, PointColumns } from '../accounting/point-columns.ts';

/** Points that a grid of all points has places for at first. */
const FIRST_PLACES = 256;

/**
 * Brings the minutes of some points over a short time into their order: a place for each point in each minute, in which the last
 * row put there stands. Nothing is sorted, and no row is an object of its own.
 */
export class MinuteGrid {
  readonly #minutes: number;
  /** Whether points that were not asked for get places, too. */
  readonly #isOfAll: boolean;
  /** Place of each point, by its number. */
  readonly #places: number[] = [];
  /** One for each place; which minute it shows is set again and again. */
  readonly #rows: ColumnRow[] = [];
  #width: number;
  #cells: PointColumns;
  #isKnown: Uint8Array;
  #firstMinute = 0;

  /**
   * @param pointIds null for all points that there are
   * @param minutes that it holds at once
   */
  constructor(pointIds: readonly number[] | null, minutes: number) {
    this.#minutes = minutes;
    this.#isOfAll = pointIds === null;
    this.#width = Math.max(1, pointIds?.length ?? FIRST_PLACES);
    this.#cells = PointColumns.withRoomFor(this.#width * minutes);
    this.#isKnown = new Uint8Array(this.#width * minutes);
    for (const pointId of pointIds ?? []) this.#place(pointId);
  }

  /** Whether it has places for these points, in so many minutes, and for no others. */
  isOf(pointIds: readonly number[], minutes: number): boolean {
    if (this.#isOfAll || minutes !== this.#minutes || pointIds.length !== this.#rows.length) return false;
    return pointIds.every((pointId, place) => this.#places[pointId] === place);
  }

  /** Begins with another time, empty. */
  clear(fromMs: number): void {
    this.#firstMinute = fromMs / MINUTE_MS;
    this.#isKnown.fill(0);
  }

  /** Puts rows into their places, over those that are there already; other points and times are passed over. */
  put(rows: PointColumns): void {
    const { length, pointIds, minutes } = rows;
    for (let at = 0; at < length; at++) {
      const pointId = pointIds[at] as number;
      const place = this.#places[pointId] ?? (this.#isOfAll ? this.#place(pointId) : -1);
      const minute = (minutes[at] as number) - this.#firstMinute;
      if (place < 0 || minute < 0 || minute >= this.#minutes) continue;
      const cell = minute * this.#width + place;
      this.#isKnown[cell] = 1;
      this.#cells.copy(cell, rows, at);
    }
  }

  /** Hands every row on, minute by minute; a row holds until its minute is over. */
  forEach(take: (row: PointInterval) => void, endMinute: () => void): void {
    for (let minute = 0; minute < this.#minutes; minute++) {
      const firstCell = minute * this.#width;
      for (let place = 0; place < this.#rows.length; place++) {
        if (this.#isKnown[firstCell + place] !== 1) continue;
        const row = this.#rows[place] as ColumnRow;
        row.columns = this.#cells;
        row.at = firstCell + place;
        take(row);
      }
      endMinute();
    }
  }

  #place(pointId: number): number {
    const place = this.#rows.length;
    if (place === this.#width) this.#widen();
    this.#places[pointId] = place;
    this.#rows.push(new ColumnRow(this.#cells, 0));
    return place;
  }

  #widen(): void {
    const [width, cells, isKnown] = [this.#width, this.#cells, this.#isKnown];
    this.#width = 2 * width;
    this.#cells = PointColumns.withRoomFor(this.#width * this.#minutes);
    this.#isKnown = new Uint8Array(this.#width * this.#minutes);
    for (let cell = 0; cell < isKnown.length; cell++) {
      const to = Math.floor(cell / width) * this.#width + (cell % width);
      this.#isKnown[to] = isKnown[cell] as number;
      this.#cells.copy(to, cells, cell);
    }
  }
}
