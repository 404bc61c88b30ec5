import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { ConfigError } from '@wattmark/shared/config';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import { HistoryError } from '../../src/import/history-file.ts';
import { loadMapping, type Mapping } from '../../src/import/mapping.ts';
import { HistoryReader } from '../../src/import/reader.ts';

function mappingOf(t: Test, mapping: object): Mapping {
  const folder = mkdtempSync(join(tmpdir(), 'mapping-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'mapping.json');
  writeFileSync(file, JSON.stringify(mapping));
  return loadMapping(file);
}

/** Readings by series, as `time value`. */
async function read(reader: HistoryReader, files: readonly string[]): Promise<string[][]> {
  const found: string[][] = reader.counts.map(() => []);
  for await (const { series, atMs, values } of reader.read(files, () => {}))
    for (const [i, ms] of atMs.entries()) found[series]?.push(`${new Date(ms).toISOString()} ${values[i]}`);
  return found;
}

const times = (minute: number): string => new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();

const wide = {
  time: { column: 'time', format: 'iso' },
  interval: '1m',
  missing: ['n/a', '-999'],
  columns: { A: { point: 'a', kind: 'sample', unit: 'kW' }, B: { point: 'b', channel: 'energy', unit: 'Wh' } },
};

/** One cell: its text, and the value that a plain reader of it takes, in the file's unit; null for none. */
const cell = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.integer({ min: 0, max: 99_999 }).map((n): [string, number | null] => [`${n / 100}`, n / 100]),
  },
  fc.constantFrom<[string, number | null]>(['', null], ['n/a', null], ['-999', null], ['abc', null], ['"12.5"', 12.5]),
);

const row = fc.record({
  minute: fc.nat({ max: 400 }),
  isTime: fc.integer({ min: 0, max: 9 }).map((n) => n > 0),
  a: cell,
  b: cell,
  end: fc.constantFrom('\n', '\r\n'),
});

t.test('wide and long files give what a plain reader gives', async (t) => {
  const file = join(t.testdir(), 'file.csv');
  const { columns, ...rest } = wide;
  const wideMapping = mappingOf(t, wide);
  const longMapping = mappingOf(t, { ...rest, long: { name: 'name', value: 'value' }, series: columns });
  await fc.assert(
    fc.asyncProperty(fc.array(row, { maxLength: 60 }), fc.boolean(), fc.boolean(), async (rows, isLong, isGzip) => {
      const timeOf = ({ minute, isTime }: (typeof rows)[0]): string => (isTime ? times(minute) : 'soon');
      const text = rows.map((one) =>
        isLong
          ? `A,${timeOf(one)},${one.a[0]}${one.end}B,${timeOf(one)},${one.b[0]}${one.end}`
          : `${timeOf(one)},${one.b[0]},x,${one.a[0]}${one.end}`,
      );
      const whole = (isLong ? 'name,time,value\n' : '\uFEFFtime,B,other,A\n') + text.join('');
      writeFileSync(file, isGzip ? gzipSync(whole) : whole);
      const reader = new HistoryReader(isLong ? longMapping : wideMapping);
      const found = await read(reader, [file]);
      return (
        reader.rows === (isLong ? 2 : 1) * rows.length &&
        JSON.stringify(found) === JSON.stringify([plain(rows, 'a', 1000), plain(rows, 'b', 1)])
      );
    }),
    { numRuns: 150 },
  );

  function plain(
    rows: readonly { minute: number; isTime: boolean; a: unknown; b: unknown }[],
    key: 'a' | 'b',
    scale: number,
  ): string[] {
    const values = new Map<number, number>();
    for (const row of rows) {
      const [, value] = row[key] as [string, number | null];
      if (row.isTime && value !== null && !values.has(row.minute)) values.set(row.minute, value);
    }
    return [...values]
      .sort(([a], [b]) => a - b)
      .map(([minute, value]) => `${times(minute)} ${Number((value * scale).toFixed(3))}`);
  }
});

