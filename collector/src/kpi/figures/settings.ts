import { id } from '@wattmark/shared/config';
import * as v from 'valibot';
import { isGridRegion } from './grid-factors.ts';
import { dayNames, isDays } from './tariff.ts';

/** Keys of a site file for the figures beside PUE. None has a default: site files on record may be older than the keys. */

const text = v.pipe(v.string(), v.minLength(1), v.maxLength(200));
const date = v.pipe(v.string(), v.check(isDate, 'is not a date such as 2026-01-01'));
const time = v.pipe(
  v.string(),
  v.regex(/^(([01]\d|2[0-3]):(00|15|30|45)|24:00)$/, 'is not a quarter-hour in quotes, such as "08:15"'),
);

// Ten times the dirtiest grid: what is beyond it was given in grams.
const kgPerKwh = v.pipe(v.number(), v.minValue(0), v.maxValue(10, 'is kg (not g) of CO2 for each kWh, 0 to 10'));

const rate = v.strictObject({
  name: text,
  price: v.pipe(v.number(), v.minValue(-1e6), v.maxValue(1e6)),
  when: v.optional(
    v.strictObject({
      days: v.optional(
        v.pipe(v.string(), v.check(isDays, `is not days such as mon-fri or sat,sun (${dayNames.join(' ')})`)),
      ),
      from: v.optional(time, '00:00'),
      to: v.optional(time, '24:00'),
    }),
    {},
  ),
  validFrom: v.optional(date),
  validTo: v.optional(date),
});

export const figureSettings = {
  grid: v.optional(v.pipe(v.string(), v.check(isGridRegion, 'is not a region of the table of grid factors'))),
  gridFactors: v.optional(
    v.pipe(v.array(v.strictObject({ from: date, kgPerKwh, source: text })), v.minLength(1), v.maxLength(200)),
  ),
  /** Of single points: fuels, heat, or electricity that is not the grid's. Per kWh, or per L or kg of a fuel metered so. */
  emissionFactors: v.optional(
    v.pipe(
      v.array(
        v.strictObject({ point: id, kgPerUnit: v.pipe(v.number(), v.minValue(0), v.maxValue(1000)), source: text }),
      ),
      v.maxLength(1_000),
    ),
  ),
  renewables: v.optional(
    v.pipe(
      v.array(
        v.pipe(
          v.strictObject({
            kind: v.picklist(['certificate', 'supply']),
            from: date,
            to: date,
            kwh: v.pipe(v.number(), v.minValue(0), v.maxValue(1e12)),
            source: text,
          }),
          v.check(({ from, to }) => from < to, 'to must be later than from: it is the first day that no longer counts'),
        ),
      ),
      v.maxLength(1_000),
    ),
  ),
  solarCertificatesSold: v.optional(v.boolean()),
  tariff: v.optional(
    v.strictObject({
      currency: v.pipe(v.string(), v.regex(/^[A-Z]{3}$/, 'is not a code such as CNY or EUR')),
      energy: v.pipe(v.array(rate), v.minLength(1), v.maxLength(100)),
    }),
  ),
};

function isDate(value: string): boolean {
  const parsed = /^\d{4}-\d\d-\d\d$/.test(value) ? Date.parse(`${value}T00:00:00Z`) : Number.NaN;
  return !Number.isNaN(parsed) && new Date(parsed).toISOString().startsWith(value);
}
