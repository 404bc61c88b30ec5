import type { Channel } from '@wattmark/shared/channels';
import type { Logger } from '@wattmark/shared/logger';
import {
  type GaugeDay,
  type GaugeInterval,
  type GaugeQuarter,
  MINUTE_MS,
  type PointDay,
  type PointInterval,
  QUARTER_MS,
  type Span,
} from '../accounting/interval.ts';
import { PointColumns } from '../accounting/point-columns.ts';
import { quarterOf } from '../site/quarter-fold.ts';
import type { SiteDay, SiteInterval } from '../site/site.ts';
import type { MadeDay, Store } from '../store/store.ts';
import type { InfluxTarget, Rejection } from './client.ts';
import { CommittedRows } from './committed-rows.ts';
import { checkTarget, clientOf } from './connect.ts';
import { kinds, madeDay } from './kinds.ts';
import { type Known, Names } from './names.ts';
import { Progress } from './progress.ts';
import { RowReader, VersionMap } from './reader.ts';
import { RecentMinutes } from './recent-minutes.ts';
import { Tables } from './tables.ts';

/** Rows of a transaction that are kept in memory; beyond that they are written before the commit. */
const MOST_PENDING_ROWS = 200_000;

/** Rows that one step of `readBack` asks for: a minute of everything, or longer for fewer points. */
const READ_BACK_ROWS = 100_000;

/** A local day may begin so long before an instant that it holds. */
const LONGEST_DAY_MS = 26 * 3_600_000;

const ALWAYS: Span = { fromMs: 0, toMs: 8.64e15 };

export interface InfluxStoreParts {
  readonly target: InfluxTarget;
  /** Asked only when rows are written or read. */
  readonly known: () => Known;
  readonly log: Logger;
  /** Called when the store is closed. */
  readonly release: () => Promise<void>;
}

/**
 * The store in InfluxDB. There are no transactions: a reader may see part of a batch that is being written, and one that is
 * rolled back may leave rows. They are the same that are written when it is tried again, because a batch depends on the evidence
 * log alone; `progress` is written last.
 * @throws InfluxError where the server cannot be used; the message says what to do.
 */
export async function openInfluxStore({ target, known, log, release }: InfluxStoreParts): Promise<Store> {
  const client = clientOf(target);
  await checkTarget(client, target);
  const names = new Names(known);
  const reader = new RowReader(client, target.database, names);
  const progress = await Progress.read(client, target);
  let rejected = 0;
  const onRejected = ({ lines, reason }: Rejection): void => {
    rejected += lines;
    log.error(
      { lines, rejected, reason },
      'InfluxDB refuses rows; they are in the evidence log and missing in the store',
    );
  };
  const tables = new Tables({ client, reader, names, onRejected }, progress);
  return new InfluxStore({ tables, reader, names, progress, release });
}

interface InfluxParts extends Pick<InfluxStoreParts, 'release'> {
  readonly tables: Tables;
  readonly reader: RowReader;
  readonly names: Names;
  readonly progress: Progress;
}

class InfluxStore extends CommittedRows implements Store {
  readonly #tables: Tables;
  readonly #reader: RowReader;
  readonly #names: Names;
  readonly #progress: Progress;
  readonly #recent: RecentMinutes;
  readonly #release: () => Promise<void>;
  #inTransaction = false;

  constructor({ tables, reader, names, progress, release }: InfluxParts) {
    super(tables, reader, names);
    this.#tables = tables;
    this.#reader = reader;
    this.#names = names;
    this.#progress = progress;
    this.#release = release;
    this.#recent = new RecentMinutes(progress.newestMs(kinds.pointMinute.measurement));
  }

  async progress(): Promise<number> {
    return this.#progress.position;
  }

  async begin(): Promise<void> {
    this.#inTransaction = true;
  }

  writePointMinutes(rows: PointColumns, recordedMs: number): Promise<void> {
    return this.#write(() => this.#tables.pointMinute.take(rows, recordedMs));
  }

