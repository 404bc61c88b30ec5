import { channels } from '@wattmark/shared/channels';
import { zoned } from '../kpi/boundaries.ts';
import type { KnownEnergy } from './known-history.ts';
import type { Mapping, Series, ValueKind } from './mapping.ts';
import type { HistoryReader } from './reader.ts';
import { rejections } from './rejections.ts';
import type { Gaps, ImportSummary, MonthEnergy, PointSummary, SeriesSummary } from './summary.ts';

/** A summary for people: what was read and how, what was left out, and the energy that would be booked. */

export interface Surroundings {
  readonly site: string;
  readonly timezone: string;
  readonly mapping: Mapping;
  readonly reader: HistoryReader;
  /** What the collector knows, by point and start of the month; null where it did not answer. */
  readonly known: ReadonlyMap<string, ReadonlyMap<number, KnownEnergy>> | null;
  /** Points of the mapping that the site does not have. */
  readonly newPoints: readonly string[];
}

export function textOf(summary: ImportSummary, around: Surroundings): string {
  const { rows, readings, series, points } = summary;
  const { reader, site, timezone } = around;
  const rejected = reader.rejections.total;
  const lines = [
    `Site ${site}, times and months of ${timezone}`,
    `${count(rows)} rows: ${count(readings)} readings taken, ${count(rejected)} rejected`,
    ...rejectionLines(reader),
    ...ignoredLines(around),
    ...(around.newPoints.length === 0
      ? []
      : [
          `Points that the site does not have, without a role until its site file gives them one: ${around.newPoints.join(', ')}`,
        ]),
    ...series.flatMap((one) => ['', ...seriesLines(one, around)]),
    '',
    ...points.flatMap(warningLines),
    ...monthTable(points, around.known),
  ];
  return `${lines.join('\n')}\n`;
}

function rejectionLines({ rejections: found }: HistoryReader): string[] {
  if (found.total === 0) return [];
  const reasons = [...found.counts].map(([reason, times]) => `  ${count(times)} × ${reason}: ${rejections[reason]}`);
  const listed = found.first.map(({ file, line, series, reason, text }) => {
    const place = series === null ? `line ${line}` : `line ${line}, ${series}`;
    return `  ${file} ${place}: "${text}": ${reason}`;
  });
  const more = found.total - found.first.length;
  return [...reasons, ...listed, ...(more > 0 ? [`  … and ${count(more)} more`] : [])];
}

function ignoredLines({ reader, mapping }: Surroundings): string[] {
  if (reader.ignored.size === 0) return [];
  const names = [...reader.ignored].map(([name, rows]) => (rows === 0 ? name : `${name} (${count(rows)} rows)`));
  const what = mapping.long === null ? 'Columns' : 'Names';
  return [`${what} that the mapping does not have, left out: ${names.join(', ')}`];
}

function seriesLines({ series, count: counted, span, gaps }: SeriesSummary, around: Surroundings): string[] {
  const { intervalMs, stamp } = around.mapping;
  const quality = series.isEstimated ? ', estimated' : '';
  const head = `${series.point} ${series.channel}: "${series.name}", ${kindText(series.kind, intervalMs, stamp)}${quality}`;
  if (span === null || counted.example === null) return [head, `  no readings; ${leftOut(counted)}`];
  const { text, value } = counted.example;
  return [
    head,
    `  ${text} ${series.unit} → ${value} ${unitOf(series)}`,
    `  ${count(counted.readings)} readings from ${time(span.fromMs, around)} to ${time(span.toMs, around)}; ${leftOut(counted)}`,
    ...gapLines(gaps, around),
  ];
}

function leftOut({ missing, duplicates, rejected }: SeriesSummary['count']): string {
  return `empty ${count(missing)}, twice ${count(duplicates)}, rejected ${count(rejected)}`;
}

function unitOf({ channel }: Series): string {
  return channels[channel].unit;
}

function kindText(kind: ValueKind, intervalMs: number, stamp: 'start' | 'end'): string {
  const interval = duration(intervalMs);
  switch (kind) {
    case 'sample':
      return `values of the instant, every ${interval}`;
    case 'register':
      return `a register, every ${interval}`;
    case 'interval-mean':
      return `means of ${interval}, whose ${stamp} is the time of the row`;
    case 'interval-energy':
      return `energies of ${interval}, whose ${stamp} is the time of the row, kept as mean power`;
  }
}

function gapLines({ count: times, totalMs, longest }: Gaps, around: Surroundings): string[] {
  if (longest === null) return ['  no gaps'];
  const from = time(longest.fromMs, around);
  const to = time(longest.toMs, around);
  return [
    `  ${count(times)} ${times === 1 ? 'gap' : 'gaps'} of ${duration(totalMs)} in all, the longest from ${from} to ${to}`,
  ];
}

function warningLines({ point, outcomes: { late, reset } }: PointSummary): string[] {
  return [
    ...(late > 0
      ? [`${point}: ${count(late)} means begin before the one before them ends: is the interval right?`]
      : []),
    ...(reset > 0
      ? [`${point}: its register fell or jumped, resets: ${count(reset)}; what flowed then is unknown`]
      : []),
  ];
}

function monthTable(
  points: readonly PointSummary[],
  known: ReadonlyMap<string, ReadonlyMap<number, KnownEnergy>> | null,
): string[] {
  const head = ['point', 'month', 'energy, kWh', 'fed back, kWh', 'measured', 'estimated', 'known already'];
  const rows = points.flatMap(({ point, months }) =>
    months.map((month) => [
      point,
      month.month,
      kilo(month.energyWh),
      kilo(month.exportWh),
      share(month.measuredMs, month),
      share(month.estimatedMs, month),
      known === null ? 'not asked' : knownText(known.get(point)?.get(month.span.fromMs), month),
    ]),
  );
  if (rows.length === 0) return ['No energy would be booked.'];
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const pad = (row: readonly string[]): string =>
    row
      .map((cell, column) => (column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd();
  return ['Energy as it would be booked', pad(head), ...rows.map(pad)];
}

function knownText(known: KnownEnergy | undefined, month: MonthEnergy): string {
  if (known === undefined || known.energyWh === null) return 'nothing';
  return `${kilo(known.energyWh)} kWh, ${share(known.measuredS * 1000, month)}`;
}

function kilo(energyWh: number): string {
  return (energyWh / 1000).toLocaleString('en', { minimumFractionDigits: 3, maximumFractionDigits: 3 });
}

/** Cut, not rounded: 100 % means whole. */
function share(ms: number, { span }: MonthEnergy): string {
  return `${(Math.floor((1000 * ms) / (span.toMs - span.fromMs)) / 10).toFixed(1)} %`;
}

function count(number: number): string {
  return number.toLocaleString('en');
}

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
  ['ms', 1],
] as const;

/** The two largest units: `1 d 2 h`. */
function duration(ms: number): string {
  const first = units.findIndex(([, lengthMs]) => ms >= lengthMs);
  let restMs = ms;
  const parts = units.slice(Math.max(0, first), first + 2).map(([name, lengthMs]) => {
    const amount = Math.floor(restMs / lengthMs);
    restMs -= amount * lengthMs;
    return amount === 0 ? '' : `${amount} ${name}`;
  });
  return parts.filter((part) => part !== '').join(' ') || '0 s';
}

/** With its offset, so that the repeated hour can be told apart. */
function time(ms: number, { timezone }: Surroundings): string {
  return zoned(ms, timezone).toString({
    timeZoneName: 'never',
    smallestUnit: ms % 60_000 === 0 ? 'minute' : 'millisecond',
  });
}