t.test('whatever the bytes are, reading ends, and every row is taken, rejected or both', async (t) => {
  const file = join(t.testdir(), 'file.csv');
  const mapping = mappingOf(t, wide);
  const piece = fc.constantFrom(
    '"',
    ',',
    '\n',
    '\r',
    ' ',
    '\t',
    '2026-01-01',
    'T00:00Z',
    '1',
    '-',
    '.',
    'e9',
    'ä',
    '\0',
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 200 }), async (pieces) => {
      writeFileSync(file, `time,A,B\n${pieces.join('')}`);
      const reader = new HistoryReader(mapping);
      const found = await read(reader, [file]);
      return found.flat().every((text) => Number.isFinite(Number(text.split(' ')[1]))) && reader.rows <= 201;
    }),
    { numRuns: 300 },
  );
});

t.test('what is rejected is counted and named by line and reason', async (t) => {
  const folder = t.testdir({
    'a.csv': [
      'some logger',
      'time,A,B',
      '2026-01-01T00:00Z,1,100',
      '2026-01-01T00:01,1,100',
      '2026-01-01T00:01Z,x,100',
      'soon,1,100',
      '2026-01-01T00:02Z,1',
      '',
      '"2026-01-01T00:03Z,1,2',
      '1999-01-01T00:00Z,1,1',
      '2000-01-01T00:00+08:00,1,1',
      '2099-12-31T23:00-08:00,1,1',
      '2026-01-01T00:03Z,1,5,1',
      '2026-01-01T00:00Z,1,100,,',
      '2026-01-01T00:04Z,1e99,-5',
      '2026-01-01T00:00Z,2,100',
    ].join('\n'),
  });
  const reader = new HistoryReader(mappingOf(t, { ...wide, header: 2 }));
  const file = join(folder, 'a.csv');
  const found = await read(reader, [file]);
  t.same(found, [['2026-01-01T00:00:00.000Z 1000'], ['2026-01-01T00:00:00.000Z 100', '2026-01-01T00:01:00.000Z 100']]);
  t.same(
    reader.rejections.first.map(({ line, series, reason, text }) => [line, series, reason, text]),
    [
      [4, null, 'no-offset', '2026-01-01T00:01'],
      [5, 'A', 'not-a-number', 'x'],
      [6, null, 'not-a-time', 'soon'],
      [7, null, 'too-few-columns', '2026-01-01T00:02Z,1'],
      [9, null, 'open-quote', '"2026-01-01T00:03Z,1,2'],
      [10, null, 'impossible-time', '1999-01-01T00:00Z'],
      [11, null, 'impossible-time', '2000-01-01T00:00+08:00'],
      [12, null, 'impossible-time', '2099-12-31T23:00-08:00'],
      [13, null, 'too-many-columns', '2026-01-01T00:03Z,1,5,1'],
      [15, 'A', 'out-of-range', '1e99'],
      [15, 'B', 'out-of-range', '-5'],
      [16, 'A', 'conflicting', '2'],
    ],
  );
  t.equal(reader.rejections.first[0]?.file, file);
  t.same(
    [reader.rows, reader.rejections.total, reader.counts[0]?.rejected, reader.counts[1]?.duplicates],
    [13, 12, 3, 2],
  );
});

t.test('the hour that comes twice, by the order of the rows; an hour that never was', async (t) => {
  const rows = ['01:30', '02:00', '02:30', '02:00', '02:30', '03:00'].map((time) => `25.10.2026;${time};1,5`);
  const folder = t.testdir({ 'a.csv': ['Datum;Zeit;A', ...rows, '28.03.2027;02:30;1'].join('\n') });
  const mapping = {
    separator: ';',
    decimal: ',',
    time: { column: ['Datum', 'Zeit'], format: 'dd.MM.yyyy HH:mm', timezone: 'Europe/Berlin' },
    interval: '30m',
    kind: 'interval-mean',
    stamp: 'end',
    columns: { A: { point: 'a', unit: 'kW' } },
  };
  const reader = new HistoryReader(mappingOf(t, mapping));
  const [found = []] = await read(reader, [join(folder, 'a.csv')]);
  const starts = ['24T23:00', '24T23:30', '25T00:00', '25T00:30', '25T01:00', '25T01:30'];
  t.same(
    found,
    starts.map((start) => `2026-10-${start}:00.000Z 1500`),
  );
  t.same(
    reader.rejections.first.map(({ reason, text }) => [reason, text]),
    [['skipped-time', '28.03.2027 02:30']],
  );
});

