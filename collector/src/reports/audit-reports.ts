import type { RecordedCorrection } from '../corrections/book.ts';
import type { Change } from '../corrections/change.ts';
import type { Finding } from '../findings/finding.ts';
import { startOf, zoned } from '../kpi/boundaries.ts';
import { isoTime } from '../kpi/period.ts';
import type { Site } from '../site/site.ts';
import { reported } from './measurements.ts';
import { type Report, reportOf } from './report.ts';

/** A finding, at its beginning; one that holds now at that of the site's day, so that each day has it once. */
export function findingReport(site: Site, finding: Finding, nowMs: number): Report {
  const { id, kind, severity, points, span, explanation, acknowledged } = finding;
  const today = startOf(zoned(nowMs, site.timezone).toPlainDate(), site.timezone);
  const values = {
    id,
    text: explanation,
    state: acknowledged === null ? 'open' : 'acknowledged',
    end_ms: span === null || !Number.isFinite(span.toMs) ? null : span.toMs,
  };
  const tags = { group: site.group, site: site.site, kind, severity, point: points[0] ?? '-' };
  return reportOf(reported.finding, { tags, values, timeMs: span?.fromMs ?? today, offsetNs: offsetOf(id) });
}

/** A correction, at the time when it was made. */
export function correctionReport(site: Site, correction: RecordedCorrection): Report {
  const { id, change, by, reason, recordedMs, withdrawal } = correction;
  const withdrawn = withdrawal === null ? '' : `; withdrawn by ${withdrawal.id}`;
  const values = {
    id,
    kind: change.kind,
    point: 'point' in change ? change.point : null,
    text: `${wordsOf(change)}${withdrawn}`,
    by,
    reason,
  };
  const tags = { group: site.group, site: site.site };
  return reportOf(reported.correction, { tags, values, timeMs: recordedMs, offsetNs: Number(id) % NS_PER_MS });
}

const NS_PER_MS = 1_000_000;

/** What a correction changes, in a few words. */
function wordsOf(change: Change): string {
  switch (change.kind) {
    case 'void':
      return `readings void ${spanOf(change)}`;
    case 'factor':
      return `factor ${change.factor} ${spanOf(change)}`;
    case 'reading':
      return `${change.channel} read off as ${change.value} at ${isoTime(change.at)}`;
    case 'replacement':
      return `meter replaced at ${isoTime(change.at)}: last ${change.oldLast}, first ${change.newFirst}`;
    case 'structure':
      return `description of today from ${isoTime(change.from)}`;
    case 'import':
      return `import ${change.import}`;
    case 'acknowledge':
      return `finding ${change.finding} acknowledged`;
    case 'withdraw':
      return `correction ${change.correction} withdrawn`;
  }
}

function spanOf({ from, to }: { readonly from: number; readonly to?: number | undefined }): string {
  return `from ${isoTime(from)}${to === undefined ? ' on' : ` to ${isoTime(to)}`}`;
}

/** The same for the same text, and most probably another for another: findings of one series may begin together. */
function offsetOf(text: string): number {
  let hash = 0;
  for (const character of text) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) % NS_PER_MS;
  return hash;
}
