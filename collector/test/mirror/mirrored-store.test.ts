import { test } from 'tap';
import { MINUTE_MS } from '../../src/accounting/interval.ts';
import { PointColumns } from '../../src/accounting/point-columns.ts';
import { Names } from '../../src/influx/names.ts';
import { type Batch, bytesOf } from '../../src/mirror/batch.ts';
import { MirroredStore } from '../../src/mirror/mirrored-store.ts';
import { linesOf } from '../../src/mirror/packed-rows.ts';
import { openDuckdbStore } from '../../src/store/duckdb.ts';
import { knownOf } from '../influx/known.ts';
import { pointRow, T0, writeBatch } from '../store/conformance.ts';
import { scratch } from '../support/rig.ts';

const known = knownOf(20_000);
const names = new Names(() => known);

/** Takes batches, and notes what the store knew at that time. */
class Witness {
  readonly lines: string[] = [];
  readonly requests: number[] = [];
  readonly progressAt: number[] = [];
  readonly #progress: () => Promise<number>;

  constructor(progress: () => Promise<number>) {
    this.#progress = progress;
  }

  async append(batches: readonly Batch[]): Promise<void> {
    this.progressAt.push(await this.#progress());
    for (const batch of batches) {
      const { content, lines } = batch;
      const bytes = await bytesOf(batch);
      this.requests.push(lines);
      const isText = content === 'kept' || content === 'minutes';
      this.lines.push(
        ...(isText ? bytes.toString().split('\n') : linesOf({ content, rows: lines, bytes }, names).lines),
      );
    }
  }
}

void test('what is written is queued before it is committed', async (t) => {
  const store = await openDuckdbStore(`${scratch(t)}/store.duckdb`);
  t.teardown(() => store.close());
  const witness = new Witness(() => store.progress());
  const mirrored = new MirroredStore(store, [witness], names);
  const minutes = [pointRow(1, T0, 2), pointRow(2, T0, 3.5)];
  await writeBatch(mirrored, { position: 7, recordedMs: T0 + 60_000, minutes });
  t.same(witness.progressAt, [0]);
  t.equal(await mirrored.progress(), 7);
  t.equal(witness.lines.length, 2);
  t.match(witness.lines[1], /^wattmark_point_1m,.*point=.* energy_wh=3\.5,.*recorded_ms=\d+i.* 1772323200000000000$/);
});

void test('what is rolled back is not queued, and is when it is written again', async (t) => {
  const store = await openDuckdbStore(`${scratch(t)}/store.duckdb`);
  t.teardown(() => store.close());
  const witness = new Witness(() => store.progress());
  const mirrored = new MirroredStore(store, [witness], names);
  await mirrored.begin();
  await mirrored.writePointMinutes(PointColumns.of([pointRow(1, T0, 2)]), T0);
  await mirrored.rollback();
  await mirrored.begin();
  await mirrored.commit(1);
  t.same(witness.lines, []);
  await writeBatch(mirrored, { position: 2, recordedMs: T0, minutes: [pointRow(1, T0, 2)] });
  t.equal(witness.lines.length, 1);
});

void test('columns with room to spare are queued as far as they are filled', async (t) => {
  const store = await openDuckdbStore(`${scratch(t)}/store.duckdb`);
  t.teardown(() => store.close());
  const witness = new Witness(() => store.progress());
  const mirrored = new MirroredStore(store, [witness], names);
  const rows = PointColumns.withRoomFor(10);
  for (const row of [pointRow(1, T0, 2), pointRow(2, T0, 3)]) rows.add(row);
  await mirrored.begin();
  await mirrored.writePointMinutes(rows, T0);
  await mirrored.commit(1);
  t.same(
    witness.lines.map((line) => /point=(point-\d).* energy_wh=(\d)/.exec(line)?.slice(1)),
    [
      ['point-1', '2'],
      ['point-2', '3'],
    ],
  );
});

void test('a transaction of any size is queued in batches of bounded size, once for all queues', async (t) => {
  const store = await openDuckdbStore(`${scratch(t)}/store.duckdb`);
  t.teardown(() => store.close());
  const [one, two] = [new Witness(() => store.progress()), new Witness(() => store.progress())];
  const mirrored = new MirroredStore(store, [one, two], names);
  const minutes = Array.from({ length: 12_345 }, (_, index) => pointRow(1 + index, T0 + MINUTE_MS, index));
  await writeBatch(mirrored, { position: 1, recordedMs: T0, minutes });
  t.same(one.requests, [5_000, 5_000, 2_345]);
  t.equal(one.progressAt.length, 1, 'at once');
  t.match(one.lines.at(-1), /,point=point-12345,.* energy_wh=12344,/);
  t.same(two.lines, one.lines);
});
