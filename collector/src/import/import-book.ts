import type { Channel } from '@wattmark/shared/channels';
import type { LogPosition } from '@wattmark/shared/segment-log';
import type { Use } from '../accounting/history.ts';
import type { Span } from '../accounting/interval.ts';
import { type BlockTimes, decodeTimes } from './block.ts';

/** What somebody says of a history before its readings come. */
export interface ImportEntry {
  readonly by: string;
  readonly reason: string;
  /** The files as the importer has them. */
  readonly files: readonly { readonly name: string; readonly bytes: number; readonly sha256: string }[];
  /** The mapping by which they were read, as it was written. */
  readonly mapping: string;
}

/** One channel of one point, and what its readings do to the point's account. */
export interface SeriesKey {
  readonly pointId: number;
  readonly channel: Channel;
  readonly use: Use;
}

/** The series of an import, as it lies in the evidence log. */
export interface ImportedSeries extends SeriesKey {
  readonly intervalMs: number;
  /** The frame of each block, in the order of their times. */
  readonly places: LogPosition[];
  readings: number;
  fromMs: number;
  /** The last reading's time, or the end of its interval. */
  toMs: number;
}

/** An import on record. Its readings count from the correction on that commits it. */
export interface Import {
  /** Number of its first record in the evidence log. */
  readonly id: string;
  readonly siteId: number;
  readonly entry: ImportEntry;
  readonly series: ImportedSeries[];
}

/** Why a block cannot follow what an import has of its series; null where it can. */
export function unfit(series: ImportedSeries | undefined, block: BlockTimes): string | null {
  if (series === undefined) return null;
  if ((block.atMs[0] ?? 0) < series.toMs) return 'its readings are not later than those before';
  return block.intervalMs === series.intervalMs ? null : 'its interval is another than before';
}

/** All imports on record. */
export class ImportBook {
  readonly #imports = new Map<string, Import>();

  static load(imports: readonly Import[]): ImportBook {
    const book = new ImportBook();
    for (const one of imports) book.#imports.set(one.id, one);
    return book;
  }

  all(): readonly Import[] {
    return [...this.#imports.values()];
  }

  find(id: string): Import | undefined {
    return this.#imports.get(id);
  }

  begin(id: string, siteId: number, entry: ImportEntry): void {
    this.#imports.set(id, { id, siteId, entry, series: [] });
  }

  seriesOf(id: string, pointId: number, channel: Channel): ImportedSeries | undefined {
    return this.find(id)?.series.find((one) => one.pointId === pointId && one.channel === channel);
  }

  /**
   * Takes note of a block.
   * @param place of its frame
   * @throws RangeError where the import is not on record, or the bytes hold no block that fits.
   */
  add(id: string, { pointId, channel, use }: SeriesKey, bytes: Uint8Array, place: LogPosition): void {
    const block = decodeTimes(bytes);
    const owner = this.find(id);
    const known = this.seriesOf(id, pointId, channel);
    if (owner === undefined || unfit(known, block) !== null) throw new RangeError(`no block of import ${id}`);
    const { atMs, intervalMs, isMean } = block;
    const fromMs = atMs[0] ?? 0;
    const toMs = (atMs.at(-1) ?? 0) + (isMean ? intervalMs : 0);
    const series = known ?? { pointId, channel, use, intervalMs, places: [], readings: 0, fromMs, toMs };
    if (known === undefined) owner.series.push(series);
    series.places.push(place);
    series.readings += atMs.length;
    series.toMs = toMs;
  }
}

/** The time that an import's readings are of. */
export function spanOfImport({ series }: Import): Span {
  return {
    fromMs: Math.min(...series.map(({ fromMs }) => fromMs)),
    toMs: Math.max(...series.map(({ toMs }) => toMs)) + 1,
  };
}
