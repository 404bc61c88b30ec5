import type { SourceContext } from '../../source.ts';
import type { Progress } from './progress.ts';

/** Time between two lines of the log that say how far a long file has been read, ms. */
const REPORT_EVERY_MS = 60_000;

/** What came of one look at the files. */
export interface Look {
  readonly lines: number;
  readonly bad: number;
  readonly stale: number;
  readonly bytesLeft: number;
  readonly progress: Progress;
}

/** Says in the log how a long file goes, and what is left out of it. */
export function createReport({ clock, log }: Pick<SourceContext, 'clock' | 'log'>): (look: Look) => void {
  const total = { lines: 0, bad: 0, stale: 0 };
  let begun: { readonly ms: number; readonly bytesLeft: number } | null = null;
  let reportedMs = Number.NEGATIVE_INFINITY;
  return ({ lines, bad, stale, bytesLeft, progress }) => {
    if (stale > 0 && total.stale === 0) {
      log.warn({ rows: stale, before: progress.place?.line }, 'rows that are not newer than those before are left out');
    }
    total.lines += lines;
    total.bad += bad;
    total.stale += stale;
    const nowMs = clock.monotonicMs();
    const isDone = bytesLeft === 0;
    if (isDone ? begun !== null : nowMs - reportedMs >= REPORT_EVERY_MS) {
      reportedMs = nowMs;
      begun ??= { ms: nowMs, bytesLeft };
      const bytesPerMs = (begun.bytesLeft - bytesLeft) / (nowMs - begun.ms);
      const leftS = bytesPerMs > 0 ? Math.round(bytesLeft / bytesPerMs / 1000) : null;
      log.info({ ...total, file: progress.place?.file, bytesLeft, leftS }, isDone ? 'read to the end' : 'reading on');
    }
    if (isDone) begun = null;
  };
}