  writeGaugeMinutes(rows: readonly GaugeInterval[], recordedMs: number): Promise<void> {
    return this.#write(() => this.#tables.gaugeMinute.take(rows, recordedMs));
  }

  writePointQuarters(rows: readonly PointInterval[], recordedMs: number): Promise<void> {
    return this.#write(() => this.#tables.pointQuarter.take(rows, recordedMs));
  }

  writeGaugeQuarters(rows: readonly GaugeQuarter[], recordedMs: number): Promise<void> {
    return this.#write(() => this.#tables.gaugeQuarter.take(rows, recordedMs));
  }

  writeSiteQuarters(rows: readonly SiteInterval[], recordedMs: number): Promise<void> {
    const { siteQuarter, partQuarter } = this.#tables;
    return this.#write(() => {
      siteQuarter.take(rows.filter(isWhole), recordedMs);
      partQuarter.take(rows.filter(isPart), recordedMs);
    });
  }

  writePointDays(rows: readonly PointDay[], recordedMs: number): Promise<void> {
    return this.#write(() => this.#tables.pointDay.take(rows, recordedMs));
  }

  writeGaugeDays(rows: readonly GaugeDay[], recordedMs: number): Promise<void> {
    return this.#write(() => this.#tables.gaugeDay.take(rows, recordedMs));
  }

  writeSiteDays(rows: readonly SiteDay[], recordedMs: number): Promise<void> {
    const { siteDay, partDay } = this.#tables;
    return this.#write(() => {
      siteDay.take(rows.filter(isWhole), recordedMs);
      partDay.take(rows.filter(isPart), recordedMs);
    });
  }

  async commit(position: number): Promise<void> {
    await this.#flush();
    await this.#progress.write(position, this.#tables.newest());
    this.#inTransaction = false;
  }

  async rollback(): Promise<void> {
    this.#tables.forget();
    this.#inTransaction = false;
  }

  async *readBack(span: Span, pointIds: readonly number[] | null): AsyncGenerator<PointColumns> {
    const wanted = pointIds === null ? null : new Set(pointIds);
    const isWanted = ({ pointId }: PointInterval): boolean => wanted?.has(pointId) ?? true;
    const table = this.#tables.pointMinute;
    const selection = this.#names.selectionOf(pointIds);
    const recentFromMs = Math.min(span.toMs, Math.max(span.fromMs, this.#recent.completeFromMs));
    const stepMs = stepOf(wanted);
    for (let { fromMs } = span; fromMs < recentFromMs; fromMs += stepMs) {
      const step = { fromMs, toMs: Math.min(recentFromMs, fromMs + stepMs) };
      yield PointColumns.of(await table.current(selection, step, isWanted));
    }
    const recent = { fromMs: recentFromMs, toMs: span.toMs };
    const minutes = new Set([...this.#recent.minutesOf(recent), ...table.pendingStarts(recent)]);
    for (const fromMs of minutes) {
      const minute = { fromMs, toMs: fromMs + 1 };
      yield PointColumns.of(table.withPending(this.#recent.rowsOf(fromMs, wanted), minute, isWanted));
    }
  }

  async *readBackGauges(
    span: Span,
    pointIds: readonly number[] | null,
    channels: readonly Channel[],
  ): AsyncGenerator<readonly GaugeInterval[]> {
    const wanted = pointIds === null ? null : new Set(pointIds);
    const selection = { ...this.#names.selectionOf(pointIds), channel: channels };
    const isWanted = (row: GaugeInterval): boolean =>
      (wanted?.has(row.pointId) ?? true) && channels.includes(row.channel);
    const stepMs = stepOf(wanted);
    for (let { fromMs } = span; fromMs < span.toMs; fromMs += stepMs) {
      const step = { fromMs, toMs: Math.min(span.toMs, fromMs + stepMs) };
      yield await this.#tables.gaugeMinute.current(selection, step, isWanted);
    }
  }

  async extent(pointIds: readonly number[]): Promise<Span | null> {
    const wanted = new Set(pointIds);
    const stored = await this.#reader.extent(kinds.pointMinute, this.#names.selectionOf(pointIds), (tags) =>
      wanted.has(this.#names.pointIdOf(tags['site'] ?? '', tags['point'] ?? '') ?? -1),
    );
    const pending = this.#tables.pointMinute.withPending([], ALWAYS, ({ pointId }) => wanted.has(pointId));
    const edges = [stored?.firstMs, stored?.lastMs, pending[0]?.startMs, pending.at(-1)?.startMs];
    const known = edges.filter((ms) => ms !== undefined);
    if (known.length === 0) return null;
    return { fromMs: quarterOf(Math.min(...known)), toMs: quarterOf(Math.max(...known)) + QUARTER_MS };
  }

  readBackPointQuarters(pointIds: readonly number[], span: Span): Promise<PointInterval[]> {
    const wanted = new Set(pointIds);
    const selection = this.#names.selectionOf(pointIds);
    return this.#tables.pointQuarter.current(selection, span, ({ pointId }) => wanted.has(pointId));
  }

  async readBackSiteQuarters(siteIds: readonly number[], span: Span): Promise<SiteInterval[]> {
    const wanted = new Set(siteIds);
    const selection = this.#names.selectionOfSites(siteIds);
    const { siteQuarter, partQuarter } = this.#tables;
    const isWanted = ({ siteId }: SiteInterval): boolean => wanted.has(siteId);
    const whole = await siteQuarter.current(selection, span, isWanted);
    const parts = await partQuarter.current(selection, span, isWanted);
    return [...whole, ...parts].sort((a, b) => a.startMs - b.startMs || kinds.siteQuarter.compare(a, b));
  }

  readBackGaugeQuarters(pointIds: readonly number[], span: Span): Promise<GaugeQuarter[]> {
    const wanted = new Set(pointIds);
    const selection = this.#names.selectionOf(pointIds);
    return this.#tables.gaugeQuarter.current(selection, span, ({ pointId }) => wanted.has(pointId));
  }

  async readBackMadeDays(siteIds: readonly number[], span: Span): Promise<MadeDay[]> {
    const selection = this.#names.selectionOfSites(siteIds);
    const wanted = new Set(siteIds);
    const starts = { fromMs: span.fromMs - LONGEST_DAY_MS, toMs: span.toMs };
    const days = new VersionMap<MadeDay>(madeDay);
    for (const stored of await this.#reader.rows(madeDay, selection, starts, null)) days.add(stored);
    for (const { siteId, startMs, endMs } of this.#tables.siteDay.withPending([], starts, () => true)) {
      days.add({ row: { siteId, startMs, endMs }, recordedMs: Number.POSITIVE_INFINITY });
    }
    const all = days.all().map(({ row }) => row);
    const overlapping = all.filter(({ siteId, endMs }) => wanted.has(siteId) && endMs > span.fromMs);
    return overlapping.sort((a, b) => a.startMs - b.startMs || a.siteId - b.siteId || a.endMs - b.endMs);
  }

  async close(): Promise<void> {
    await this.rollback();
    await this.#release();
  }

  async #write(take: () => void): Promise<void> {
    if (!this.#inTransaction) throw new Error('a write outside a transaction');
    take();
    if (this.#tables.pendingRows > MOST_PENDING_ROWS) await this.#flush();
  }

  async #flush(): Promise<void> {
    this.#recent.add(await this.#tables.flush());
  }
}

/** How long a step may be for its rows to be few: a minute of all points. */
function stepOf(wanted: ReadonlySet<number> | null): number {
  return MINUTE_MS * Math.max(1, wanted === null ? 1 : Math.floor(READ_BACK_ROWS / (wanted.size + 1)));
}

function isWhole({ partial }: SiteInterval): boolean {
  return partial === null;
}

function isPart(row: SiteInterval): boolean {
  return !isWhole(row);
}
