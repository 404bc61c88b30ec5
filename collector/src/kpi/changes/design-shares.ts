import { limits } from '@wattmark/shared/messages';
import * as v from 'valibot';
import { parts } from './decomposition.ts';

const share = v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1)), 0);

const ROUNDING = 0.001;

/** How a site's overhead divides by design, as its file says it (`designShares`). */
export const designShares = v.pipe(
  v.strictObject({
    cooling: share,
    lighting: share,
    other: share,
    losses: share,
    /** Where the shares come from, as an auditor would cite it. */
    source: v.pipe(v.string(), v.minLength(1), v.maxLength(limits.nameLength)),
  }),
  v.check(
    (shares) => Math.abs(parts.reduce((sum, part) => sum + shares[part], 0) - 1) <= ROUNDING,
    'must add up to 1 over cooling, lighting, other and losses',
  ),
);
