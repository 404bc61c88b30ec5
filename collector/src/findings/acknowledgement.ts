import { Temporal } from 'temporal-polyfill';
import { holdsAt, type RecordedCorrection } from '../corrections/book.ts';
import type { Acknowledgement, Finding } from './finding.ts';

/** An acknowledgement on record, with the findings that it is about. */
interface Acknowledged extends Acknowledgement {
  /** Kind and subject, as ids of findings begin. */
  readonly about: string;
  /** When the finding began that was acknowledged, UTC ms; null for one that holds whatever the period. */
  readonly beginMs: number | null;
}

/**
 * The findings, each with who has looked at it. An acknowledgement is about the findings of its kind and subject that begin
 * between the one acknowledged and the moment of acknowledging: what comes later is new.
 * @param asOfMs only what was on record then, UTC ms; null for all
 */
export function acknowledge(
  findings: readonly Finding[],
  corrections: readonly RecordedCorrection[],
  asOfMs: number | null,
): Finding[] {
  const known = corrections
    .filter((correction) => holdsAt(correction, asOfMs))
    .flatMap((correction) => acknowledgedBy(correction) ?? []);
  if (known.length === 0) return [...findings];
  return findings.map((finding) => ({ ...finding, acknowledged: lastAbout(finding, known) }));
}

function lastAbout(finding: Finding, known: readonly Acknowledged[]): Acknowledgement | null {
  const { about } = partsOf(finding.id);
  const beginMs = finding.span?.fromMs ?? null;
  const found = known.findLast((one) => one.about === about && isWithin(beginMs, one));
  return found === undefined ? null : { by: found.by, reason: found.reason, atMs: found.atMs };
}

function isWithin(beginMs: number | null, { beginMs: fromMs, atMs }: Acknowledged): boolean {
  if (beginMs === null || fromMs === null) return beginMs === fromMs;
  return beginMs >= fromMs && beginMs <= atMs;
}

function acknowledgedBy({ change, by, reason, recordedMs }: RecordedCorrection): Acknowledged | null {
  return change.kind === 'acknowledge' ? { by, reason, atMs: recordedMs, ...partsOf(change.finding) } : null;
}

/** An id is kind/subject, or kind/subject/begin. */
function partsOf(id: string): Pick<Acknowledged, 'about' | 'beginMs'> {
  const [kind = '', subject = '', begin] = id.split('/');
  const beginMs = begin === undefined ? null : Temporal.Instant.from(begin).epochMilliseconds;
  return { about: `${kind}/${subject}`, beginMs };
}
