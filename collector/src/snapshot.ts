import { createHash } from 'node:crypto';
import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import type { FoldState } from './fold.ts';
import type { RollupState } from './site/rollup.ts';

/**
 * Snapshots make a restart cheap: the fold's state and its place in the evidence log, stored together. A snapshot is only ever a
 * short cut; one that is missing, damaged or of another version costs time, because the log is then folded from its beginning.
 */
export interface Snapshot {
  readonly fold: FoldState;
  readonly rollup: RollupState;
}

/** To be raised whenever the shape of the state changes. */
const VERSION = 3;
const FILE = 'snapshot.bin';
const HASH_BYTES = 32;

/** The fold's state as bytes, independent of what happens to the fold afterwards. */
export function encodeFold(state: FoldState): Uint8Array {
  return serialize(state);
}

/** Replaces the directory's snapshot; after a crash at any instant there is the old one or the new one. */
export async function writeSnapshot(
  directory: string,
  parts: { readonly fold: Uint8Array; readonly rollup: RollupState },
): Promise<void> {
  const content = serialize({ version: VERSION, ...parts });
  const path = join(directory, FILE);
  const file = await open(`${path}.new`, 'w');
  try {
    await file.writeFile(createHash('sha256').update(content).digest());
    await file.writeFile(content);
    await file.datasync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
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
  const { version, fold, rollup } = deserialize(content) as { version: number; fold: Uint8Array; rollup: RollupState };
  if (version !== VERSION) return { missing: `it is of version ${version}, not ${VERSION}` };
  return { fold: deserialize(fold) as FoldState, rollup };
}
