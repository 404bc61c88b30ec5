import { once } from 'node:events';
import { createWriteStream, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

/**
 * Writes the history of a site of so many points over so many days from 2025-01-01 on, one row a minute with a column for each
 * point: `history.csv`, the `mapping.yaml` by which it is read, and the site's description in `sites`.
 */
const { values } = parseArgs({
  options: {
    directory: { type: 'string', default: '' },
    points: { type: 'string', default: '100' },
    days: { type: 'string', default: '1' },
  },
});
const FROM_MS = Date.UTC(2025, 0, 1);
const MINUTE_MS = 60_000;
const { directory } = values;
const [points, minutes] = [Number(values.points), Number(values.days) * 1_440];
const names = Array.from({ length: points }, (_, index) => `point-${index}`);

mkdirSync(join(directory, 'sites'), { recursive: true });
const roles = names.map((point, index) => {
  if (index === 0) return `  - {point: ${point}, role: utility}`;
  return `  - {point: ${point}, role: ${index % 5 === 0 ? 'cooling' : 'it, level: pdu-output'}}`;
});
writeFileSync(join(directory, 'sites', 'hall.yaml'), `site: hall\npoints:\n${roles.join('\n')}\n`);
const columns = names.map((point) => `  ${point}: {point: ${point}, kind: interval-mean, unit: W}`);
writeFileSync(
  join(directory, 'mapping.yaml'),
  `time: {column: time, format: iso}\ninterval: 1m\nstamp: start\ncolumns:\n${columns.join('\n')}\n`,
);

const file = createWriteStream(join(directory, 'history.csv'), { highWaterMark: 1 << 20 });
file.write(`time,${names.join(',')}\n`);
for (let minute = 0; minute < minutes; minute++) {
  const powersW = names.map((_, point) => 300 + ((point * 131 + minute * 977) % 5_000) / 10);
  powersW[0] = powersW.slice(1).reduce((sum, powerW) => sum + powerW, 0) * 1.02;
  const row = [new Date(FROM_MS + minute * MINUTE_MS).toISOString(), ...powersW.map((powerW) => powerW.toFixed(1))];
  if (!file.write(`${row.join(',')}\n`)) await once(file, 'drain');
}
file.end();
await once(file, 'finish');
console.log(JSON.stringify({ readings: points * minutes }));
