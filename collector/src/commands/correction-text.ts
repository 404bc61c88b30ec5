import { zoned } from '../kpi/boundaries.ts';

/** Answers of the API about corrections, in words and columns. Times are those of the site. */

interface Measured {
  readonly energyWh: number | null;
  readonly exportWh: number | null;
  readonly measuredS: number;
}

interface SiteFigures {
  readonly pue?: number | null;
  readonly see?: number | null;
}

interface BeforeAfter {
  /** Wh, L or kg. */
  readonly unit: string;
  readonly before: Measured;
  readonly after: Measured;
}

export interface CorrectionAnswer {
  readonly id: string;
  readonly site: string;
  readonly by: string;
  readonly reason: string;
  readonly change: Readonly<Record<string, unknown>> & { readonly kind: string };
  readonly recorded: string;
  readonly withdrawnBy: string | null;
  readonly effect?: {
    readonly from: string;
    readonly to: string;
    readonly points: readonly (BeforeAfter & { readonly point: string })[];
    readonly before: SiteFigures;
    readonly after: SiteFigures;
  } | null;
}

export interface TrialAnswer {
  readonly points: readonly {
    readonly point: string;
    readonly unit: string;
    readonly months: readonly (Omit<BeforeAfter, 'unit'> & { readonly month: string })[];
  }[];
}

/** What was put on record, and what it did. */
export function madeText(made: CorrectionAnswer, timezone: string): string {
  const { id, site, effect } = made;
  const lines = [`Correction ${id} of ${site} is on record: ${inWords(made, timezone)}.`];
  if (effect != null) {
    lines.push(`Figures from ${local(effect.from, timezone)} to ${local(effect.to, timezone)}, before → after:`);
    for (const one of effect.points) lines.push(`  ${one.point}: ${comparison(one)}`);
    lines.push(...ratioLine(effect.before, effect.after));
  }
  if (made.change.kind !== 'withdraw' && made.change.kind !== 'structure')
    lines.push(
      `It is taken back by: wattmark-collector correct withdraw --site ${site} --correction ${id} --by … --reason …`,
    );
  return `${lines.join('\n')}\n`;
}

/** What a dry run found. */
export function trialText({ points }: TrialAnswer, timezone: string): string {
  const months = points.flatMap(({ point, unit, months }) =>
    months.map(({ month, before, after }) => `  ${point} ${month}: ${comparison({ unit, before, after })}`),
  );
  if (months.length === 0) return 'A dry run: nothing is on record. No readings would be accounted anew.\n';
  return `A dry run: nothing is on record. Months of ${timezone}, before → after:\n${months.join('\n')}\n`;
}

/** All corrections of a site. */
export function listText(corrections: readonly CorrectionAnswer[], timezone: string): string {
  if (corrections.length === 0) return 'Nothing was corrected.\n';
  return corrections
    .map((one) => {
      const withdrawn = one.withdrawnBy === null ? '' : `; withdrawn by ${one.withdrawnBy}`;
      return `${one.id}  ${local(one.recorded, timezone)}  ${inWords(one, timezone)}${withdrawn}\n  ${one.by}: ${one.reason}\n`;
    })
    .join('');
}

function inWords({ change }: CorrectionAnswer, timezone: string): string {
  const { kind } = change;
  const time = (key: string): string => local(String(change[key]), timezone);
  const until = change['to'] === undefined ? ' on' : ` to ${time('to')}`;
  if (kind === 'void') return `readings of ${String(change['point'])} from ${time('from')}${until} do not count`;
  if (kind === 'factor')
    return `${String(change['point'])} is multiplied by ${String(change['factor'])} from ${time('from')}${until}`;
  if (kind === 'reading') return `${String(change['point'])} stood at ${kwh(change['value'])} at ${time('at')}`;
  if (kind === 'replacement') {
    const values = `${kwh(change['oldLast'])}, the new one began at ${kwh(change['newFirst'])}`;
    return `the meter of ${String(change['point'])} was replaced at ${time('at')}: the old one ended at ${values}`;
  }
  if (kind === 'structure') return `the site’s description of then holds from ${time('from')} on`;
  if (kind === 'acknowledge') return `${String(change['finding'])} was seen`;
  if (kind === 'withdraw') return `correction ${String(change['correction'])} no longer holds`;
  return `the readings of import ${String(change['import'])} count`;
}

function comparison({ unit, before, after }: BeforeAfter): string {
  const amount = (of: number | null): string =>
    unit === 'Wh' ? kwh(of) : of === null ? 'unknown' : `${of.toFixed(3)} ${unit}`;
  const hours = ({ measuredS }: Measured): string => `${(measuredS / 3600).toFixed(2)} h`;
  const isFedBack = [before, after].some(({ exportWh }) => (exportWh ?? 0) !== 0);
  const fedBack = isFedBack ? `, fed back ${amount(before.exportWh)} → ${amount(after.exportWh)}` : '';
  return `${amount(before.energyWh)} → ${amount(after.energyWh)}${fedBack}, measured ${hours(before)} → ${hours(after)}`;
}

function ratioLine(before: SiteFigures, after: SiteFigures): string[] {
  const name = before.see === undefined ? 'pue' : 'see';
  const figure = (figures: SiteFigures): string => figures[name]?.toFixed(3) ?? 'unknown';
  return [`  ${name.toUpperCase()} of the site: ${figure(before)} → ${figure(after)}`];
}

function kwh(energyWh: unknown): string {
  return typeof energyWh === 'number' ? `${(energyWh / 1000).toFixed(3)} kWh` : 'unknown';
}

function local(text: string, timezone: string): string {
  const at = zoned(Date.parse(text), timezone);
  return `${at.toPlainDateTime().toString({ smallestUnit: 'minute' })}${at.offset}`;
}
