/** A ratio by which readings are wrong in practice, as one says it. */
export interface Factor {
  /** `1000 times`, `1/√3 of` */
  readonly words: string;
  readonly kind: 'decimal' | 'root-three' | 'three';
  readonly isAbove: boolean;
}

const factors = [
  ...[10, 100, 1000, 10_000, 1_000_000].map((value) => ({ value, name: String(value), kind: 'decimal' as const })),
  { value: Math.sqrt(3), name: '√3', kind: 'root-three' as const },
  { value: 3, name: '3', kind: 'three' as const },
];

/** The factor that `ratio` is, within the relative `tolerance`, or null. */
export function factorOf(ratio: number, tolerance: number): Factor | null {
  const above = factors.find(({ value }) => isAbout(ratio, value, tolerance));
  if (above !== undefined) return { words: `${above.name} times`, kind: above.kind, isAbove: true };
  const below = factors.find(({ value }) => isAbout(ratio * value, 1, tolerance));
  return below === undefined ? null : { words: `1/${below.name} of`, kind: below.kind, isAbove: false };
}

export function isAbout(value: number, expected: number, tolerance: number): boolean {
  return value > 0 && expected > 0 && Math.abs(Math.log(value / expected)) <= Math.log1p(tolerance);
}

/** Any ratio as one says it: `1000 times`, `0.62 of`. */
export function timesOf(ratio: number): string {
  return ratio >= 1.5 ? `${Number(ratio.toPrecision(2))} times` : `${Number(ratio.toPrecision(2))} of`;
}

/** The ratio that all of `ratios` are about, or null where they are not alike: what changes is no wrong unit. */
export function steady(ratios: readonly number[], tolerance: number): number | null {
  const middle = [...ratios].sort((a, b) => a - b)[Math.floor(ratios.length / 2)];
  if (middle === undefined) return null;
  return ratios.every((ratio) => ratio === middle || isAbout(ratio, middle, tolerance)) ? middle : null;
}

/** A value with its unit and three digits: `41.2 kW`. */
export function say(value: number, unit: string): string {
  const size = Math.abs(value);
  const [factor, prefix] = size >= 1e6 ? [1e6, 'M'] : size >= 1e3 ? [1e3, 'k'] : [1, ''];
  return `${Number((value / factor).toPrecision(3))} ${prefix}${unit}`;
}
