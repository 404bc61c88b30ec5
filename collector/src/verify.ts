import { CorruptLogError, type LogPosition } from '@wattmark/shared/segment-log';
import { BrokenChainError, type Cursor, readEvidence } from './evidence/evidence-log.ts';
import { timeOf } from './evidence/record.ts';
import { evidenceDirectory } from './restore.ts';
import { readSnapshot } from './snapshot.ts';

export interface Verification {
  /** Records whose hash follows from the record before. */
  readonly records: number;
  /** Hash of the last good record, hexadecimal: noted elsewhere, it proves later that nothing before was changed. */
  readonly hash: string;
  /** Time of the last good record, UTC ms; null where there is none. */
  readonly lastMs: number | null;
  /** The first record that is not what was written, in words; null where all are. */
  readonly broken: string | null;
}

/** Checks the hash chain of a data directory's evidence log. The collector may be running. */
export async function verifyEvidence(data: string, onProgress: (records: number) => void): Promise<Verification> {
  const snapshot = await readSnapshot(data);
  const known = 'missing' in snapshot ? null : snapshot.fold.cursor;
  let last: Cursor | null = null;
  let lastMs: number | null = null;
  let contradiction: string | null = null;
  let broken: string | null = null;
  try {
    for await (const { body, next } of readEvidence(evidenceDirectory(data))) {
      last = next;
      lastMs = timeOf(body);
      if (known !== null && next.position === known.position && next.hash !== known.hash) {
        contradiction = `record ${next.position} is not the one that the last snapshot was taken at`;
      }
      if (next.position % 100_000 === 0) onProgress(next.position);
    }
  } catch (error) {
    broken = describe(error, last?.position ?? 0);
  }
  const records = last?.position ?? 0;
  if (broken === null && known !== null && known.position > records) {
    broken = `the log ends at record ${records}, but had at least ${known.position} when the last snapshot was taken`;
  }
  return { records, hash: last?.hash ?? '', lastMs, broken: contradiction ?? broken };
}

function describe(error: unknown, records: number): string {
  if (error instanceof BrokenChainError) return error.message;
  if (!(error instanceof CorruptLogError)) throw error;
  return `record ${records + 1} (${place(error.position)}) is damaged: ${error.message}`;
}

function place({ segment, offset }: LogPosition): string {
  return `segment ${segment}, byte ${offset}`;
}
