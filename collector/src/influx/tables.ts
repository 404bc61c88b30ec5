import type { GaugeDay, GaugeInterval, GaugeQuarter, PointDay, PointInterval } from '../accounting/interval.ts';
import type { SiteDay, SiteInterval } from '../site/site.ts';
import { type Kind, kinds, type Version } from './kinds.ts';
import type { Progress } from './progress.ts';
import type { Selection } from './reader.ts';
import type { IntervalMeasurement } from './schema.ts';
import { Table, type TableParts } from './table.ts';

/** What can be done with a table whatever its rows are. */
type AnyRow = 'measurement' | 'newestMs' | 'pendingRows' | 'flush' | 'forget';

/** The tables of a store. */
export class Tables {
  readonly pointMinute: Table<PointInterval>;
  readonly gaugeMinute: Table<GaugeInterval>;
  readonly pointQuarter: Table<PointInterval>;
  readonly gaugeQuarter: Table<GaugeQuarter>;
  readonly siteQuarter: Table<SiteInterval>;
  readonly partQuarter: Table<SiteInterval>;
  readonly pointDay: Table<PointDay>;
  readonly gaugeDay: Table<GaugeDay>;
  readonly siteDay: Table<SiteDay>;
  readonly partDay: Table<SiteDay>;

  constructor(parts: TableParts, progress: Progress) {
    const { names } = parts;
    const ofPoints = (rows: readonly { readonly pointId: number }[]): Selection =>
      names.selectionOf([...new Set(rows.map(({ pointId }) => pointId))]);
    const ofSites = (rows: readonly { readonly siteId: number }[]): Selection =>
      names.selectionOfSites([...new Set(rows.map(({ siteId }) => siteId))]);
    const table = <Row extends { readonly startMs: number }>(
      kind: Kind<Row>,
      selectionOf: (rows: readonly Row[]) => Selection,
    ): Table<Row> => new Table(kind, parts, progress.newestMs(kind.measurement), selectionOf);
    this.pointMinute = table(kinds.pointMinute, ofPoints);
    this.gaugeMinute = table(kinds.gaugeMinute, ofPoints);
    this.pointQuarter = table(kinds.pointQuarter, ofPoints);
    this.gaugeQuarter = table(kinds.gaugeQuarter, ofPoints);
    this.siteQuarter = table(kinds.siteQuarter, ofSites);
    this.partQuarter = table(kinds.partQuarter, ofSites);
    this.pointDay = table(kinds.pointDay, ofPoints);
    this.gaugeDay = table(kinds.gaugeDay, ofPoints);
    this.siteDay = table(kinds.siteDay, ofSites);
    this.partDay = table(kinds.partDay, ofSites);
  }

  /** Rows of the transaction under way that are in memory. */
  get pendingRows(): number {
    return this.#all().reduce((sum, { pendingRows }) => sum + pendingRows, 0);
  }

  /** Brings everything pending to the server, minutes first. @returns the minutes of points. */
  async flush(): Promise<readonly Version<PointInterval>[]> {
    const minutes = await this.pointMinute.flush();
    for (const table of this.#all()) await table.flush();
    return minutes;
  }

  forget(): void {
    for (const table of this.#all()) table.forget();
  }

  /** How far each measurement is written. */
  newest(): ReadonlyMap<IntervalMeasurement, number> {
    return new Map(this.#all().map(({ measurement, newestMs }) => [measurement, newestMs]));
  }

  #all(): readonly Pick<Table<{ readonly startMs: number }>, AnyRow>[] {
    return [
      this.pointMinute,
      this.gaugeMinute,
      this.pointQuarter,
      this.gaugeQuarter,
      this.siteQuarter,
      this.partQuarter,
      this.pointDay,
      this.gaugeDay,
      this.siteDay,
      this.partDay,
    ];
  }
}
