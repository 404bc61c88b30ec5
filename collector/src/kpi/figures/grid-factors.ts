import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Temporal } from 'temporal-polyfill';
import * as v from 'valibot';
import { startOf } from '../boundaries.ts';

const factorSchema = v.strictObject({
  region: v.string(),
  name: v.string(),
  year: v.pipe(v.number(), v.integer()),
  value: v.pipe(v.number(), v.gtValue(0), v.maxValue(10)),
  unit: v.literal('kgCO2/kWh'),
  basis: v.string(),
  publisher: v.string(),
  source: v.string(),
  /** The year that the value was found for; `validTo` is the first day that is not of it. */
  validFrom: v.pipe(v.string(), v.isoDate()),
  validTo: v.pipe(v.string(), v.isoDate()),
});

type GridFactor = Readonly<v.InferOutput<typeof factorSchema>>;

/** Emission factors of electricity from the grid, by region and year. */
export const gridFactors: readonly GridFactor[] = v.parse(
  v.array(factorSchema),
  JSON.parse(readFileSync(join(import.meta.dirname, 'grid-factors.json'), 'utf8')),
);

export function isGridRegion(region: string): boolean {
  return gridFactors.some((factor) => factor.region === region);
}

/** A factor with the time from which it counts. */
export interface DatedFactor {
  readonly fromMs: number;
  readonly kgPerKwh: number;
  readonly source: string;
  /** End of the time that the value was found for; null where nobody said. */
  readonly madeToMs: number | null;
}

interface GridSettings {
  readonly grid?: string | undefined;
  readonly gridFactors?:
    | readonly { readonly from: string; readonly kgPerKwh: number; readonly source: string }[]
    | undefined;
}

/**
 * The factors that a site file asks for, oldest first: its own series, else those of its region; empty where it asks for none.
 * Dates are those of the site's time zone.
 */
export function factorSeries({ grid, gridFactors: own }: GridSettings, timezone: string): DatedFactor[] {
  const series =
    own !== undefined
      ? own.map(({ from, ...factor }) => ({
          ...factor,
          fromMs: startOf(Temporal.PlainDate.from(from), timezone),
          madeToMs: null,
        }))
      : gridFactors.filter(({ region }) => region === grid).map((factor) => datedFactor(factor, timezone));
  return series.sort((a, b) => a.fromMs - b.fromMs);
}

/** The factor that counts at an instant: the newest that began by then, even if its year is over; undefined before the first. */
export function factorAt(series: readonly DatedFactor[], ms: number): DatedFactor | undefined {
  return series.findLast(({ fromMs }) => fromMs <= ms);
}

function datedFactor(factor: GridFactor, timezone: string): DatedFactor {
  const { name, year, value, basis, publisher, source, validFrom, validTo } = factor;
  return {
    fromMs: startOf(Temporal.PlainDate.from(validFrom), timezone),
    kgPerKwh: value,
    source: `${name} ${year}, ${basis}; ${publisher}; ${source}`,
    madeToMs: startOf(Temporal.PlainDate.from(validTo), timezone),
  };
}
