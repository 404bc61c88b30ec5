import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';

/** Values by which findings are judged, each with where it comes from. A value that changes is a new entry. */
const thresholdSchema = v.strictObject({
  id: v.string(),
  value: v.pipe(v.number(), v.gtValue(0)),
  unit: v.picklist(['%', 'ms', '1']),
  meaning: v.string(),
  source: v.string(),
  validFrom: v.pipe(v.string(), v.isoDate()),
  validTo: v.nullable(v.pipe(v.string(), v.isoDate())),
});

type Threshold = Readonly<v.InferOutput<typeof thresholdSchema>>;

export const thresholds: readonly Threshold[] = v.parse(
  v.array(thresholdSchema),
  JSON.parse(readFileSync(join(import.meta.dirname, 'thresholds.json'), 'utf8')),
);

/** The values that hold now; shares as 0 to 1. */
export const limits = {
  assumedClass: valueOf('assumed-class'),
  wholeStep: valueOf('whole-step'),
  leastEfficiency: valueOf('least-efficiency'),
  deadSupply: valueOf('dead-supply'),
  batteryBridgeMs: valueOf('battery-bridge'),
  silenceMs: valueOf('silence'),
  silentShare: valueOf('silent-share'),
  coarseRegister: valueOf('coarse-register'),
  clockSkewMs: valueOf('clock-skew'),
  noteworthyReadings: valueOf('noteworthy-readings'),
  backlogMessages: valueOf('backlog'),
} as const;

function valueOf(id: string): number {
  const found = thresholds.find((threshold) => threshold.id === id && threshold.validTo === null);
  if (found === undefined) throw new RangeError(`there is no threshold ${id}`);
  return found.unit === '%' ? found.value / 100 : found.value;
}
