import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { BlockSpool } from '../../src/import/block-spool.ts';
import { isMean, loadMapping } from '../../src/import/mapping.ts';
import { HistoryReader } from '../../src/import/reader.ts';
import { type ImportSummary, summarise } from '../../src/import/summary.ts';
import { textOf } from '../../src/import/summary-text.ts';

const MAPPING = `
separator: ";"
decimal: ","
time: {column: Zeit, format: dd.MM.yyyy HH:mm, timezone: Europe/Berlin}
interval: 15m
kind: interval-mean
stamp: end
columns:
  Einspeisung: {point: utility-a, unit: kW}
  Zähler: {point: it-1, channel: energy, unit: kWh}
  Temperatur: {point: hall, channel: temperature, unit: °C}
`;

/** The last quarter-hour of January and the first three of February, of which one is missing, in local time. */
const ROWS = `Zeit;Einspeisung;Zähler;Temperatur;Notiz
01.02.2026 00:00;181,25;1000,5;21,5;
01.02.2026 00:15;100;1001;21;
01.02.2026 00:45;100;x;21;
01.02.2026 01:00;100;1004;21;
`;

async function summaryOf(t: Test): Promise<{ summary: ImportSummary; text: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'import-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'mapping.yaml'), MAPPING);
  writeFileSync(join(folder, 'q.csv'), ROWS);
  const mapping = loadMapping(join(folder, 'mapping.yaml'));
  const reader = new HistoryReader(mapping);
  const { intervalMs } = mapping;
  const spool = new BlockSpool(
    mapping.series.map(({ kind, isEstimated }) => ({ isMean: isMean(kind), isEstimated, intervalMs })),
  );
  for await (const batch of reader.read([join(folder, 'q.csv')], () => {})) spool.add(batch);
  const summary = await summarise(mapping, reader, spool, 'Europe/Berlin', () => {});
  spool.close();
  const january = Date.parse('2026-01-01T00:00+01:00');
  const known = new Map([['utility-a', new Map([[january, { energyWh: 1_000, measuredS: 26_784 }]])]]);
  const text = textOf(summary, {
    site: 'dc-1',
    timezone: 'Europe/Berlin',
    mapping,
    reader,
    known,
    newPoints: ['hall'],
  });
  return { summary, text: text.replaceAll(folder, '') };
}

t.test('what an import is made of, in numbers', async (t) => {
  const { summary } = await summaryOf(t);
  const at = (time: string): number => Date.parse(`2026-${time}+01:00`);
  t.same([summary.rows, summary.readings], [4, 11]);
  const [power, register] = summary.series;
  t.same(power?.span, { fromMs: at('01-31T23:45'), toMs: at('02-01T01:00') });
  t.same(power?.gaps, { count: 1, totalMs: 900_000, longest: { fromMs: at('02-01T00:15'), toMs: at('02-01T00:30') } });
  t.same([register?.span, register?.gaps.count], [{ fromMs: at('02-01T00:00'), toMs: at('02-01T01:00') }, 0]);
  const months = Object.fromEntries(
    summary.points.map(({ point, months }) => [
      point,
      months.map(({ month, energyWh, measuredMs }) => [month, Number(energyWh.toFixed(6)), measuredMs]),
    ]),
  );
  t.same(months['hall'], []);
  t.same(months['utility-a'], [
    ['2026-01', 45_312.5, 900_000],
    ['2026-02', 75_000, 3 * 900_000],
  ]);
  const [[month, energyWh, measuredMs] = []] = months['it-1'] ?? [];
  t.same([month, measuredMs], ['2026-02', 3_600_000]);
  t.equal(energyWh, 3_500, 'the difference of the register');
});

t.test('and in words', async (t) => {
  const { text } = await summaryOf(t);
  const says = (line: string): void => void t.ok(text.split('\n').includes(line), line);
  says('Site dc-1, times and months of Europe/Berlin');
  says('4 rows: 11 readings taken, 1 rejected');
  says('  1 × not-a-number: not a number with the decimal mark that the mapping says');
  says('  /q.csv line 4, Zähler: "x": not-a-number');
  says('Columns that the mapping does not have, left out: Notiz');
  says('Points that the site does not have, without a role until its site file gives them one: hall');
  says('utility-a power: "Einspeisung", means of 15 min, whose end is the time of the row');
  says('  181,25 kW → 181250 W');
  says('  4 readings from 2026-01-31T23:45+01:00 to 2026-02-01T01:00+01:00; empty 0, twice 0, rejected 0');
  says('  1 gap of 15 min in all, the longest from 2026-02-01T00:15+01:00 to 2026-02-01T00:30+01:00');
  says('it-1 energy: "Zähler", a register, every 15 min');
  says('utility-a  2026-01       45.313          0.000     0.0 %      0.0 %  1.000 kWh, 1.0 %');
  says('it-1       2026-02        3.500          0.000     0.1 %      0.0 %           nothing');
});
