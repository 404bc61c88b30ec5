import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { evidenceDirectory, storeFile } from '../../collector/src/restore.ts';
import type { Outcome } from '../figure.ts';

/** What the evidence log of a stopped collector takes. */
export function evidencePerReading(data: string, readings: number): Outcome {
  const directory = evidenceDirectory(data);
  const bytes = readdirSync(directory).reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);
  return {
    what: 'evidence on disk, per reading',
    value: bytes / readings,
    unit: 'bytes',
    required: { atMost: 6 },
    limit: null,
  };
}

/** What the store of a stopped collector takes for each minute and quarter-hour of a point or a site. */
export async function perInterval(data: string): Promise<Outcome> {
  const file = storeFile(data);
  const instance = await DuckDBInstance.create(file, { access_mode: 'READ_ONLY' });
  try {
    const connection = await instance.connect();
    const counts = ['point_minute', 'point_quarter', 'site_quarter'].map((name) => `(SELECT count(*) FROM ${name})`);
    const found = await connection.runAndReadAll(`SELECT ${counts.join(' + ')}`);
    const intervals = Number(found.getRows()[0]?.[0]);
    const value = statSync(file).size / intervals;
    return { what: 'intervals on disk, each', value, unit: 'bytes', required: { atMost: 12 }, limit: null };
  } finally {
    instance.closeSync();
  }
}
