import { appendFileSync, mkdirSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { DateTime } from 'luxon';
import t, { type Test } from 'tap';
import * as v from 'valibot';
import type { Memory, Sample, Source, SourceContext } from '../../src/source.ts';
import csv, { openCsv } from '../../src/sources/csv.ts';
import { createTimeReader } from '../../src/sources/csv/time.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { scratch } from '../support/scratch.ts';
import { recordingLog } from '../support/log.ts';
import { conformance, context, tick } from './conformance.ts';

type Dated = readonly (readonly [at: string, ...values: unknown[]])[];

const wide = {
  time: { column: 'time' },
  points: [
    {
      point: 'utility-a',
      role: 'utility',
      channels: { power: { column: 'kW', unit: 'kW' }, energy: { column: 'Wh' } },
    },
  ],
};

/** A file that a test writes, and the agent's memory of it. */
function createFile(t: Test, name = 'meter.csv') {
  const directory = scratch(t);
  const path = join(directory, name);
  const saved = new Map<string, string>();
  const memory = (key: string): Memory => ({
    load: async () => JSON.parse(saved.get(key) ?? 'null') as unknown,
    save: async (value) => void saved.set(key, JSON.stringify(value)),
  });
  const open = (config: object = {}, surroundings: Partial<SourceContext> = {}): Promise<Source> =>
    openCsv(v.parse(csv.schema, { path: name, ...wide, ...config }), {
      ...context,
      directory,
      memory,
      ...surroundings,
    });
  return { path, directory, open, saved };
}

/** What a tick gave: time and values of each row. */
async function look(source: Source): Promise<Dated> {
  return datedOf((await tick(source)) as Sample);
}

function datedOf({ dated = [] }: Sample): Dated {
  return dated.map(({ at, readings }) => [new Date(at).toISOString(), ...readings.map(([, , value]) => value)]);
}

/** Every row, whatever it takes. */
async function lookAtAll(source: Source): Promise<Dated> {
  const all: (readonly [string, ...unknown[]])[] = [];
  for (let more = await look(source); more.length > 0; more = await look(source)) all.push(...more);
  return all;
}

t.test('conformance', async (t) => {
  const { path, open } = createFile(t);
  const values = { first: '4.2,97500', other: '1.5,3000', impossible: '4294967295,-5' } as const;
  let device: keyof typeof values = 'first';
  let behaviour = 'well';
  let seconds = 0;
  let release = () => {};
  let hanging: Promise<void> = Promise.resolve();
  const row = () => `${new Date(Date.UTC(2026, 0, 1) + 1000 * seconds++).toISOString()},${values[device]}`;
  const restartAs = async (name: typeof device) => {
    device = name;
    writeFileSync(`${path}.new`, `time,kW,Wh\n${row()}\n`);
    renameSync(`${path}.new`, path);
  };
  await restartAs('first');
  conformance(t, {
    open: () => openCsv(v.parse(csv.schema, { ...wide, path }), { ...context, memory: () => forgetful }, () => hanging),
    openWrong: () => open({ path: '/nonexistent/meter.csv' }),
    wrong: /^\/nonexistent\/meter\.csv: there is no such file yet$/,
    restartAs,
    behave: (how) => {
      behaviour = how;
      release();
      hanging = how === 'slow' ? new Promise((resolve) => (release = resolve)) : Promise.resolve();
    },
    speak: async () => {
      if (behaviour === 'well') appendFileSync(path, `${row()}\n`);
      if (behaviour === 'garbage') appendFileSync(path, '\u0000\u0001"x\n,,,\n\n2026-13-41,1,2\n');
    },
    readings: {
      first: [
        ['utility-a', 'power', 4200],
        ['utility-a', 'energy', 97_500],
      ],
      other: [
        ['utility-a', 'power', 1500],
        ['utility-a', 'energy', 3000],
      ],
    },
  });
});

t.test('a file as it grows: rows with their own time, an unfinished line waits', async (t) => {
  const { path, open } = createFile(t);
  const source = await open();
  t.match(await tick(source), { kind: 'absent', message: `${path}: there is no such file yet` });
  writeFileSync(path, 'time,kW,Wh\n');
  t.same(await tick(source), { readings: [], dated: [], noData: [] });
  appendFileSync(path, '2026-01-01T00:00:00Z,1.5,100\n2026-01-01T00:15:00Z,2,');
  t.same(await look(source), [['2026-01-01T00:00:00.000Z', 1500, 100]]);
  t.same(await look(source), []);
  appendFileSync(path, '475\n');
  t.same(await look(source), [['2026-01-01T00:15:00.000Z', 2000, 475]]);
});

t.test('a table as spreadsheets of the continent write it', async (t) => {
  const { path, open } = createFile(t);
  const text =
    '# Z\u00e4hler 4711\r\n"Datum";Zeit;"Leistung; gesamt [kW]";Z\u00e4hlerstand;Temp\r\n01.07.2026;12:00;"1,5";1234,5;"-3,5"\r\n';
  const config = {
    delimiter: ';',
    decimal: ',',
    comment: '#',
    time: { column: ['Datum', 'Zeit'], format: 'dd.MM.yyyy HH:mm', timezone: 'Europe/Berlin' },
    points: [
      {
        point: 'p',
        channels: {
          power: { column: 'Leistung; gesamt [kW]', scale: 40_000 },
          energy: { column: 'Z\u00e4hlerstand', unit: 'MWh' },
          temperature: { column: 5 },
        },
      },
    ],
  };
  for (const [encoding, bytes] of [
    ['latin1', Buffer.from(text, 'latin1')],
    ['utf-8', Buffer.from(`\uFEFF${text.replace(/^.*\r\n/, '')}`)],
  ] as const) {
    writeFileSync(path, bytes);
    const source = await open({ ...config, encoding }, { memory: () => forgetful });
    t.same(await look(source), [['2026-07-01T10:00:00.000Z', 60_000, 1_234_500_000, -3.5]], encoding);
  }
});

const forgetful: Memory = { load: async () => null, save: async () => {} };

t.test('long: a column says what the value is of', async (t) => {
  const { path, open } = createFile(t);
  const config = {
    long: { name: ['meter', 'quantity'], value: 'value' },
    time: { column: 'at', format: 'unix-s' },
    points: [
      { point: 'a', channels: { power: { name: '17 P', unit: 'kW' }, energy: { name: '17 E' } } },
      { point: 'b', channels: { power: { name: '18 P' } } },
    ],
  };
  writeFileSync(
    path,
    'at,meter,quantity,value\n1767225600,17,P,1\n1767225600,17,E,2\n1767225600,18,P,3\n1767225600,19,P,9\n1767225660,17,P,4\n1767225660,18,P,\n',
  );
  const source = await open(config);
  t.match(await tick(source), {
    dated: [
      { at: 1_767_225_600_000, readings: [['a', 'power', 1000]] },
      { at: 1_767_225_600_000, readings: [['a', 'energy', 2]] },
      { at: 1_767_225_600_000, readings: [['b', 'power', 3]] },
      { at: 1_767_225_660_000, readings: [['a', 'power', 4000]] },
    ],
    noData: [{ point: 'b', channel: 'power', reason: 'line 7: the cell is empty' }],
  });
  t.match(source.points, [{ intervalMs: 60_000 }, { intervalMs: 60_000 }]);
});

t.test('what was estimated is marked so, and the point says how', async (t) => {
  const { path, open } = createFile(t);
  writeFileSync(path, 'time,kW\n2026-01-01T00:00:00Z,1\n');
  const points = [{ point: 'p', estimated: 'from the floor area', channels: { power: { column: 'kW' } } }];
  const source = await open({ points });
  t.match(await tick(source), { dated: [{ readings: [['p', 'power', 1, 'estimated']] }] });
  t.match(source.points, [{ method: 'from the floor area' }]);
});

t.test('bad rows are said with their line and stop nothing', async (t) => {
  const { path, open } = createFile(t);
  const rows = [
    '2026-01-01T00:00:00Z,1,1',
    'yesterday,1,1',
    '2026-01-01T00:01:00Z,n/a,2',
    '2026-01-01T00:02:00Z,"2,3',
    '2026-01-01T00:03:00Z',
    '2025-12-31T23:00:00Z,8,8',
    '2026-01-01T00:03:00Z,8,8',
    '2099-01-01T00:00:00Z,8,8',
    'x'.repeat(300_000),
    '2026-01-01T00:04:00Z,4,4',
  ];
  writeFileSync(path, `time,kW,Wh\n${rows.join('\n')}\n`);
  const { log, entries } = recordingLog();
  const source = await open({}, { log });
  const sample = (await tick(source)) as Sample;
  t.same(
    [...datedOf(sample), ...(await lookAtAll(source))],
    [
      ['2026-01-01T00:00:00.000Z', 1000, 1],
      ['2026-01-01T00:01:00.000Z', 2],
      ['2026-01-01T00:04:00.000Z', 4000, 4],
    ],
  );
  t.match(sample.noData, [
    {
      point: 'utility-a',
      channel: 'power',
      reason: /^line 3: "yesterday" is not a time of the format iso \(and \d+ more like it\)$/,
    },
    { point: 'utility-a', channel: 'energy', reason: /^line 3/ },
  ]);
  t.match(entries, [{ msg: 'rows that are not newer than those before are left out' }]);
});

t.test('a header that lacks a column, and a clock ahead, say so', async (t) => {
  const { path, open } = createFile(t);
  writeFileSync(path, 'time,W,Wh\n');
  t.match(await tick(await open()), { kind: 'retry', message: /the header has no column kW; it has: time, W, Wh$/ });
  const { path: other, open: openOther } = createFile(t);
  const ahead = new Date(Date.now() + 7_200_000).toISOString();
  writeFileSync(other, `time,kW,Wh\n${ahead},1,1\n`);
  t.match(await tick(await openOther()), {
    dated: [],
    noData: [{ reason: /^line 2: .* is 2\.0 h ahead of this host's clock: is the timezone right\?$/ }],
  });
});

t.test('after a restart it goes on where it was; what was not taken comes again', async (t) => {
  const { path, open } = createFile(t);
  writeFileSync(path, 'time,kW,Wh\n2026-01-01T00:00:00Z,1,1\n');
  const first = await open();
  t.equal((await look(first)).length, 1);
  appendFileSync(path, '2026-01-01T00:15:00Z,2,2\n');
  const abort = new AbortController();
  t.equal((await first.read(abort.signal)).dated?.length, 1);
  abort.abort();
  t.same(await look(first), [['2026-01-01T00:15:00.000Z', 2000, 2]], 'a tick that was given up does not count');
  const killed = await open();
  t.same(await look(killed), [['2026-01-01T00:15:00.000Z', 2000, 2]], 'killed before the next look: once more');
  t.match(killed.points, [{ intervalMs: 900_000 }], 'the time between rows is known still');
  await killed.close();
  const stopped = await open();
  t.same(await look(stopped), [], 'stopped in order: nothing twice');
  t.match(stopped.points, [{ intervalMs: 900_000 }]);
});

t.test('where nothing can be remembered nothing more is read, and nothing is lost when it can', async (t) => {
  const { path, open, saved } = createFile(t);
  let isFull = true;
  const save = async (key: string, value: unknown): Promise<void> => {
    if (isFull) throw new Error('ENOSPC: no space left on device');
    saved.set(key, JSON.stringify(value));
  };
  const memory = (key: string): Memory => ({ load: async () => null, save: (value) => save(key, value) });
  writeFileSync(path, 'time,kW,Wh\n2026-01-01T00:00:00Z,1,1\n');
  const source = await open({}, { memory });
  t.equal((await look(source)).length, 1);
  appendFileSync(path, '2026-01-01T00:15:00Z,2,2\n');
  for (let i = 0; i < 3; i++) {
    t.match(await tick(source), {
      kind: 'retry',
      message: /meter\.csv: how far it was read cannot be remembered: ENOSPC/,
    });
  }
  isFull = false;
  t.same(await look(source), [['2026-01-01T00:15:00.000Z', 2000, 2]]);
  t.equal(saved.size, 1);
});

t.test('while the host’s clock is wrong, rows wait', async (t) => {
  const { path, open } = createFile(t);
  const clock = new FakeClock(Date.parse('2026-01-01T12:00:00Z'));
  const set = (time: string): void => clock.jump(Date.parse(time) - clock.now());
  writeFileSync(path, 'time,kW,Wh\n2026-01-01T11:59:00Z,1,1\n');
  const source = await open({}, { clock });
  t.equal((await look(source)).length, 1);
  appendFileSync(path, '2026-01-01T12:00:00Z,2,2\n2026-01-01T12:01:00Z,3,3\n');
  set('2026-01-01T11:00:00Z');
  t.match(await tick(source), { kind: 'retry', message: /nothing more is read until this host's clock is right$/ });
  await source.close();
  set('1970-01-01T00:00:10Z');
  const restarted = await open({}, { clock });
  t.match(await tick(restarted), { kind: 'retry' }, 'a host that was started without a clock of its own');
  set('2026-01-01T12:02:00Z');
  t.equal((await look(restarted)).length, 2);
});

t.test('two sources read the same file, each at its own pace', async (t) => {
  const { path, open } = createFile(t);
  writeFileSync(path, 'time,kW,Wh\n2026-01-01T00:00:00Z,1,1\n');
  const first = await open();
  t.equal((await look(first)).length, 1);
  await first.close();
  const second = await open({ points: [{ point: 'b', channels: { energy: { column: 'Wh' } } }] });
  t.same(await look(second), [['2026-01-01T00:00:00.000Z', 1]]);
  t.same(await look(await open()), []);
});

t.test('another file in its place is read from the beginning, without what is known', async (t) => {
  const { path, open } = createFile(t);
  const rows = (from: number, count: number) =>
    Array.from(
      { length: count },
      (_, i) => `${new Date(Date.UTC(2026, 0, 1, 0, from + i)).toISOString()},1,${from + i}\n`,
    );
  const header = 'time,kW,Wh\n';
  const start = async () => {
    rmSync(path, { force: true });
    writeFileSync(path, header + rows(0, 100).join(''));
    const source = await open({}, { memory: () => forgetful });
    t.equal((await look(source)).length, 100);
    return source;
  };
  const values = async (source: Source) => (await lookAtAll(source)).map((row) => row[2]);
  const rotated = await start();
  renameSync(path, `${path}.1`);
  writeFileSync(path, header + rows(100, 3).join(''));
  t.same(await values(rotated), [100, 101, 102], 'rotated');
  const truncated = await start();
  truncateSync(path);
  writeFileSync(path, header + rows(100, 2).join(''));
  t.same(await values(truncated), [100, 101], 'truncated and begun again');
  const outgrown = await start();
  writeFileSync(path, header + rows(100, 300).join(''));
  t.equal((await values(outgrown)).length, 300, 'truncated and longer than before, in the same inode');
  const copied = await start();
  writeFileSync(`${path}.new`, header + rows(0, 102).join(''));
  renameSync(`${path}.new`, path);
  t.same(await values(copied), [100, 101], 'copied anew with more rows');
  const shorter = await start();
  writeFileSync(path, header + rows(90, 11).join(''));
  t.same(await values(shorter), [100], 'one that overlaps');
});

t.test('files of a pattern continue each other in the order of their names', async (t) => {
  const { directory, open } = createFile(t);
  const folder = join(directory, 'log+1');
  mkdirSync(folder);
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  const source = await open({ path: 'log+1/day-*.csv' });
  t.match(await tick(source), { kind: 'absent' });
  write('day-1.csv', 'time,kW,Wh\n2026-01-01T00:00:00Z,1,1\n2026-01-01T12:00:00Z,1,2');
  write('other.csv', 'x\n');
  t.equal((await lookAtAll(source)).length, 1, 'somebody may still write the last line');
  write('day-2.csv', '');
  write('day-3.csv', 'Wh,time,kW\n3,2026-01-03T00:00:00Z,1\n');
  t.same(
    (await lookAtAll(source)).map((row) => row[2]),
    [2, 3],
    'with a header of its own, past an empty one',
  );
  rmSync(join(folder, 'day-1.csv'));
  rmSync(join(folder, 'day-3.csv'));
  write('day-4.csv', 'time,kW,Wh\n2026-01-04T00:00:00Z,1,4\n');
  t.same(
    (await lookAtAll(source)).map((row) => row[2]),
    [4],
    'past one that was deleted',
  );
});

t.test('a file beyond one read, which another follows', async (t) => {
  const { directory, path, open } = createFile(t);
  const rows = Array.from({ length: 400 }, (_, i) => `${new Date(Date.UTC(2026, 0, 1, 0, i)).toISOString()},1,${i}`);
  writeFileSync(
    path,
    `time,remark,Wh,kW\n${rows.map((row) => row.replace(',1,', `,${'-'.repeat(1000)},`)).join('\n')}\n`,
  );
  writeFileSync(join(directory, 'meter2.csv'), 'time,kW,Wh\n');
  const all = await lookAtAll(await open({ path: 'meter*.csv' }));
  t.same(
    all.map((row) => row.at(-1)),
    rows.map((_, i) => i),
  );
});

t.test('a long file: a limited number of rows at a tick, and its progress in the log', async (t) => {
  const { path, open } = createFile(t);
  const rows = Array.from({ length: 1200 }, (_, i) => `${new Date(Date.UTC(2026, 0, 1, 0, i)).toISOString()},1,${i}`);
  writeFileSync(path, `time,kW,Wh\n${rows.join('\n')}\n`);
  const { log, entries } = recordingLog();
  const source = await open({}, { log });
  const counts = [];
  for (let i = 0; i < 4; i++) counts.push((await look(source)).length);
  t.same(counts, [499, 500, 201, 0]);
  t.match(entries, [
    { msg: 'reading on', lines: 500, bytesLeft: Number },
    { msg: 'read to the end', lines: 1201, bytesLeft: 0 },
  ]);
  t.equal(entries.length, 2);
});

t.test('configurations that cannot work', (t) => {
  const parse = (change: object) => v.safeParse(csv.schema, { path: 'x', ...wide, ...change }).success;
  t.ok(parse({}));
  t.notOk(parse({ header: false }), 'names without a header');
  t.ok(parse({ header: false, time: { column: 1 }, points: [{ point: 'p', channels: { power: { column: 2 } } }] }));
  t.notOk(parse({ time: { column: 'time', timezone: 'Berlin' } }));
  t.notOk(parse({ long: { name: 'a', value: 'b' } }), 'long without names');
  t.notOk(parse({ points: [{ point: 'p', channels: { power: { name: 'b' } } }] }), 'names without long');
  t.notOk(parse({ points: [{ point: 'p', channels: { power: { column: 'b', unit: 'kWh' } } }] }));
  t.notOk(parse({ path: 'a/*/b.csv' }));
  t.ok(parse({ path: 'a/*-*.csv', every: '15m' }));
  t.end();
});

t.test('clocks set back: each local time once, then once more; set forward: a time that never was', (t) => {
  const read = createTimeReader({ format: 'yyyy-MM-dd HH:mm', timezone: 'Europe/Berlin' });
  let after = Number.NEGATIVE_INFINITY;
  const times = ['01:30', '02:00', '02:30', '02:00', '02:30', '03:00'].map((text) => {
    after = read(`2026-10-25 ${text}`, after);
    return new Date(after).toISOString().slice(11, 16);
  });
  t.same(times, ['23:30', '00:00', '00:30', '01:00', '01:30', '02:00']);
  const hourly = createTimeReader({ format: 'yyyy-MM-dd HH:mm', timezone: 'Europe/Berlin' });
  const first = hourly('2026-10-25 02:00', Number.NEGATIVE_INFINITY);
  t.equal(hourly('2026-10-25 02:00', first), first + 3_600_000, 'the same again is an hour later');
  t.throws(() => read('2026-03-29 02:30', after), { message: /never was in Europe\/Berlin: clocks were set forward/ });
  const iso = createTimeReader({ format: 'iso', timezone: 'Europe/London' });
  t.equal(iso('2026-03-29 01:30Z', 0), Date.UTC(2026, 2, 29, 1, 30), 'its own offset wins');
  t.throws(() => iso('2026-03-29 01:30', 0), { message: /never was/ });
  t.equal(iso('2026-10-25 01:30', 0), Date.UTC(2026, 9, 25, 0, 30));
  t.end();
});

t.test('a year of local quarter-hours comes back as it was, in every zone and format', (t) => {
  const zones = [
    'UTC',
    'Asia/Shanghai',
    'Europe/Berlin',
    'America/New_York',
    'Australia/Lord_Howe',
    'Africa/Casablanca',
  ];
  const formats = ['yyyy-MM-dd HH:mm', 'd/M/yyyy h:mm a', "yyyyMMdd'T'HHmm", 'iso'];
  const stepMs = 900_000;
  for (const zone of zones) {
    fc.assert(
      fc.property(fc.constantFrom(...formats), fc.integer({ min: 0, max: 365 }), (format, day) => {
        const read = createTimeReader({ format, timezone: zone });
        const start = Date.UTC(2026, 0, 1) + day * 86_400_000;
        let after = start - stepMs;
        for (let at = start; at < start + 86_400_000; at += stepMs) {
          const local = DateTime.fromMillis(at, { zone, locale: 'en' });
          const text = format === 'iso' ? (local.toISO({ includeOffset: false }) ?? '') : local.toFormat(format);
          if (at === start && local.getPossibleOffsets().length > 1) return true;
          after = read(text, after);
          if (after !== at) return false;
        }
        return true;
      }),
      {
        numRuns: 12,
        examples: [
          [formats[0] ?? '', 297],
          [formats[1] ?? '', 304],
          [formats[2] ?? '', 93],
        ],
      },
    );
  }
  t.end();
});

t.test('however a file grows, the same readings come of it', async (t) => {
  const { path, open } = createFile(t);
  const row = fc.oneof(
    {
      weight: 8,
      arbitrary: fc.tuple(fc.double({ min: -1e6, max: 1e6, noNaN: true }), fc.nat()).map(([a, b]) => `${a},${b}`),
    },
    fc.constantFrom('"1",2', 'x,1', ',', '"1', ''),
  );
  const sizes = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(row, { maxLength: 30 }),
      sizes,
      fc.constantFrom('\n', '\r\n'),
      async (rows, cuts, end) => {
        const at = (i: number) => new Date(Date.UTC(2026, 0, 1, 0, i)).toISOString();
        const bytes = Buffer.from(
          ['time,kW,Wh', ...rows.map((text, i) => (text === '' ? '' : `${at(i)},${text}`)), ''].join(end),
        );
        rmSync(path, { force: true });
        writeFileSync(path, bytes);
        const expected = await lookAtAll(await open({}, { memory: () => forgetful }));
        writeFileSync(path, '');
        let source = await open({}, { memory: () => forgetful });
        const got: unknown[] = [];
        let offset = 0;
        for (let i = 0; offset < bytes.length; i++) {
          const size = cuts[i % cuts.length] ?? 1;
          appendFileSync(path, bytes.subarray(offset, offset + size));
          offset += size;
          got.push(...(await look(source)));
        }
        source = await open({}, { memory: () => forgetful });
        t.same(await lookAtAll(source), expected);
        return JSON.stringify(got) === JSON.stringify(expected);
      },
    ),
    { numRuns: 30 },
  );
});
