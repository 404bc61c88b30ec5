import { channels } from '@wattmark/shared/channels';
import { ConfigError } from '@wattmark/shared/config';
import type { Clock } from '../clock.ts';
import { type Trial, tryProfile } from '../commissioning/profile-trial.ts';
import { type RawValue, SourceError } from '../source.ts';
import type { SourceCatalog } from '../source-catalog.ts';

/** Writes what a device says at every place that a profile names, and what becomes of it. True where there is a value for all. */
export async function tryOut(
  trial: Trial,
  json: boolean,
  catalog: SourceCatalog,
  clock: Clock,
  write: (text: string) => void,
): Promise<boolean> {
  try {
    const values = await tryProfile(trial, catalog, clock);
    write((json ? trialJson : trialTable)(values));
    return values.every(({ problem }) => problem === null);
  } catch (error) {
    if (error instanceof SourceError) throw new ConfigError(trial.profile, [error.message]);
    throw error;
  }
}

/** For a reader: each channel with what stands at its places, and what becomes of it. */
function trialTable(values: readonly RawValue[]): string {
  const rows = values.map(({ section, channel, value, problem, raw }) => [
    section,
    channel,
    value === null ? '-' : String(Number(value.toPrecision(9))),
    channels[channel].unit,
    problem === null ? raw.join(', ') : `${raw.join(', ')}  ${problem}`,
  ]);
  const header = ['section', 'channel', 'value', 'unit', 'raw'];
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const lines = [header, ...rows].map((row) =>
    row
      .map((cell, column) => (column === 2 ? cell.padStart(widths[2] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
  const read = values.filter(({ problem }) => problem === null).length;
  return [...lines, '', `${read} of ${values.length} channels read`, ''].join('\n');
}

/** For a program. */
function trialJson(values: readonly RawValue[]): string {
  const rows = values.map((row) => ({ ...row, unit: channels[row.channel].unit }));
  return `${JSON.stringify({ channels: rows }, null, 2)}\n`;
}
