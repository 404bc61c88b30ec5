import { type DuckDBConnection, BIGINT, BOOLEAN, DOUBLE, DuckDBDataChunk, INTEGER, UTINYINT } from '@duckdb/node-api';
import type { CorrectionEntry } from '../../src/corrections/change.ts';
import { ByteReader } from '../../src/evidence/bytes.ts';
import { Catalogue } from '../../src/evidence/catalogue.ts';
import { readEvidence } from '../../src/evidence/evidence-log.ts';
import { type MessageHead, type ReadingColumns, RecordReader, type RecordVisitor } from '../../src/evidence/record.ts';

/**
 * The same figures once more, computed by another hand: readings out of the evidence log into a table, and from there on SQL
 * alone. Nothing of the accounting is used.
 */

export interface Exported {
  readonly points: readonly string[];
  readonly corrections: readonly (CorrectionEntry & { readonly position: number })[];
  readonly readings: number;
}

const CHUNK_ROWS = 2048;
const types = [INTEGER, UTINYINT, BIGINT, DOUBLE, BOOLEAN];
const channelNumbers = new Map([
  ['power', 0],
  ['energy', 1],
  ['energy-export', 2],
]);

/** Fills the table `reading` from an evidence log: point, channel (0 power, 1 energy, 2 export), taken (UTC ms), value, estimated. */
export async function exportReadings(directory: string, connection: DuckDBConnection): Promise<Exported> {
  await connection.run(
    'CREATE TABLE reading (point INTEGER, channel UTINYINT, taken BIGINT, value DOUBLE, estimated BOOLEAN)',
  );
  const appender = await connection.createAppender('reading');
  const catalogue = new Catalogue();
  const corrections: (CorrectionEntry & { position: number })[] = [];
  const reader = new RecordReader();
  let [readings, position] = [0, 0];
  let chunk = new RowChunk();
  const visitor: RecordVisitor = {
    site: (key) => void catalogue.addSite(key),
    agent: (agent, siteId) => void catalogue.addAgent(agent, siteId),
    point: (key) => void catalogue.addPoint(key),
    slot: (key) => void catalogue.addSlot(key),
    readings: (head, columns) => {
      for (let i = 0; i < columns.count; i++) {
        chunk.add(catalogue, head, columns, i);
        readings++;
        if (chunk.count < CHUNK_ROWS) continue;
        appender.appendDataChunk(chunk.finish());
        chunk = new RowChunk();
      }
    },
    correction: (_siteId, entry) => void corrections.push({ ...entry, position }),
    ...nothingElse,
  };
  for await (const { body, next } of readEvidence(directory)) {
    position = next.position;
    reader.read(new ByteReader(body), catalogue, visitor);
  }
  appender.appendDataChunk(chunk.finish());
  appender.closeSync();
  return { points: catalogue.points.map(({ point }) => point), corrections, readings };
}

const nothing = (): void => {};
const nothingElse = {
  epoch: nothing,
  refused: nothing,
  birth: nothing,
  loss: nothing,
  sites: nothing,
  tick: nothing,
  import: nothing,
  block: nothing,
};

class RowChunk {
  readonly #chunk = DuckDBDataChunk.create(types, CHUNK_ROWS);
  readonly #vectors = types.map((_, index) => this.#chunk.getColumnVector(index));
  count = 0;

  add(catalogue: Catalogue, { atMs }: MessageHead, { slots, values, estimated }: ReadingColumns, index: number): void {
    const slot = catalogue.slots[slots[index] ?? -1];
    if (slot === undefined) throw new RangeError('a reading of an undefined slot');
    const row = [
      slot.pointId,
      channelNumbers.get(slot.channel) ?? 9,
      BigInt(atMs),
      values[index] ?? 0,
      estimated[index] === 1,
    ] as const;
    for (const [column, value] of row.entries()) this.#vectors[column]?.setItem(this.count, value);
    this.count++;
  }

  finish(): DuckDBDataChunk {
    for (const vector of this.#vectors) vector.flush();
    this.#chunk.rowCount = this.count;
    return this.#chunk;
  }
}
