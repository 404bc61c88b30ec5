import { channels } from '@wattmark/shared/channels';
import { allRead, type CheckedChannel, type CheckedSource } from './check.ts';
import { type Finding, severities } from './commissioning/finding.ts';
import { meterLines } from './commissioning/meter.ts';
import { addressOf } from './source-address.ts';

/** The result of a check for a reader: for each source a line, its meter and a line for each channel; then the findings. */
export function checkTable(checked: readonly CheckedSource[], findings: readonly Finding[], nowMs: number): string {
  const rows = checked.flatMap(({ channels: list, readMs }) => list.map((row) => cells(row, nowMs - readMs)));
  const header = ['point', 'channel', 'value', 'unit', 'age', ''];
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `  ${row.map((cell, column) => pad(cell, widths[column] ?? 0, column === 2)).join('  ')}`.trimEnd();
  const lines: string[] = [];
  for (const { configured, problem, points, channels: list, readMs } of checked) {
    const { label, kind, settings } = configured;
    const title = [label, kind, addressOf(settings)].filter((part) => part !== '').join(' ');
    if (problem !== null) lines.push(`${title}: ${problem}`);
    else lines.push(title, ...meterLines(points).map((text) => `  ${text}`));
    if (list.length > 0) lines.push(line(header), ...list.map((row) => line(cells(row, nowMs - readMs))));
    lines.push('');
  }
  return [
    ...lines,
    ...findingLines(findings),
    [summary(checked), ...counts(findings, allRead(checked))].join('; '),
    '',
  ].join('\n');
}

/** The result of a check for a program. */
export function checkJson(checked: readonly CheckedSource[], findings: readonly Finding[], nowMs: number): string {
  const sources = checked.map(({ configured, problem, readMs, points, channels: list }) => ({
    label: configured.label,
    kind: configured.kind,
    address: addressOf(configured.settings),
    problem,
    ageMs: Math.round(nowMs - readMs),
    meters: points.flatMap(({ point, meter }) => (meter === undefined ? [] : [{ point, ...meter }])),
    channels: list.map((row) => ({ ...row, unit: channels[row.channel].unit })),
  }));
  return `${JSON.stringify({ sources, findings }, null, 2)}\n`;
}

function cells({ point, channel, value, quality, problem, olderMs }: CheckedChannel, ageMs: number): readonly string[] {
  const { unit } = channels[channel];
  if (value === null) return [point, channel, '-', unit, '-', problem ?? ''];
  const remark = problem ?? (quality === 'estimated' ? 'estimated' : '');
  return [point, channel, String(Number(value.toPrecision(9))), unit, age(ageMs + olderMs), remark];
}

/** `2.5 s`, `47 min`, `30 h`, `120 d`: of a file's row in the wrong time zone it is off by hours. */
function age(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 600) return `${seconds.toFixed(1)} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}

function pad(cell: string, width: number, right: boolean): string {
  return right ? cell.padStart(width) : cell.padEnd(width);
}

function findingLines(findings: readonly Finding[]): string[] {
  if (findings.length === 0) return [];
  const width = Math.max(...severities.map((severity) => severity.length));
  const lines = findings.flatMap(({ severity, about, message, remedy }) => [
    `  ${severity.padEnd(width)}  ${about}: ${message}`,
    `  ${''.padEnd(width)}  ${remedy}`,
  ]);
  return ['findings', ...lines, ''];
}

function summary(checked: readonly CheckedSource[]): string {
  const rows = checked.flatMap((source) => source.channels);
  const read = rows.filter(({ problem }) => problem === null).length;
  const silent = checked.filter(({ problem }) => problem !== null).length;
  const sources = `${checked.length - silent} of ${checked.length} sources answered`;
  return `${sources}; ${read} of ${rows.length} channels read`;
}

/** `1 error, 2 warnings`; nothing where there is no finding, but what would have been judged was not read. */
function counts(findings: readonly Finding[], isComplete: boolean): string[] {
  const texts = severities.flatMap((severity) => {
    const count = findings.filter((finding) => finding.severity === severity).length;
    if (count === 0) return [];
    return [`${count} ${severity}${count === 1 || severity === 'info' ? '' : 's'}`];
  });
  if (texts.length > 0) return [texts.join(', ')];
  return isComplete ? ['nothing suspicious'] : [];
}
