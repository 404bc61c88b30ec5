import type { Span } from '../accounting/interval.ts';
import type { InfluxClient, Series } from './client.ts';
import type { Owner, Readable, Version } from './kinds.ts';
import type { Names } from './names.ts';
import { type DatabaseRole, minutesDatabase, supersededBy, type Tag } from './schema.ts';

/** Whose rows: values of tags, all combinations of them, and nobody's without any; a tag not named may have any value. */
export type Selection = Readonly<Partial<Record<Tag, readonly string[]>>>;

type Rowed = { readonly startMs: number };

/** More values of a tag than this are asked for by a regular expression. */
const MOST_COMPARED = 40;

/** Asks a server for rows of a store. */
export class RowReader {
  readonly #client: InfluxClient;
  readonly #names: Names;
  readonly #databases: Readonly<Record<DatabaseRole, string>>;

  constructor(client: InfluxClient, database: string, names: Names) {
    this.#client = client;
    this.#names = names;
    this.#databases = { kept: database, minutes: minutesDatabase(database) };
  }

  database(role: DatabaseRole): string {
    return this.#databases[role];
  }

  /** The rows of what is selected that begin in a span, as known at an instant (null: the newest), in no order. */
  async rows<Row extends Rowed>(
    kind: Readable<Row>,
    selection: Selection,
    span: Span,
    asOfMs: number | null,
  ): Promise<Version<Row>[]> {
    const newest: Version<Row>[] = [];
    for await (const version of this.#select(kind, kind.measurement.name, selection, span, null)) newest.push(version);
    if (asOfMs === null) return newest;
    const known = new VersionMap<Row>(kind);
    for (const version of newest) if (version.recordedMs <= asOfMs) known.add(version);
    const until = { fromMs: span.fromMs, toMs: span.toMs + kind.measurement.lengthMs };
    for await (const version of this.#select(kind, supersededBy(kind.measurement), selection, until, asOfMs)) {
      if (version.row.startMs >= span.fromMs && version.row.startMs < span.toMs) known.add(version);
    }
    return known.all();
  }

  /** The first and the last beginning of the rows that are wanted; null without any. */
  async extent<Row extends Rowed>(
    kind: Readable<Row>,
    selection: Selection,
    isWanted: (tags: Series['tags']) => boolean,
  ): Promise<{ firstMs: number; lastMs: number } | null> {
    if (isNobodys(selection)) return null;
    const { name, database, tags } = kind.measurement;
    let [firstMs, lastMs] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const which of ['first', 'last']) {
      const influxql = `SELECT ${which}("recorded_ms") FROM "${name}"${where([...conditions(selection)])}${groupBy(tags)}`;
      for await (const series of this.#client.query(influxql, this.#databases[database])) {
        const ms = series.values[0]?.[0];
        if (typeof ms !== 'number' || !isWanted(series.tags)) continue;
        firstMs = Math.min(firstMs, ms);
        lastMs = Math.max(lastMs, ms);
      }
    }
    return firstMs > lastMs ? null : { firstMs, lastMs };
  }

  async *#select<Row extends Rowed>(
    kind: Readable<Row>,
    from: string,
    selection: Selection,
    span: Span,
    recordedByMs: number | null,
  ): AsyncGenerator<Version<Row>> {
    if (isNobodys(selection)) return;
    const isSuperseded = from !== kind.measurement.name;
    const fields = [...kind.fields, 'recorded_ms', ...(isSuperseded ? ['start_ms'] : [])];
    const asked = [
      ...conditions(selection),
      `time >= ${span.fromMs}ms`,
      `time < ${span.toMs}ms`,
      ...(recordedByMs === null ? [] : [`"recorded_ms" <= ${recordedByMs}`]),
    ];
    const influxql =
      `SELECT ${fields.map((field) => `"${field}"`).join(', ')} FROM "${from}"${where(asked)}` +
      groupBy(kind.measurement.tags);
    const recordedAt = 1 + kind.fields.length;
    for await (const { tags, values } of this.#client.query(influxql, this.#databases[kind.measurement.database])) {
      const read = kind.reader(tags, this.#names);
      if (read === null) continue;
      for (const cells of values) {
        const startMs = isSuperseded ? cells[recordedAt + 1] : cells[0];
        const row = read([startMs, ...cells.slice(1, recordedAt)]);
        yield { row, recordedMs: cells[recordedAt] as number };
      }
    }
  }
}

/** The newest version of each row among those added. */
export class VersionMap<Row extends Rowed> {
  readonly #kind: Readable<Row>;
  readonly #byStart = new Map<number, Map<Owner, Version<Row>>>();

  constructor(kind: Readable<Row>) {
    this.#kind = kind;
  }

  /** Of versions recorded at once the one added last counts. */
  add(version: Version<Row>): void {
    const { startMs } = version.row;
    const owner = this.#kind.owner(version.row);
    let ofStart = this.#byStart.get(startMs);
    if (ofStart === undefined) this.#byStart.set(startMs, (ofStart = new Map()));
    const known = ofStart.get(owner);
    if (known === undefined || known.recordedMs <= version.recordedMs) ofStart.set(owner, version);
  }

  get(row: Row): Version<Row> | undefined {
    return this.#byStart.get(row.startMs)?.get(this.#kind.owner(row));
  }

  starts(): Iterable<number> {
    return this.#byStart.keys();
  }

  /** Those that begin in a span. */
  within({ fromMs, toMs }: Span): Version<Row>[] {
    const starts = [...this.starts()].filter((ms) => ms >= fromMs && ms < toMs);
    return starts.flatMap((ms) => [...(this.#byStart.get(ms)?.values() ?? [])]);
  }

  all(): Version<Row>[] {
    return [...this.#byStart.values()].flatMap((ofStart) => [...ofStart.values()]);
  }
}

/** An empty list cannot be asked for. */
function isNobodys(selection: Selection): boolean {
  return Object.values(selection).some((values) => values.length === 0);
}

function* conditions(selection: Selection): Generator<string> {
  for (const [tag, values] of Object.entries(selection)) yield condition(tag, [...new Set(values)]);
}

function condition(tag: string, values: readonly string[]): string {
  if (values.length > MOST_COMPARED) return `"${tag}" =~ /^(${values.map(escapeExpression).join('|')})$/`;
  return `(${values.map((value) => `"${tag}" = '${value.replaceAll(/[\\']/g, '\\$&')}'`).join(' OR ')})`;
}

function escapeExpression(text: string): string {
  return text.replaceAll(/[^a-z0-9]/gi, '\\$&');
}

function where(asked: readonly string[]): string {
  return asked.length === 0 ? '' : ` WHERE ${asked.join(' AND ')}`;
}

function groupBy(tags: readonly Tag[]): string {
  return ` GROUP BY ${tags.map((tag) => `"${tag}"`).join(', ')}`;
}