t.test('a long file by meters one after the other, with names that nobody asked for', async (t) => {
  const rows = ['4711', '4712', '4713'].flatMap((meter) =>
    ['P', 'E'].flatMap((quantity) =>
      [0, 1].map((minute) => `${times(minute)},${meter},${quantity},${meter.slice(-1)}`),
    ),
  );
  const folder = t.testdir({ 'a.csv': ['t,m,q,v', ...rows].join('\n') });
  const { columns: _, ...rest } = wide;
  const mapping = mappingOf(t, {
    ...rest,
    time: { column: 't', format: 'iso' },
    long: { name: ['m', 'q'], value: 'v' },
    series: {
      '4712 P': { point: 'a', kind: 'sample', unit: 'W' },
      '4711 E': { point: 'a', channel: 'energy', unit: 'Wh' },
    },
  });
  const reader = new HistoryReader(mapping);
  t.same(await read(reader, [join(folder, 'a.csv')]), [
    [`${times(0)} 2`, `${times(1)} 2`],
    [`${times(0)} 1`, `${times(1)} 1`],
  ]);
  t.same(
    [...reader.ignored],
    [
      ['4711 P', 2],
      ['4712 E', 2],
      ['4713 P', 2],
      ['4713 E', 2],
    ],
  );
});

t.test('several files continue one another, each with a header of its own', async (t) => {
  const folder = t.testdir({ 'a.csv': `time,A,B\n${times(0)},1,1`, 'b.csv': `B,A,time\n2,3,${times(1)}\n` });
  const reader = new HistoryReader(mappingOf(t, wide));
  t.same(await read(reader, [join(folder, 'a.csv'), join(folder, 'b.csv')]), [
    [`${times(0)} 1000`, `${times(1)} 3000`],
    [`${times(0)} 1`, `${times(1)} 2`],
  ]);
});

t.test('columns are counted from 1 where there is no header', async (t) => {
  const folder = t.testdir({ 'a.csv': `${times(0)},x,7` });
  const columns = { '3': { point: 'a', kind: 'sample', unit: 'W' } };
  const reader = new HistoryReader(mappingOf(t, { ...wide, header: 0, time: { column: 1, format: 'iso' }, columns }));
  t.same(await read(reader, [join(folder, 'a.csv')]), [[`${times(0)} 7`]]);
});

t.test('files that cannot be read say so', async (t) => {
  const folder = t.testdir({
    'head.csv': 'time,kW,A,A\n',
    'cut.csv.gz': gzipSync('time,A,B\n').subarray(0, 15),
    'no.table': Buffer.alloc(2_200_000, 'x'),
    'unicode.txt': Buffer.from('\ufefftime,A,B', 'utf16le'),
  });
  const reading = (name: string): Promise<unknown> => read(new HistoryReader(mappingOf(t, wide)), [join(folder, name)]);
  t.test('of a wrong header', async (t) => {
    await t.rejects(reading('head.csv'), ConfigError);
    await t.rejects(reading('head.csv'), /has the column A twice[^]*no column B; it has: time, kW, A, A/);
  });
  await t.rejects(reading('cut.csv.gz'), HistoryError);
  await t.rejects(reading('cut.csv.gz'), /cut\.csv\.gz cannot be read: unexpected end of file/);
  await t.rejects(reading('no.table'), /no\.table is no table: a line is longer/);
  await t.rejects(reading('unicode.txt'), /unicode\.txt is no table: it is in UTF-16; save it as UTF-8/);
  await t.rejects(reading('none.csv'), /none\.csv cannot be read: ENOENT/);
});
