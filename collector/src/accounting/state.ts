import { Bucket } from './bucket.ts';
import type { GaugeAccount } from './gauge-account.ts';
import { PointAccount } from './point-account.ts';
import { quantities } from './quantity.ts';

/** Accounts as plain columns of numbers, for snapshots: 100,000 points are written and read in some tens of milliseconds. */

const pointFields = [
  'maxGapMs',
  'sampleAtMs',
  'sampleW',
  'registerAtMs',
  'registerWh',
  'creditWh',
  'exportAtMs',
  'exportWh',
  'greatestW',
  'evictedToMs',
] as const satisfies (keyof PointAccount)[];

const bucketFields = [
  'energyWh',
  'measuredMs',
  'provisionalWh',
  'provisionalMs',
  'estimatedWh',
  'estimatedMs',
  'exportWh',
  'bridgedMs',
  'minW',
  'maxW',
] as const satisfies (keyof Bucket)[];

const gaugeFields = ['atMs', 'startMs', 'sum', 'samples', 'min', 'max'] as const satisfies (keyof GaugeAccount)[];

/** Numbers in a row, growing as needed. */
export class NumberWriter {
  #numbers = new Float64Array(1024);
  #count = 0;

  put(value: number): void {
    if (this.#count === this.#numbers.length) {
      const larger = new Float64Array(2 * this.#count);
      larger.set(this.#numbers);
      this.#numbers = larger;
    }
    this.#numbers[this.#count++] = value;
  }

  toArray(): Float64Array {
    return this.#numbers.slice(0, this.#count);
  }
}

export class NumberReader {
  readonly #numbers: Float64Array;
  #at = 0;

  constructor(numbers: Float64Array) {
    this.#numbers = numbers;
  }

  /** @throws RangeError beyond the end. */
  take(): number {
    const value = this.#numbers[this.#at++];
    if (value === undefined) throw new RangeError('the snapshot ends too early');
    return value;
  }
}

export function savePoint(account: PointAccount, out: NumberWriter): void {
  for (const field of pointFields) out.put(account[field]);
  out.put(account.modulusWh ?? Number.NaN);
  out.put(Number(account.sampleEstimated));
  out.put(quantities.indexOf(account.quantity));
  const buckets = account.current === null ? account.held : [...account.held, account.current];
  out.put(buckets.length);
  for (const bucket of buckets) {
    out.put(bucket.startMs);
    for (const field of bucketFields) out.put(bucket[field]);
    out.put(Number(bucket.changed));
  }
}

export function loadPoint(pointId: number, from: NumberReader): PointAccount {
  const account = new PointAccount(pointId, 0);
  for (const field of pointFields) account[field] = from.take();
  const modulusWh = from.take();
  account.modulusWh = Number.isNaN(modulusWh) ? null : modulusWh;
  account.sampleEstimated = from.take() === 1;
  account.quantity = quantities[from.take()] ?? 'energy';
  const buckets: Bucket[] = [];
  for (let rest = from.take(); rest > 0; rest--) {
    const bucket = new Bucket(from.take());
    for (const field of bucketFields) bucket[field] = from.take();
    bucket.changed = from.take() === 1;
    buckets.push(bucket);
  }
  account.current = buckets.pop() ?? null;
  if (buckets.length > 0) account.held = buckets;
  return account;
}

export function saveGauge(account: GaugeAccount, out: NumberWriter): void {
  for (const field of gaugeFields) out.put(account[field]);
  out.put(Number(account.changed));
}

export function loadGauge(account: GaugeAccount, from: NumberReader): void {
  for (const field of gaugeFields) account[field] = from.take();
  account.changed = from.take() === 1;
}
