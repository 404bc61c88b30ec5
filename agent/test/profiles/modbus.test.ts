import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { freePort } from '../../../shared/test/free-port.ts';
import { requireProgram } from '../../../shared/test/program.ts';
import { listProfiles, loadProfile } from '../../src/profiles/catalogue.ts';
import { Refusal } from '../../src/sources/modbus/framing.ts';
import { modbusProfile } from '../../src/sources/modbus/profile.ts';
import { spansOf } from '../../src/sources/modbus/quantity.ts';
import { type Ask, createReader } from '../../src/sources/modbus/reader.ts';
import { recognise } from '../../src/sources/modbus/recognition.ts';
import modbus from '../../src/sources/modbus.ts';
import { SourceError } from '../../src/source.ts';
import { openSource, tick } from '../sources/conformance.ts';
import { start } from '../sources/process.ts';

/** What a device has in its registers, as its data sheet prints it, and what must come out. */
interface Case {
  readonly name: string;
  /** Words in hexadecimal by the number that the data sheet prints for the first of them. */
  readonly holding?: Readonly<Record<string, string>>;
  readonly input?: Readonly<Record<string, string>>;
  /** Every reading of every section, by channel, in base units. */
  readonly readings: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly noData?: Readonly<Record<string, readonly string[]>>;
  readonly meter?: object;
}

interface Sheet {
  readonly sheet: string;
  /** What the data sheet prints for the register that is 0 on the line. */
  readonly firstRegister: number;
  /** How many registers a request may name, where the data sheet says so. */
  readonly mostRegisters?: number;
  readonly cases: readonly Case[];
}

const directory = join(import.meta.dirname, 'modbus');
const names = listProfiles('modbus');
const device = join(import.meta.dirname, '../sources/peers/modbus-device.py');

t.test('every model has a case, and every case a model', (t) => {
  const files = readdirSync(directory).map((file) => file.slice(0, -'.json'.length));
  t.same(files.sort(), names);
  t.ok(names.length >= 12, `${names.length} models`);
  t.end();
});

t.test('the registers of each model, as its data sheet prints them, become its readings', async (t) => {
  const python = requireProgram(t, '/usr/bin/python3');
  if (python === null) return;
  const bench = names.flatMap((profile) => {
    const sheet = readSheet(profile);
    return sheet.cases.map((one) => ({ profile, sheet, one }));
  });
  const units = bench.map(({ sheet, one }, index) => [index + 1, registersOf(one, sheet)] as const);
  const port = await freePort();
  const map = JSON.stringify(Object.fromEntries(units));
  const running = await start(python, [device, String(port), map], /^ready$/);
  t.teardown(() => running.stop());
  for (const [index, { profile, one }] of bench.entries()) {
    await t.test(`${profile}: ${one.name}`, (t) => check(t, profile, one, { port, unit: index + 1 }));
  }
});

t.test(
  'a model that says what it is, is taken for no other; the rest are among those that they look like',
  async (t) => {
    const candidates = names.map((name) => ({ name, profile: loadProfile('modbus', name, modbusProfile, directory) }));
    for (const { name, profile } of candidates) {
      const sheet = readSheet(name);
      const taken = await recognise(answering(registersOf(sheet.cases[0] as Case, sheet)), candidates);
      const [{ channels = {} } = {}] = Object.values(profile.sections);
      if (profile.identify !== undefined) t.match(taken, { profile: name, alternatives: [] }, name);
      else if (channels.voltage === undefined || channels.frequency === undefined) t.equal(taken, null, name);
      else t.ok([taken?.profile, ...(taken?.alternatives ?? [])].includes(name), name);
    }
  },
);

t.test('no request is for more registers than the data sheet allows', async (t) => {
  for (const name of names) {
    const { mostRegisters } = readSheet(name);
    if (mostRegisters === undefined) continue;
    const profile = loadProfile('modbus', name, modbusProfile, directory);
    const channels = Object.values(profile.sections).flatMap((section) => Object.values(section.channels));
    const lengths: number[] = [];
    const read = createReader(channels.flatMap(spansOf), profile);
    await read(async ({ length }) => {
      lengths.push(length);
      return Buffer.alloc(2 * length);
    });
    t.ok(Math.max(...lengths) <= mostRegisters, `${name}: ${Math.max(...lengths)} of ${mostRegisters}`);
  }
});

/** Every register of an Eastron meter for three phases that a profile of the same maker for one phase reads too. */
const loads = {
  'on all phases': { l1: [1.5, 300, 320, -110, 0.875], l2: [2.25, 450.5], l3: [3, -20.25] },
  'on the first phase': { l1: [1.5, 300, 320, -110, 0.875], l2: [0, 0], l3: [0, 0] },
  none: { l1: [0, 0, 0, 0, 0], l2: [0, 0], l3: [0, 0] },
};

