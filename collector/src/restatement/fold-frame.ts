import type { Correction } from '../corrections/change.ts';
import type { EvidenceFrame } from '../evidence/evidence-log.ts';
import type { Fold } from '../fold.ts';
import type { Recorder } from '../recorder.ts';
import { type Restater, restate } from './restate.ts';

/**
 * Applies one frame with all that follows from it: intervals that it closed go to the recorder, and those that a correction
 * touches are restated.
 * @returns the correction that the frame brought, or null
 */
export async function foldFrame(
  frame: EvidenceFrame,
  fold: Fold,
  recorder: Pick<Recorder, 'record' | 'restate'>,
  restater: Restater,
): Promise<Correction | null> {
  const batch = fold.apply(frame);
  if (batch !== null) {
    const rows = fold.importedMinutes.without(batch.points, fold, restater);
    await recorder.record(batch, rows instanceof Promise ? await rows : rows);
  }
  const correction = fold.takeCorrection();
  if (correction !== null) await restate(fold, recorder, correction, restater);
  return correction;
}
