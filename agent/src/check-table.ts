import { channels } from '@wattmark/shared/channels';
import type { CheckedChannel, CheckedSource } from './check.ts';

/** The result of a check for a reader: a line for each source, and below it a line for each channel. */
export function checkTable(checked: readonly CheckedSource[], nowMs: number): string {
  const rows = checked.flatMap(({ channels: list, readMs }) => list.map((row) => cells(row, nowMs - readMs)));
  const header = ['point', 'channel', 'value', 'unit', 'age', ''];
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `  ${row.map((cell, column) => pad(cell, widths[column] ?? 0, column === 2)).join('  ')}`.trimEnd();
  const lines: string[] = [];
  for (const { label, kind, address, problem, channels: list, readMs } of checked) {
    const title = [label, kind, address].filter((part) => part !== '').join(' ');
    lines.push(problem === null ? title : `${title}: ${problem}`);
    if (list.length > 0) lines.push(line(header), ...list.map((row) => line(cells(row, nowMs - readMs))));
    lines.push('');
  }
  return `${lines.join('\n')}${summary(checked)}\n`;
}

/** The result of a check for a program. */
export function checkJson(checked: readonly CheckedSource[], nowMs: number): string {
  const sources = checked.map(({ readMs, channels: list, ...source }) => ({
    ...source,
    ageMs: Math.round(nowMs - readMs),
    channels: list.map((row) => ({ ...row, unit: channels[row.channel].unit })),
  }));
  return `${JSON.stringify({ sources }, null, 2)}\n`;
}

function cells({ point, channel, value, quality, problem }: CheckedChannel, ageMs: number): readonly string[] {
  const { unit } = channels[channel];
  if (value === null) return [point, channel, '-', unit, '-', problem ?? ''];
  const remark = problem ?? (quality === 'estimated' ? 'estimated' : '');
  return [point, channel, String(Number(value.toPrecision(9))), unit, `${(ageMs / 1000).toFixed(1)} s`, remark];
}

function pad(cell: string, width: number, right: boolean): string {
  return right ? cell.padStart(width) : cell.padEnd(width);
}

function summary(checked: readonly CheckedSource[]): string {
  const rows = checked.flatMap((source) => source.channels);
  const read = rows.filter(({ problem }) => problem === null).length;
  const silent = checked.filter(({ problem }) => problem !== null).length;
  const sources = `${checked.length - silent} of ${checked.length} sources answered`;
  return `${sources}; ${read} of ${rows.length} channels read`;
}
