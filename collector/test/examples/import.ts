import { bookPoint } from '../../src/import/booking.ts';

const MINUTE_MS = 60_000;

/** Energy of a point, Wh, from means that begin at minutes. */
function energyWh(given: { intervalMin: number; atMin: number[]; powerW: number[] }): number {
  const intervalMs = given.intervalMin * MINUTE_MS;
  const block = {
    isMean: true,
    isEstimated: false,
    intervalMs,
    atMs: Float64Array.from(given.atMin, (minute) => Date.UTC(2026, 0, 1) + minute * MINUTE_MS),
    values: Float64Array.from(given.powerW),
  };
  let sum = 0;
  bookPoint([{ use: 'power', blocks: [block] }], intervalMs, (_, bucket) => {
    sum += bucket.energyWh + bucket.provisionalWh;
  });
  return sum;
}

export const examples = {
  'interval-means': energyWh,
};