for (const [load, { l1, l2, l3 }] of Object.entries(loads)) {
  t.test(`a meter for three phases is not offered as one for a single phase: load ${load}`, async (t) => {
    const candidates = names.map((name) => ({ name, profile: loadProfile('modbus', name, modbusProfile, directory) }));
    const [current = 0, power = 0, apparent = 0, reactive = 0, factor = 0] = l1;
    const total = power + (l2[1] ?? 0) + (l3[1] ?? 0);
    const values = new Map([
      ...[229.5, 230.5, 231, current, l2[0], l3[0], power, l2[1], l3[1]].map((value, i) => [2 * i, value] as const),
      ...([
        [18, apparent],
        [24, reactive],
        [30, factor],
        [36, 20],
        [52, total],
        [56, apparent],
        [60, reactive],
      ] as const),
      ...([
        [62, factor],
        [70, 50],
        [72, 123.5],
        [74, 0],
        [342, 123.5],
        [346, 41],
        [348, 42],
        [350, 40.5],
      ] as const),
    ]);
    const taken = await recognise(floats(values, 382), candidates);
    t.match(taken, { profile: 'eastron-sdm630', sections: ['total'] });
    t.ok(taken?.alternatives.includes('eastron-sdm230'), 'though that one fits as well');
  });
}

async function check(t: Test, profile: string, one: Case, where: { port: number; unit: number }): Promise<void> {
  const sections = Object.keys(loadProfile('modbus', profile, modbusProfile, directory).sections);
  t.same(Object.keys(one.readings), sections, 'every section');
  const points = sections.map((section) => ({ point: section, from: section }));
  const source = await openSource(modbus, { profile, host: '127.0.0.1', timeout: '5s', ...where, points });
  t.teardown(() => source.close());
  const sample = await tick(source, 10_000);
  if (sample instanceof SourceError) throw sample;
  for (const section of sections) {
    const readings = sample.readings.filter(([point]) => point === section);
    const expected = Object.entries(one.readings[section] ?? {});
    t.same(readings.map(([, channel]) => channel).sort(), expected.map(([channel]) => channel).sort(), section);
    for (const [channel, value] of expected) {
      const reading = readings.find((reading) => reading[1] === channel);
      t.ok(isSame(reading?.[2], value), `${section} ${channel}: ${reading?.[2]}, expected ${value}`);
    }
    const missing = sample.noData.filter(({ point }) => point === section);
    t.same(
      missing.map(({ channel }) => channel).sort(),
      [...(one.noData?.[section] ?? [])].sort(),
      `${section}: no data`,
    );
    t.ok(
      missing.every(({ reason }) => /which means that it has no value|which cannot be/.test(reason)),
      'because the meter says so',
    );
  }
  if (one.meter !== undefined) t.match(source.points[0]?.meter, one.meter);
}

function readSheet(profile: string): Sheet {
  return JSON.parse(readFileSync(join(directory, `${profile}.json`), 'utf8')) as Sheet;
}

/** The case as the device program takes it: only what the case names can be read. */
function registersOf({ holding, input }: Case, { firstRegister }: Sheet) {
  const table = (printed: Readonly<Record<string, string>> = {}): Record<number, number[]> =>
    Object.fromEntries(
      Object.entries(printed).map(([number, words]) => [
        Number(number) - firstRegister,
        words.split(' ').map((word) => Number.parseInt(word, 16)),
      ]),
    );
  return { holding: table(holding), input: table(input) };
}

/** A device with these registers and no others, without the line between. */
function answering(tables: ReturnType<typeof registersOf>): Ask {
  const words = (table: 'holding' | 'input') =>
    new Map(Object.entries(tables[table]).flatMap(([first, list]) => list.map((word, i) => [Number(first) + i, word])));
  const memory = { holding: words('holding'), input: words('input') };
  return async ({ function: table, address, length }) => {
    const asked = Array.from({ length }, (_, i) => memory[table].get(address + i));
    if (asked.includes(undefined)) return new Refusal(2);
    return Buffer.from(asked.flatMap((word = 0) => [word >> 8, word & 0xff]));
  };
}

/** A device with 32-bit floats in its input registers up to `end`, 0 where none is given. */
function floats(values: ReadonlyMap<number, number | undefined>, end: number): Ask {
  const registers = Buffer.alloc(2 * end);
  for (const [register, value = 0] of values) registers.writeFloatBE(value, 2 * register);
  return async ({ function: table, address, length }) => {
    if (table !== 'input' || address + length > end) return new Refusal(2);
    return registers.subarray(2 * address, 2 * (address + length));
  };
}

/** Equal but for what adding up and scaling does to the last digits. */
function isSame(actual: number | undefined, expected: number): boolean {
  return actual !== undefined && Math.abs(actual - expected) <= 1e-12 * Math.max(1, Math.abs(expected));
}
