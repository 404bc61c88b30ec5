import { Temporal } from 'temporal-polyfill';
import { MAX_BRIDGE_MS } from '../accounting/point-account.ts';
import { holdsAt, type RecordedCorrection } from '../corrections/book.ts';
import type { Acknowledgement, Finding } from './finding.ts';

/** An acknowledgement on record, with the findings that it is about. */
interface Acknowledged extends Acknowledgement {
  /** Kind and subject, as ids of findings begin. */
  readonly about: string;
  /** When the finding began that was acknowledged, UTC ms; null for one that holds whatever the period. */
  readonly beginMs: number | null;
  /** The last instant at which one that it is about may begin, UTC ms. */
  readonly untilMs: number;
}

/** When a point's register fell or jumped, each time once, UTC ms, ascending. */
export type Resets = (point: string) => readonly number[];

/** The longest step of an inspection: a local day on which clocks are set back. */
const LONGEST_STEP_MS = 90_000_000;

/**
 * The findings, each with who has looked at it. An acknowledgement is about the findings of its kind and subject that begin
 * between the one acknowledged and the moment of acknowledging: what comes later is new. Of a longer period, whose steps are
 * longer, the one acknowledged may begin earlier, by less than a step. Who puts a replaced meter on record has said what the next
 * reset of its register was.
 * @param asOfMs only what was on record then, UTC ms; null for all
 */
export function acknowledge(
  findings: readonly Finding[],
  corrections: readonly RecordedCorrection[],
  asOfMs: number | null,
  resets: Resets,
): Finding[] {
  const known = corrections
    .filter((correction) => holdsAt(correction, asOfMs))
    .flatMap((correction) => acknowledgedBy(correction, resets) ?? []);
  if (known.length === 0) return [...findings];
  return findings.map((finding) => ({ ...finding, acknowledged: lastAbout(finding, known) }));
}

function lastAbout(finding: Finding, known: readonly Acknowledged[]): Acknowledgement | null {
  const { about } = partsOf(finding.id);
  const found = known.findLast((one) => one.about === about && isWithin(finding.span, one));
  return found === undefined ? null : { by: found.by, reason: found.reason, atMs: found.atMs };
}

function isWithin(span: Finding['span'], { beginMs, untilMs }: Acknowledged): boolean {
  if (span === null || beginMs === null) return span === null && beginMs === null;
  const isSame = span.fromMs > beginMs - LONGEST_STEP_MS && span.toMs > beginMs;
  return span.fromMs <= untilMs && (span.fromMs >= beginMs || isSame);
}

function acknowledgedBy(
  { change, by, reason, recordedMs: atMs }: RecordedCorrection,
  resets: Resets,
): Acknowledged | null {
  if (change.kind === 'acknowledge') return { by, reason, atMs, untilMs: atMs, ...partsOf(change.finding) };
  if (change.kind !== 'replacement') return null;
  const resetMs = resets(change.point).find((ms) => ms >= change.at);
  if (resetMs === undefined || resetMs > change.at + MAX_BRIDGE_MS) return null;
  return { by, reason, atMs, about: `register-reset/${change.point}`, beginMs: resetMs, untilMs: resetMs };
}

/** An id is kind/subject, or kind/subject/begin. */
function partsOf(id: string): Pick<Acknowledged, 'about' | 'beginMs'> {
  const [kind = '', subject = '', begin] = id.split('/');
  const beginMs = begin === undefined ? null : Temporal.Instant.from(begin).epochMilliseconds;
  return { about: `${kind}/${subject}`, beginMs };
}
