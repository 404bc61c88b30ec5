import { MINUTE_MS, type Span } from '../accounting/interval.ts';
import { PointColumns } from '../accounting/point-columns.ts';
import type { Fold } from '../fold.ts';
import { importedJobOf } from './job.ts';
import { MinuteSet } from './minute-set.ts';
import type { Restater } from './restate.ts';

/**
 * The minutes that imports tell of: they count before what agents read, also where that comes later, as an agent's spool does
 * after an outage. Found by reading the imports again when such readings come, and kept until another correction is on record.
 */
export class ImportedMinutes {
  readonly #minutes = new Map<number, MinuteSet>();
  /** From the first reading of each point to the last, import by import. */
  readonly #spans = new Map<number, Span[]>();
  #latestMs = Number.NEGATIVE_INFINITY;
  #corrections = 0;

  /** The rows that no import stands for; a promise where imports have to be read for that. */
  without(rows: PointColumns, fold: Fold, restater: Restater): PointColumns | Promise<PointColumns> {
    this.#renew(fold);
    const concerned = new Set<number>();
    for (let at = 0; at < rows.length; at++) {
      const startMs = (rows.minutes[at] as number) * MINUTE_MS;
      if (startMs >= this.#latestMs) continue;
      const pointId = rows.pointIds[at] as number;
      const spans = this.#spans.get(pointId) ?? [];
      if (spans.some(({ fromMs, toMs }) => startMs + MINUTE_MS > fromMs && startMs < toMs)) concerned.add(pointId);
    }
    return concerned.size === 0 ? rows : this.#leaveOut(rows, [...concerned], fold, restater);
  }

  async #leaveOut(
    rows: PointColumns,
    pointIds: readonly number[],
    fold: Fold,
    { directory, refold }: Restater,
  ): Promise<PointColumns> {
    const unread = pointIds.filter((pointId) => !this.#minutes.has(pointId));
    if (unread.length > 0) {
      const sets = new Map(unread.map((pointId) => [pointId, new MinuteSet()]));
      for await (const portion of refold(importedJobOf(fold, directory, unread)))
        for (const { pointId, startMs } of portion) sets.get(pointId)?.add(startMs);
      for (const [pointId, minutes] of sets) this.#minutes.set(pointId, minutes);
    }
    const kept = PointColumns.withRoomFor(rows.length);
    for (let at = 0; at < rows.length; at++) {
      const isImported = this.#minutes.get(rows.pointIds[at] as number)?.has((rows.minutes[at] as number) * MINUTE_MS);
      if (isImported !== true) kept.addFrom(rows, at);
    }
    return kept;
  }

  /** Forgets what is of other corrections than those on record now. */
  #renew({ corrections, imports }: Fold): void {
    if (this.#corrections === corrections.all.length) return;
    this.#corrections = corrections.all.length;
    this.#minutes.clear();
    this.#spans.clear();
    this.#latestMs = Number.NEGATIVE_INFINITY;
    for (const series of corrections.imports.flatMap((id) => imports.find(id)?.series ?? [])) {
      this.#spans.set(series.pointId, [...(this.#spans.get(series.pointId) ?? []), series]);
      this.#latestMs = Math.max(this.#latestMs, series.toMs);
    }
  }
}
