import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DuckDBInstance } from '@duckdb/node-api';
import t, { type Test } from 'tap';
import { MINUTE_MS, QUARTER_MS } from '../../src/accounting/interval.ts';
import { PointColumns } from '../../src/accounting/point-columns.ts';
import { openDuckdbStore } from '../../src/store/duckdb.ts';
import { conformsToStore, pointRow, readAllBack, siteRow, T0, writeBatch } from './conformance.ts';

function scratch(t: Test): string {
  const directory = mkdtempSync(join(tmpdir(), 'store-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  return join(directory, 'store.duckdb');
}

conformsToStore(t, (t) => openDuckdbStore(scratch(t)));

t.test('what was committed is there after reopening, what was not is not', async (t) => {
  const file = scratch(t);
  const store = await openDuckdbStore(file);
  await writeBatch(store, {
    position: 3,
    recordedMs: T0,
    minutes: [pointRow(1, T0, 1)],
    sites: [siteRow(1, T0, 3, 2)],
  });
  await store.begin();
  await store.writePointMinutes(PointColumns.of([pointRow(1, T0, 2)]), T0);
  await store.close();
  const again = await openDuckdbStore(file);
  t.equal(await again.progress(), 3);
  t.same(await again.pointMinutes([1], { fromMs: T0, toMs: T0 + MINUTE_MS }, null), [pointRow(1, T0, 1)]);
  t.equal((await again.siteQuarters(1, null, { fromMs: T0, toMs: T0 + QUARTER_MS }, null))[0]?.supplyWh, 3);
  await again.close();
});

t.test('a file of another version, and one that is no store, say what to do', async (t) => {
  const file = scratch(t);
  const store = await openDuckdbStore(file);
  await store.close();
  const instance = await DuckDBInstance.create(file);
  const connection = await instance.connect();
  await connection.run("UPDATE meta SET schema = 'version 0'");
  connection.closeSync();
  instance.closeSync();
  await t.rejects(openDuckdbStore(file), {
    name: 'StoreError',
    message: /another version; run `wattmark-collector replay`/,
  });
  const garbage = `${file}.garbage`;
  writeFileSync(garbage, 'not a database '.repeat(1000));
  await t.rejects(openDuckdbStore(garbage), { name: 'StoreError', message: /wattmark-collector replay/ });
});

t.test('more rows than memory holds are written and read back', async (t) => {
  const store = await openDuckdbStore(scratch(t), { memoryMiB: 48 });
  await store.begin();
  for (let minute = 0; minute < 15; minute++) {
    const rows = Array.from({ length: 20_000 }, (_, id) => pointRow(id, T0 + minute * MINUTE_MS, id / 7 + minute));
    await store.writePointMinutes(PointColumns.of(rows), T0);
  }
  t.equal((await readAllBack(store, T0, T0 + QUARTER_MS, null)).length, 300_000);
  await store.commit(1);
  t.equal((await store.pointMinutes([7, 19_999], { fromMs: T0, toMs: T0 + QUARTER_MS }, null)).length, 30);
  await store.close();
});

t.test('a year of a site that was restated again and again is read in little memory', async (t) => {
  const store = await openDuckdbStore(scratch(t), { memoryMiB: 40 });
  const quarters = 35_040;
  for (let version = 1; version <= 5; version++) {
    const sites = Array.from({ length: quarters }, (_, n) => siteRow(0, T0 + n * QUARTER_MS, n / 7 + version, n / 9));
    await writeBatch(store, { position: version, recordedMs: T0 + version, sites });
  }
  const year = { fromMs: T0, toMs: T0 + quarters * QUARTER_MS };
  const rows = await store.siteQuarters(0, null, year, null);
  t.same(
    rows.map(({ startMs }) => startMs),
    Array.from({ length: quarters }, (_, n) => T0 + n * QUARTER_MS),
  );
  await store.begin();
  t.same(await store.readBackSiteQuarters([0], year), rows);
  await store.rollback();
  await store.close();
});

/** Commits batches as fast as it can; batch n writes n as the energy of minute n, of its quarter and as the progress. */
const writerProgram = `
  import { openDuckdbStore } from ${JSON.stringify(new URL('../../src/store/duckdb.ts', import.meta.url).href)};
  import { pointRow, siteRow, T0, writeBatch } from ${JSON.stringify(new URL('conformance.ts', import.meta.url).href)};
  const store = await openDuckdbStore(process.argv[1]);
  for (let n = (await store.progress()) + 1; ; n++) {
    const minutes = Array.from({ length: 300 }, (_, id) => pointRow(id, T0 + n * 60000, n));
    const sites = [siteRow(1, T0 + n * 900000, n, n)];
    await writeBatch(store, { position: n, recordedMs: T0 + n, minutes, sites });
    console.log(n);
  }
`;

function startWriter(file: string): ChildProcess {
  const flags = ['--conditions=@wattmark/source', '--import=tsx', '--input-type=module', '--eval', writerProgram, file];
  return spawn(process.execPath, flags, { stdio: ['ignore', 'pipe', 'inherit'], cwd: import.meta.dirname });
}

t.test('kill -9 in the midst of commits leaves progress and rows that agree', async (t) => {
  const file = scratch(t);
  let confirmed = 0;
  for (let round = 0; round < 6; round++) {
    const writer = startWriter(file);
    const exit = once(writer, 'exit');
    const until = confirmed + 5 + 17 * round;
    if (writer.stdout === null) throw new Error('no output');
    for await (const line of createInterface({ input: writer.stdout })) {
      confirmed = Number(line);
      if (confirmed === until) writer.kill('SIGKILL');
    }
    await exit;
    const store = await openDuckdbStore(file);
    const progress = await store.progress();
    t.ok(progress >= confirmed, `what was confirmed (${confirmed}) is there (${progress})`);
    const span = { fromMs: T0, toMs: T0 + (progress + 10) * MINUTE_MS };
    const rows = await store.pointMinutes([0, 299], span, null);
    t.same(
      rows.map((row) => row.energyWh),
      Array.from({ length: 2 * progress }, (_, i) => 1 + Math.floor(i / 2)),
    );
    const quarters = { fromMs: T0, toMs: T0 + (progress + 10) * QUARTER_MS };
    t.same(
      (await store.siteQuarters(1, null, quarters, null)).map(({ supplyWh }) => supplyWh),
      Array.from({ length: progress }, (_, i) => 1 + i),
    );
    await store.close();
  }
});
