import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { schema } from './tables.ts';

/** A store that cannot be opened; the message says what to do. */
export class StoreError extends Error {
  override name = 'StoreError';
}

/** To be raised when the meaning of a column changes and its declaration does not. */
const VERSION = 5;

const fingerprint = [`version ${VERSION}`, ...schema].join('; ');

/** DuckDB would fetch extensions from the network, and read and write any file that a statement names. */
const lockedDown = ['SET enable_external_access = false', 'SET lock_configuration = true'];

/**
 * Opens the file, makes its tables where it is new, and locks the configuration.
 * @throws StoreError
 */
export async function connectWriter(
  file: string,
  memoryMiB: number,
  threads: number,
): Promise<{ instance: DuckDBInstance; writer: DuckDBConnection }> {
  const instance = await openInstance(file, memoryMiB, threads);
  try {
    const writer = await instance.connect();
    for (const statement of lockedDown) await writer.run(statement);
    await ensureSchema(writer, file);
    return { instance, writer };
  } catch (error) {
    instance.closeSync();
    throw error;
  }
}

async function openInstance(file: string, memoryMiB: number, threads: number): Promise<DuckDBInstance> {
  try {
    return await DuckDBInstance.create(file, {
      memory_limit: `${memoryMiB}MiB`,
      threads: String(threads),
      temp_directory: `${file}.tmp`,
      max_temp_directory_size: '4GiB',
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
    });
  } catch (error) {
    const reason = (error as Error).message;
    if (/lock/i.test(reason)) throw new StoreError(`${file} is in use by another process: ${reason}`);
    throw new StoreError(`${file} cannot be opened (${reason}); move it away and run \`wattmark-collector replay\``);
  }
}

async function ensureSchema(connection: DuckDBConnection, file: string): Promise<void> {
  const made = await connection.runAndReadAll("SELECT 1 FROM duckdb_tables() WHERE table_name = 'meta'");
  if (made.currentRowCount === 0) {
    await connection.run('BEGIN TRANSACTION');
    for (const statement of schema) await connection.run(statement);
    await connection.run('CREATE TABLE meta (schema VARCHAR NOT NULL)');
    await connection.run('INSERT INTO meta VALUES ($fingerprint)', { fingerprint });
    await connection.run('COMMIT');
    return;
  }
  const found = await connection.runAndReadAll('SELECT schema FROM meta');
  if (found.getRows()[0]?.[0] !== fingerprint) {
    throw new StoreError(`${file} was made by another version; run \`wattmark-collector replay\` to make it anew`);
  }
}
