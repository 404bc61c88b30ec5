import type { SkewSpan } from '../accounting/clock-book.ts';
import type { Incident } from '../accounting/incident-book.ts';
import type { MeterChange } from '../site/meter-book.ts';

/** The energy register of a point as it stands. */
export interface RegisterNote {
  readonly pointId: number;
  /** Time and value of the newest reading, UTC ms and Wh. */
  readonly atMs: number;
  readonly valueWh: number;
  /** By how much it moved last, Wh, and the mean power meanwhile, W; NaN where it has not moved or has fallen. */
  readonly stepWh: number;
  readonly meanW: number;
}

/** What the accounting has noted beside a site's energies. */
export interface SiteNotes {
  readonly incidents: readonly Incident[];
  readonly clocks: readonly SkewSpan[];
  readonly registers: readonly RegisterNote[];
  readonly meters: readonly MeterChange[];
}
