import type { DuckDBConnection, DuckDBDataChunk } from '@duckdb/node-api';
import type { Span } from '../accounting/interval.ts';
import { type Parameters, typesOf } from './parameters.ts';

/** An interval's row, as far as it tells which interval that is. */
export interface Keyed {
  readonly pointId?: number;
  readonly siteId?: number;
  readonly partial?: string | null;
  readonly channel?: string;
  readonly startMs: number;
  readonly endMs?: number;
}

/** Makes rows of a chunk. */
export type Decode<Row> = (chunk: DuckDBDataChunk) => Row[];

/** The newest rows of a result in which the versions of an interval lie behind each other, chunk by chunk. */
export async function* streamRows<Row extends Keyed>(
  connection: DuckDBConnection,
  sql: string,
  parameters: Parameters,
  decode: Decode<Row>,
): AsyncGenerator<Row[]> {
  const result = await connection.stream(sql, parameters, typesOf(parameters));
  const newest = new NewestRows<Row>();
  for (let chunk = await result.fetchChunk(); chunk !== null; chunk = await result.fetchChunk()) {
    if (chunk.rowCount === 0) break;
    yield newest.add(decode(chunk));
  }
  yield newest.finish();
}

/** A site's row is so wide that sorting a year of them, with a few restatements each, takes more memory than the store has. */
const PART_MS = 31 * 86_400_000;

/** The rows of a span, asked for part by part. */
export async function* streamInParts<Row>(
  { fromMs, toMs }: Span,
  stream: (part: Span) => AsyncGenerator<Row[]>,
): AsyncGenerator<Row[]> {
  for (let ms = fromMs; ms < toMs; ms += PART_MS) yield* stream({ fromMs: ms, toMs: Math.min(ms + PART_MS, toMs) });
}

/** Of rows in which the versions of an interval lie behind each other, the last of each; taken in portions. */
class NewestRows<Row extends Keyed> {
  /** The last row so far: the next one may be a later version of it. */
  #held: Row | null = null;

  add(rows: readonly Row[]): Row[] {
    const newest: Row[] = [];
    for (const row of rows) {
      if (this.#held !== null && !isSame(this.#held, row)) newest.push(this.#held);
      this.#held = row;
    }
    return newest;
  }

  /** What is left when all rows were added. */
  finish(): Row[] {
    return this.#held === null ? [] : [this.#held];
  }
}

function isSame(a: Keyed, b: Keyed): boolean {
  return (
    a.startMs === b.startMs &&
    a.pointId === b.pointId &&
    a.siteId === b.siteId &&
    a.partial === b.partial &&
    a.channel === b.channel &&
    a.endMs === b.endMs
  );
}
