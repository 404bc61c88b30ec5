import { DuckDBInstance } from '@duckdb/node-api';
import type { Figure, Outcome } from '../figure.ts';
import { BenchCollector } from '../rig/collector.ts';
import { evidencePerReading, perInterval } from '../rig/disk.ts';
import { ReadingsFile } from '../rig/readings-file.ts';

const POINTS = 100;
const DEFAULT_DAYS = 70;
const REQUIRED = 500_000;
const MIB = 1_048_576;

export const history: Figure = {
  name: 'history',
  about:
    'Readings a second of `wattmark-collector import` into an empty collector: one a minute of 100 points, in one file, until ' +
    'the site’s quarter-hours and days are there (--days 365: 52.6 million; 70 days without). ' +
    'The limit is DuckDB reading the same file into a table of readings.',
  minutes: ({ days }) => Math.ceil((days ?? DEFAULT_DAYS) / 20),
  async run(room, options): Promise<readonly Outcome[]> {
    const file = await ReadingsFile.write(room, POINTS, options.days ?? DEFAULT_DAYS);
    const collector = await BenchCollector.start(room, { data: 'data', brokerUrl: null, sites: file.sites });
    const cpuMs = collector.child.cpuMs();
    let highestBytes = 0;
    const watching = setInterval(() => (highestBytes = Math.max(highestBytes, collector.child.rssBytes())), 200);
    const importedMs = await file.importInto(room, collector).finally(() => clearInterval(watching));
    room.say(`${file.readings.toLocaleString('en')} readings in ${(importedMs / 1000).toFixed(1)} s`);
    const collectorS = (collector.child.cpuMs() - cpuMs) / 1000;
    await collector.child.stop();
    const limit = {
      what: 'DuckDB’s own import',
      value: (file.readings / (await duckdbMs(room.path('limit.duckdb'), file.csv))) * 1000,
    };
    return [
      {
        what: 'import of a history',
        value: (file.readings * 1000) / importedMs,
        unit: 'readings/s',
        required: { atLeast: REQUIRED },
        limit,
      },
      {
        what: 'collector memory while importing',
        value: highestBytes / MIB,
        unit: 'MiB',
        required: { atMost: 400 },
        limit: null,
      },
      { what: 'collector processor time of the import', value: collectorS, unit: 's', required: null, limit: null },
      evidencePerReading(room.path('data'), file.readings),
      await perInterval(room.path('data')),
    ];
  },
};

/** Time that DuckDB takes to make rows of the file's columns. */
async function duckdbMs(database: string, csv: string): Promise<number> {
  const instance = await DuckDBInstance.create(database, { memory_limit: '512MiB', threads: '2' });
  try {
    const connection = await instance.connect();
    const startMs = performance.now();
    await connection.run(
      `CREATE TABLE reading AS UNPIVOT (FROM read_csv('${csv}')) ON COLUMNS(* EXCLUDE time) INTO NAME point VALUE w`,
    );
    await connection.run('CHECKPOINT');
    return performance.now() - startMs;
  } finally {
    instance.closeSync();
  }
}
