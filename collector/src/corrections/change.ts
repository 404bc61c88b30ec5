import { type Channel, channels } from '@wattmark/shared/channels';
import { id } from '@wattmark/shared/config';
import { limits } from '@wattmark/shared/messages';
import { Temporal } from 'temporal-polyfill';
import * as v from 'valibot';
import { MINUTE_MS, type Span } from '../accounting/interval.ts';

/**
 * What an auditor can change about readings that are on record. Nothing is overwritten: a change is an entry of its own in the
 * evidence log, the intervals that it touches are computed again from the readings, and what was known before stays
 * readable.
 */

const text = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(limits.nameLength));
const finite = v.pipe(v.number(), v.finite());

const instantMs = v.pipe(
  v.string(),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    try {
      return Temporal.Instant.from(dataset.value).epochMilliseconds;
    } catch {
      addIssue({ message: 'must be an instant with its offset, such as 2026-10-05T06:00:00+08:00' });
      return NEVER;
    }
  }),
  v.check((ms) => ms >= limits.earliestAt && ms < limits.latestAt, 'must be between 2000 and 2100'),
);

/** Energy is kept by minutes: what changes energy from an instant on changes it from a whole minute on. */
const minuteMs = v.pipe(
  instantMs,
  v.check((ms) => ms % MINUTE_MS === 0, 'must be a whole minute'),
);

const registers = Object.keys(channels).filter((channel) => isRegister(channel as Channel)) as Channel[];

const changeSchema = v.variant('kind', [
  /** The point's readings in the span do not count. */
  v.strictObject({ kind: v.literal('void'), point: id, from: instantMs, to: instantMs }),
  /** A register read off by hand, in the channel's unit. */
  v.strictObject({
    kind: v.literal('reading'),
    point: id,
    at: instantMs,
    channel: v.optional(v.picklist(registers), 'energy'),
    value: v.pipe(finite, v.minValue(0)),
  }),
  /** Another meter in the old one's place: the old one's last register value and the new one's first. */
  v.strictObject({
    kind: v.literal('replacement'),
    point: id,
    at: instantMs,
    channel: v.optional(v.picklist(registers), 'energy'),
    oldLast: v.pipe(finite, v.minValue(0)),
    newFirst: v.pipe(finite, v.minValue(0)),
  }),
  /** What the point measured is multiplied, such as for a wrong transformer ratio; without an end, from then on. */
  v.strictObject({
    kind: v.literal('factor'),
    point: id,
    from: minuteMs,
    to: v.optional(minuteMs),
    factor: v.pipe(
      finite,
      v.check((factor) => factor !== 0 && Math.abs(factor) <= 1e6, 'must not be 0, at most a million'),
    ),
  }),
  /** The site's description of today holds from then on. */
  v.strictObject({ kind: v.literal('structure'), from: minuteMs }),
  /** The readings of an import on record count from now on. */
  v.strictObject({ kind: v.literal('import'), import: v.pipe(v.string(), v.regex(/^\d{1,15}$/)) }),
  /** Somebody has seen a finding and says what it is about. */
  v.strictObject({ kind: v.literal('acknowledge'), finding: v.pipe(v.string(), v.minLength(1), v.maxLength(500)) }),
  /** An earlier correction no longer holds. */
  v.strictObject({ kind: v.literal('withdraw'), correction: v.pipe(v.string(), v.regex(/^\d{1,15}$/)) }),
]);

const entrySchema = v.pipe(
  v.strictObject({ by: text, reason: text, change: changeSchema }),
  v.check(
    ({ change }) => !hasSpan(change) || change.to === undefined || change.to > change.from,
    'to must be later than from',
  ),
);

export type Change = v.InferOutput<typeof changeSchema>;
export type ChangeKind = Change['kind'];

/** A change to the readings of one point. */
export type PointChange = Extract<Change, { point: string }>;

/** What somebody asks for. Times are UTC milliseconds. */
export type CorrectionEntry = v.InferOutput<typeof entrySchema>;

/** An entry as it stands in the evidence log. */
export interface Correction extends CorrectionEntry {
  /** Number of its record in the evidence log. */
  readonly id: string;
  readonly siteId: number;
  /** The collector's time when it was put on record, and the stamp of all that it restated, UTC ms. */
  readonly recordedMs: number;
}

export const changeKinds: readonly ChangeKind[] = changeSchema.options.map((option) => option.entries.kind.literal);

/**
 * Reads what somebody asks for, with times in ISO 8601.
 * @returns the entry, or every problem in words.
 */
export function parseEntry(value: unknown): CorrectionEntry | { readonly problems: readonly string[] } {
  const parsed = v.safeParse(entrySchema, value);
  if (parsed.success) return parsed.output;
  return { problems: parsed.issues.map((issue) => [v.getDotPath(issue), issue.message].filter(Boolean).join(': ')) };
}

/** The time whose readings a change concerns; without an end, up to whatever comes. */
export function spanOf(change: PointChange): Span {
  if (hasSpan(change)) return { fromMs: change.from, toMs: change.to ?? Number.POSITIVE_INFINITY };
  return { fromMs: change.at, toMs: change.at + 1 };
}

export function isPointChange(change: Change): change is PointChange {
  return 'point' in change;
}

function hasSpan(change: Change): change is Extract<Change, { point: string; from: number }> {
  return change.kind === 'void' || change.kind === 'factor';
}

function isRegister(channel: Channel): boolean {
  return channels[channel].kind === 'register';
}
