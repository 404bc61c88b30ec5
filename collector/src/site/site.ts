import type { Channel } from '@wattmark/shared/channels';
import type { Meter } from '@wattmark/shared/messages';
import type { Quantity } from '../accounting/quantity.ts';
import type { SiteFile } from './site-file.ts';
import { type AccuracyClass, type Level, levels, type Role } from '@wattmark/shared/roles';

/** One metering point as the site file and the agents' births together describe it; the site file wins. */
export interface SitePoint {
  readonly point: string;
  /** Number in the catalogue; null while no reading of the point has arrived. */
  readonly pointId: number | null;
  readonly name: string;
  /** Null for a point that is shown but takes no part in the balance. */
  readonly role: Role | null;
  /** Measuring level of an `it` point; null where nobody said. */
  readonly level: Level | null;
  readonly feeds: readonly string[];
  readonly channels: readonly Channel[];
  readonly source: string | null;
  /** The agent that reads the point; null while none has announced it. */
  readonly agent: string | null;
  readonly accuracyClass: AccuracyClass | null;
  /** What the instrument, or its profile, says of itself. */
  readonly meter: Meter | null;
  readonly intervalMs: number;
  readonly simulated: boolean;
  readonly method: string | null;
  /** What energy comes in, by the catalogue of carriers. */
  readonly carrier: string;
  /** What the point's intervals count, though they call it energy: Wh, L or kg. */
  readonly quantity: Quantity;
  /** Of a point that is made of others: how often each of them counts, and a constant power beside; null for a measured one. */
  readonly virtual: {
    readonly sum: readonly (readonly [point: string, factor: number])[];
    readonly constantW: number;
  } | null;
  /** Weight of the point in the site's balance, beside that of its carrier. */
  readonly factor: number;
}

export type SiteKind = 'data-centre' | 'base-station';

/** A base station's reference consumption, such as its 2019 mean. */
export interface Baseline {
  readonly kwhPerDay: number;
  /** Where the figure comes from, as an auditor would cite it. */
  readonly source: string;
}

export interface Site {
  /** Number in the catalogue, in order of first appearance in the evidence log. */
  readonly siteId: number;
  readonly site: string;
  readonly name: string;
  readonly kind: SiteKind;
  readonly group: string;
  /** IANA time zone. */
  readonly timezone: string;
  /** Id in the catalogue of targets; null for none. */
  readonly target: string | null;
  /** The level at which IT energy is taken; null: the level nearest the supply among those present. */
  readonly itLevel: Level | null;
  /** Id of the profile by which carriers are converted into the Wh of the balance. */
  readonly conversion: string;
  readonly baseline: Baseline | null;
  readonly points: readonly SitePoint[];
  /** What the site's file says beyond this; empty where it has none. */
  readonly file: SiteFile;
}

/**
 * What a site's IT amounts to at one measuring level in one interval. `parts` and `it` are null where not all of their points
 * were measured for any of the time; the paired sums cover exactly the minutes in which both sides were measured, and only they
 * may form a ratio.
 */
export interface LevelEnergies {
  /** Sum of the parts, IT taken at this level; null where the total is the supply. */
  readonly partsWh: number | null;
  readonly partsMs: number;
  readonly itWh: number | null;
  /** Time for which the IT energy is measured. */
  readonly itMs: number;
  readonly pairedTotalWh: number;
  readonly pairedItWh: number;
  readonly pairedMs: number;
  /** Paired time in which some counted point was bridged. */
  readonly estimatedMs: number;
}

/**
 * A site's energies in one interval, with its measuring levels beside each other: which of them counts is known only for a
 * period (`kpi/level.ts`). Levels are never added up, since one holds the other.
 */
export interface SiteInterval {
  readonly siteId: number;
  /** Id of the part of the site that this is of; null for the whole site. */
  readonly partial: string | null;
  readonly startMs: number;
  /** The supply less what was fed back and what batteries took; null where the total is the sum of the parts, or unknown. */
  readonly supplyWh: number | null;
  readonly supplyMs: number;
  /**
   * 0: IT points whose level nobody said, or telecom in a base station; 1 to 3: the PUE's categories, in the order of `levels`
   * of @wattmark/shared/roles.
   */
  readonly levels: readonly LevelEnergies[];
  /** Energy by role in the order of `energyRoles` of @wattmark/shared/roles, Wh; null where the role has no measured point. */
  readonly roleWh: readonly (number | null)[];
  /** In the order of `overheadParts`. */
  readonly overhead: readonly PartEnergies[];
}

/** A local day of a site, or of a part of it: the sum of its quarter-hours in the order of time. It may have 23 or 25 hours. */
export interface SiteDay extends SiteInterval {
  readonly endMs: number;
}

/** Loads beside the IT that can have meters. */
export const overheadParts = ['cooling', 'lighting', 'other'] as const;
export type OverheadPart = (typeof overheadParts)[number];

/** Net energy of a part of the overhead over the time in which all of its points were measured, and that time. */
export interface PartEnergies {
  readonly energyWh: number;
  readonly measuredMs: number;
}

/** The sum of a site's intervals between two instants, level by level. */
export type SiteSum = Omit<SiteInterval, 'siteId' | 'partial' | 'startMs'> & {
  readonly startMs: number;
  readonly endMs: number;
};

/** Number of entries in `levels` of an interval. */
export const LEVEL_COUNT = 1 + levels.length;
