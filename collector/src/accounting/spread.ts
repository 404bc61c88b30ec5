import type { Bucket } from './bucket.ts';
import type { Span } from './interval.ts';

export interface SpreadOptions {
  /** Energy that samples say flowed in the span, Wh. */
  readonly sampledWh: number;
  /** Whether the energy itself is estimated. */
  readonly estimated: boolean;
  /** Time without samples beyond this is bridged, ms. */
  readonly maxGapMs: number;
}

/**
 * Spreads the energy that a register measured over the minutes of a span: on what samples cover in their proportion, the
 * rest evenly on the rest. What the samples said provisionally is replaced by it.
 */
export function spread(buckets: readonly Bucket[], span: Span, energyWh: number, options: SpreadOptions): void {
  const { sampledWh, estimated, maxGapMs } = options;
  const sampledMs = buckets.reduce((sum, { provisionalMs }) => sum + provisionalMs, 0);
  const bareMs = span.toMs - span.fromMs - sampledMs;
  const bareWh = bareMs > 0 ? Math.max(0, energyWh - sampledWh) : 0;
  const scale = sampledWh > 0 ? (energyWh - bareWh) / sampledWh : 0;
  const evenWhPerMs = sampledWh > 0 || sampledMs === 0 ? 0 : (energyWh - bareWh) / sampledMs;
  for (const bucket of buckets) {
    const bucketBareMs = Math.max(0, overlapMs(bucket, span) - bucket.provisionalMs);
    const sampledPartWh = bucket.provisionalWh * scale + bucket.provisionalMs * evenWhPerMs;
    const bookedWh = sampledPartWh + (bareMs > 0 ? (bareWh * bucketBareMs) / bareMs : 0);
    const bookedMs = bucket.provisionalMs + bucketBareMs;
    bucket.provisionalWh = 0;
    bucket.provisionalMs = 0;
    bucket.changed = true;
    if (estimated) {
      bucket.estimatedWh += bookedWh;
      bucket.estimatedMs += bookedMs;
    } else {
      bucket.energyWh += bookedWh;
      bucket.measuredMs += bookedMs;
      if (bareMs > maxGapMs) bucket.bridgedMs += bucketBareMs;
    }
  }
}

/** Time that a bucket's minute has in common with a span. */
export function overlapMs(bucket: Bucket, { fromMs, toMs }: Span): number {
  return Math.max(0, Math.min(bucket.endMs, toMs) - Math.max(bucket.startMs, fromMs));
}
