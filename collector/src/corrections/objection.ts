import { channels } from '@wattmark/shared/channels';
import { kinds } from '../findings/kinds.ts';
import { unitOf } from '../accounting/quantity.ts';
import type { Site, SitePoint } from '../site/site.ts';
import type { CorrectionBook } from './book.ts';
import { type Change, type CorrectionEntry, isPointChange, spanOf } from './change.ts';

/** Why an entry is not put on record; the message says it to its author. */
export class CorrectionError extends Error {
  override name = 'CorrectionError';
  /** `invalid`: wrong in itself; `conflict`: wrong with what is on record; `busy`: to be tried again later. */
  readonly kind: 'invalid' | 'conflict' | 'busy';
  constructor(kind: CorrectionError['kind'], message: string) {
    super(message);
    this.kind = kind;
  }
}

/** Corrections that a collector keeps: each is held against the readings of its point. */
const MAX_CORRECTIONS = 10_000;

/**
 * Holds an entry against its site and what is on record.
 * @throws CorrectionError
 */
export function examine({ change }: CorrectionEntry, site: Site, book: CorrectionBook, nowMs: number): void {
  if (book.all.length >= MAX_CORRECTIONS)
    throw new CorrectionError('conflict', `${MAX_CORRECTIONS} corrections are on record, and no more are taken`);
  if (change.kind === 'import')
    throw new CorrectionError('invalid', 'change.kind: an import is committed by `wattmark-collector import`');
  if (change.kind === 'withdraw') return examineWithdrawal(change.correction, site, book);
  if (change.kind === 'acknowledge') return examineFinding(change.finding);
  const beginMs = change.kind === 'structure' ? change.from : spanOf(change).fromMs;
  if (beginMs >= nowMs)
    throw new CorrectionError('invalid', 'change: its time has not come yet; a correction is of what was read already');
  if (change.kind === 'structure') return;
  const concerned = site.points.find(({ point, pointId }) => point === change.point && pointId !== null);
  if (concerned === undefined) {
    const where = `/api/v1/sites/${site.site}/points lists those there are`;
    throw new CorrectionError(
      'invalid',
      `change.point: ${site.site} has no readings of a point ${change.point}; ${where}`,
    );
  }
  examineValues(change, concerned);
  const twin = book
    .of(site.siteId)
    .find((other) => book.withdrawal(other.id) === undefined && excludes(other.change, change));
  if (twin === undefined) return;
  throw new CorrectionError('conflict', `correction ${twin.id} says this already, or otherwise: withdraw it first`);
}

function examineWithdrawal(id: string, site: Site, book: CorrectionBook): void {
  const found = book.find(id);
  if (found === undefined || found.siteId !== site.siteId)
    throw new CorrectionError('invalid', `change.correction: ${site.site} has no correction ${id}`);
  if (found.change.kind === 'withdraw')
    throw new CorrectionError('invalid', `change.correction: ${id} is itself a withdrawal; enter the correction again`);
  if (found.change.kind === 'structure') {
    const advice = 'put the site file right, and let that hold from the same date on';
    throw new CorrectionError('invalid', `change.correction: ${id} is a description of the site: ${advice}`);
  }
  const withdrawal = book.withdrawal(id);
  if (withdrawal !== undefined)
    throw new CorrectionError(
      'conflict',
      `change.correction: ${id} was withdrawn already, by correction ${withdrawal.id}`,
    );
}

function examineFinding(finding: string): void {
  const [, kind = ''] =
    /^([a-z0-9-]+)\/[a-z0-9-]+(\/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z)?$/.exec(finding) ?? [];
  const begin = finding.split('/')[2];
  if (Object.hasOwn(kinds, kind) && (begin === undefined || !Number.isNaN(Date.parse(begin)))) return;
  throw new CorrectionError('invalid', 'change.finding: must be the id of a finding, such as register-reset/main/…');
}

function examineValues(change: Change, { point, quantity }: SitePoint): void {
  if (change.kind !== 'reading' && change.kind !== 'replacement') return;
  if (quantity !== 'energy') {
    const unit = unitOf[quantity];
    throw new CorrectionError('invalid', `change.point: ${point} counts ${unit}; register values are taken in Wh only`);
  }
  const values = change.kind === 'reading' ? [change.value] : [change.oldLast, change.newFirst];
  const { max, unit } = channels[change.channel];
  if (values.some((value) => value > max))
    throw new CorrectionError('invalid', `change: a register of ${change.channel} ends at ${max} ${unit}`);
}

/** Whether two changes cannot both hold: the same one twice, or two values of one register at one time. */
function excludes(a: Change, b: Change): boolean {
  if (!isPointChange(a) || !isPointChange(b) || a.point !== b.point) return false;
  if ('at' in a && 'at' in b) return a.at === b.at && a.channel === b.channel;
  if (a.kind !== b.kind || !('from' in a) || !('from' in b) || a.from !== b.from || a.to !== b.to) return false;
  return a.kind === 'void' || (b.kind === 'factor' && a.factor === b.factor);
}
