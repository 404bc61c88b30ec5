import { createHash } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import type { FoldState } from './fold.ts';
import type { EnergyCountersState } from './site/energy-counters.ts';
import type { RollupState } from './site/rollup.ts';

/**
 * Snapshots make a restart cheap: the fold's state and its place in the evidence log, stored together. A snapshot is only ever a
 * short cut; one that is missing, damaged or of another version costs time, because the log is then folded from its beginning.
 */
export interface Snapshot {
  readonly fold: FoldState;
  readonly rollup: RollupState;
  readonly energy: EnergyCountersState;
}

/** To be raised whenever the shape of the state changes. */
const VERSION = 12;
const FILE = 'snapshot.bin';
const HASH_BYTES = 32;
const LENGTH_BYTES = 4;

/** The fold's state as bytes, independent of what happens to the fold afterwards. */
export function encodeFold(state: FoldState): Uint8Array {
  return serialize(state);
}

/** Replaces the directory's snapshot; after a crash at any instant there is the old one or the new one. */
export async function writeSnapshot(
  directory: string,
  parts: Omit<Snapshot, 'fold'> & { readonly fold: Uint8Array },
): Promise<void> {
  // The fold's bytes are written as they are: a copy of them would be the collector's greatest need of memory.
  const { fold, ...rest } = parts;
  const head = serialize({ version: VERSION, ...rest });
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32LE(head.length);
  const content = [length, head, fold];
  const hash = createHash('sha256');
  for (const part of content) hash.update(part);
  const path = join(directory, FILE);
  const file = await open(`${path}.new`, 'w');
  try {
    await file.writeFile(hash.digest());
    for (const part of content) await file.writeFile(part);
    await file.datasync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
}

export async function removeSnapshot(directory: string): Promise<void> {
  await rm(join(directory, FILE), { force: true });
}

/** The snapshot stored last, or in words why there is none. */
export async function readSnapshot(directory: string): Promise<Snapshot | { readonly missing: string }> {
  let bytes: Buffer;
  try {
    bytes = await readFile(join(directory, FILE));
  } catch (error) {
    return { missing: (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is none yet' : String(error) };
  }
  const content = bytes.subarray(HASH_BYTES);
  const hash = createHash('sha256').update(content).digest();
  if (!hash.equals(bytes.subarray(0, HASH_BYTES))) return { missing: 'it is damaged' };
  try {
    return decode(content);
  } catch {
    return { missing: 'it is of another version' };
  }
}

function decode(content: Buffer): Snapshot | { readonly missing: string } {
  const headEnd = LENGTH_BYTES + content.readUInt32LE();
  const head = deserialize(content.subarray(LENGTH_BYTES, headEnd)) as Omit<Snapshot, 'fold'> & { version: number };
  if (head.version !== VERSION) return { missing: `it is of version ${head.version}, not ${VERSION}` };
  const { rollup, energy } = head;
  return { fold: deserialize(content.subarray(headEnd)) as FoldState, rollup, energy };
}
