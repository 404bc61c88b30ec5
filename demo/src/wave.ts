/**
 * A quantity over time: a constant and cosines. Sums and products of waves are waves, and the integral of one is exact,
 * so a simulated meter's register agrees with its power at every instant, whatever was running in between.
 */
export interface Wave {
  readonly mean: number;
  readonly cosines: readonly Cosine[];
}

/** `amplitude · cos(2π · perHour · t + phase)` with t in hours since 1970-01-01 UTC. */
export interface Cosine {
  readonly amplitude: number;
  readonly perHour: number;
  readonly phase: number;
}

const MS_PER_HOUR = 3_600_000;

export function constant(mean: number): Wave {
  return { mean, cosines: [] };
}

/** A swing by `amplitude` around 0 that has a maximum at `peakH` hours after 1970-01-01 UTC. */
export function swing(amplitude: number, periodH: number, peakH: number): Wave {
  return { mean: 0, cosines: [{ amplitude, perHour: 1 / periodH, phase: (-2 * Math.PI * peakH) / periodH }] };
}

export function sum(...waves: readonly Wave[]): Wave {
  return {
    mean: waves.reduce((total, { mean }) => total + mean, 0),
    cosines: waves.flatMap(({ cosines }) => cosines),
  };
}

export function scale(wave: Wave, factor: number): Wave {
  return {
    mean: wave.mean * factor,
    cosines: wave.cosines.map((cosine) => ({ ...cosine, amplitude: cosine.amplitude * factor })),
  };
}

export function product(a: Wave, b: Wave): Wave {
  const pairs = a.cosines.flatMap((left) => b.cosines.map((right) => multiply(left, right)));
  const meansTimesCosines = [scale({ mean: 0, cosines: b.cosines }, a.mean), scale({ ...a, mean: 0 }, b.mean)];
  return sum(constant(a.mean * b.mean), ...meansTimesCosines, ...pairs);
}

/** The wave's value at an instant. */
export function valueAt({ mean, cosines }: Wave, atMs: number): number {
  const hours = atMs / MS_PER_HOUR;
  return cosines.reduce((total, cosine) => total + cosine.amplitude * Math.cos(angle(cosine, hours)), mean);
}

/** The integral over `[fromMs, toMs)` with time in hours: Wh, for a wave in W. */
export function integral({ mean, cosines }: Wave, fromMs: number, toMs: number): number {
  const [from, to] = [fromMs / MS_PER_HOUR, toMs / MS_PER_HOUR];
  return cosines.reduce(
    (total, cosine) => {
      const rise = Math.sin(angle(cosine, to)) - Math.sin(angle(cosine, from));
      return total + (cosine.amplitude * rise) / (2 * Math.PI * cosine.perHour);
    },
    mean * (to - from),
  );
}

function angle({ perHour, phase }: Cosine, hours: number): number {
  return 2 * Math.PI * perHour * hours + phase;
}

/** cos a · cos b = ½ cos(a − b) + ½ cos(a + b); the first is a constant where both turn equally fast. */
function multiply(a: Cosine, b: Cosine): Wave {
  const amplitude = (a.amplitude * b.amplitude) / 2;
  const upper: Cosine = { amplitude, perHour: a.perHour + b.perHour, phase: a.phase + b.phase };
  const lower: Cosine = { amplitude, perHour: a.perHour - b.perHour, phase: a.phase - b.phase };
  if (lower.perHour === 0) return { mean: amplitude * Math.cos(lower.phase), cosines: [upper] };
  return { mean: 0, cosines: [lower, upper] };
}
