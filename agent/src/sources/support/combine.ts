/** How a channel comes from the raw values of a device: `scale` is the factor to the channel's unit. */
export interface Combination {
  readonly scale: number;
  /** Present where the channel is the mean of the values rather than their sum. */
  readonly mean?: unknown;
}

/** The channel's value. A scale such as 0.1 divides by 10, because 0.1 itself has no exact binary form. */
export function combine({ scale, mean }: Combination, values: readonly number[]): number {
  const total = values.reduce((sum, value) => sum + value, 0);
  const raw = mean === undefined ? total : total / values.length;
  const divisor = Math.round(1 / scale);
  return Math.abs(divisor * scale - 1) < 1e-12 ? raw / divisor : raw * scale;
}
