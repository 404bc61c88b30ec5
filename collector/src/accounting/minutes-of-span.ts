import { Bucket, minuteOf } from './bucket.ts';
import { MINUTE_MS, type Span } from './interval.ts';

/**
 * The bucket of every minute that a span touches: one of `known`, or a new one.
 * @returns them, and all together with `known`, both in order of time
 */
export function minutesOfSpan({ fromMs, toMs }: Span, known: readonly Bucket[]): { span: Bucket[]; all: Bucket[] } {
  const byStart = new Map(known.map((bucket) => [bucket.startMs, bucket]));
  const span: Bucket[] = [];
  for (let startMs = minuteOf(fromMs); startMs < toMs; startMs += MINUTE_MS) {
    const bucket = byStart.get(startMs) ?? new Bucket(startMs);
    byStart.set(startMs, bucket);
    span.push(bucket);
  }
  return { span, all: [...byStart.values()].sort((a, b) => a.startMs - b.startMs) };
}
