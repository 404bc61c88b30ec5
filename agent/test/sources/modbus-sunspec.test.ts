import t from 'tap';
import type { Sample } from '../../src/source.ts';
import modbus from '../../src/sources/modbus.ts';
import { openSource, tick } from './conformance.ts';
import { f32, startDevice, startUnits, text, u32 } from './peers/modbus-device.ts';

const i16 = (value: number): number[] => [value & 0xffff];
const NONE = 0x8000;

/** Registers by offset, as a model's length without its header; what is not named is not implemented. */
function model(number: number, length: number, registers: Record<number, readonly number[]>): number[] {
  const words = [number, length, ...Array.from({ length }, () => NONE)];
  for (const [offset, values] of Object.entries(registers)) words.splice(Number(offset), values.length, ...values);
  return words;
}

const common = (manufacturer: string, name: string, version: string, serial: string): number[] =>
  model(1, 65, {
    2: text(manufacturer, 16),
    18: text(name, 16),
    34: text('', 8),
    42: text(version, 8),
    50: text(serial, 16),
  });

const meter203 = (watts: number): number[] =>
  model(203, 105, {
    2: [...i16(1234), ...i16(411), ...i16(411), ...i16(412), ...i16(-1)],
    7: [2301, 2300, 2301, 2302],
    15: i16(-1),
    16: [4998, ...i16(-2)],
    18: i16(watts),
    22: i16(1),
    23: i16(900),
    27: i16(1),
    38: u32(4_000),
    46: u32(123_456),
    54: i16(2),
  });

const inverter103 = model(103, 50, {
  2: [87, 29, 29, 29, ...i16(-1)],
  10: [2310, 2300, 2320, ...i16(-1)],
  14: [1995, ...i16(0)],
  16: [5001, ...i16(-2)],
  24: [...u32(2_711_778), 0],
  33: [331],
  37: i16(-1),
});

const chain = (...models: number[][]): number[] => [0x5375, 0x6e53, ...models.flat(), 0xffff, 0];

const config = { profile: 'sunspec', host: '127.0.0.1', timeout: '300ms' };

t.test('a meter with integers and powers of ten', async (t) => {
  const words = chain(common('Fronius', 'Smart Meter 63A', '2.1', '18320001'), meter203(-321));
  const device = await startDevice(t, { 240: { holding: { 40_000: words } } });
  if (device === null) return;
  const points = [{ point: 'grid', role: 'utility' }];
  const source = await openSource(modbus, { ...config, port: device.port, unit: 240, points });
  t.teardown(() => source.close());
  t.match(source.points, [{ point: 'grid', role: 'utility', channels: [] }], 'nothing is known of it yet');
  const before = source.points;
  t.same(await tick(source), {
    readings: [
      ['grid', 'power', -3210],
      ['grid', 'energy', 12_345_600],
      ['grid', 'energy-export', 400_000],
      ['grid', 'apparent-power', 9000],
      ['grid', 'voltage', 230.1],
      ['grid', 'current', 123.4],
      ['grid', 'frequency', 49.98],
    ],
    noData: [
      {
        point: 'grid',
        channel: 'reactive-power',
        reason: 'the meter says 0x8000, which means that it has no value',
      },
    ],
  });
  t.not(source.points, before);
  const meter = { manufacturer: 'Fronius', model: 'Smart Meter 63A', firmware: '2.1', serial: '18320001' };
  t.match(source.points, [{ point: 'grid', meter, channels: ['power', 'energy', 'energy-export'] }]);
  const known = source.points;
  await tick(source);
  t.equal(source.points, known, 'the same array as long as it is the same device');
});

t.test('an inverter with meters and a battery, each of which says what it is', async (t) => {
  const words = chain(
    common('SolarEdge ', 'SE10K', '4.1', '7E000001'),
    inverter103,
    common('SolarEdge ', 'SE-MTR-3Y', '75', '6068'),
    meter203(-500),
    meter203(20),
    model(802, 62, { 11: [874], 34: [4012], 56: i16(-1), 59: i16(-1) }),
  );
  const device = await startDevice(t, { 1: { holding: { 40_000: words } } });
  if (device === null) return;
  const points = [
    { point: 'roof', role: 'solar', from: 'inverter', channels: ['power', 'energy', 'voltage', 'temperature'] },
    { point: 'grid', role: 'utility', from: 'meter', channels: ['power', 'energy'] },
    { point: 'second', from: 'meter-2', channels: ['power'] },
    { point: 'store', role: 'battery', from: 'battery' },
  ];
  const source = await openSource(modbus, { ...config, port: device.port, points });
  t.teardown(() => source.close());
  t.match(await tick(source), {
    readings: [
      ['roof', 'power', 1995],
      ['roof', 'energy', 2_711_778],
      ['roof', 'voltage', 231],
      ['roof', 'temperature', 33.1],
      // This maker's meters count what goes out as positive.
      ['grid', 'power', 5000],
      ['grid', 'energy', 12_345_600],
      ['second', 'power', -200],
      ['store', 'charge', 87.4],
      ['store', 'voltage', 401.2],
    ],
    noData: [],
  });
  t.match(source.points, [
    { point: 'roof', meter: { model: 'SE10K', serial: '7E000001' } },
    { point: 'grid', meter: { model: 'SE-MTR-3Y', serial: '6068', firmware: '75' } },
    { point: 'second' },
  ]);
  const wrong = await openSource(modbus, { ...config, port: device.port, points: [{ point: 'x', from: 'pump' }] });
  t.teardown(() => wrong.close());
  t.match(await tick(wrong), {
    kind: 'absent',
    message: /has no section pump; it has: inverter, meter, meter-2, battery/,
  });
});

t.test('floats, at another base, behind models that are not read', async (t) => {
  const floats = model(214, 124, {
    2: f32(12.5),
    18: f32(401),
    26: f32(50.02),
    28: f32(8200.5),
    36: f32(Number.NaN),
    44: f32(-120),
    60: f32(0),
    68: f32(1_000_000),
  });
  const unknown = model(64_001, 10, {});
  const device = await startDevice(t, {
    1: { holding: { 50_000: chain(common('Wattson', 'W1', '', ''), unknown, floats) } },
  });
  if (device === null) return;
  const source = await openSource(modbus, { ...config, port: device.port, points: [{ point: 'main' }] });
  t.teardown(() => source.close());
  const sample = (await tick(source)) as Sample;
  t.same(
    sample.readings.map(([, channel, value]) => [channel, Math.round(value * 100) / 100]),
    [
      ['power', 8200.5],
      ['energy', 1_000_000],
      ['energy-export', 0],
      ['reactive-power', -120],
      ['voltage', 401],
      ['current', 12.5],
      ['frequency', 50.02],
    ],
  );
  t.match(sample.noData, [{ channel: 'apparent-power' }]);
  t.match(source.points, [{ meter: { manufacturer: 'Wattson', model: 'W1' } }]);
});

t.test('an accumulator that was never there, and a scale that is not', async (t) => {
  const bare = model(201, 105, { 18: i16(5), 22: [NONE], 38: u32(0), 46: u32(0), 54: i16(0) });
  const device = await startDevice(t, { 1: { holding: { 0: chain(common('A', 'B', '', ''), bare) } } });
  if (device === null) return;
  const points = [{ point: 'main', channels: ['power', 'energy'] }];
  const source = await openSource(modbus, { ...config, port: device.port, points });
  t.teardown(() => source.close());
  t.match(await tick(source), {
    readings: [],
    noData: [
      { channel: 'power', reason: /0x8000/ },
      { channel: 'energy', reason: /the meter says 0/ },
    ],
  });
});

t.test('a device that is replaced, that does not speak SunSpec, or that is not there', async (t) => {
  const first = { 1: { holding: { 40_000: chain(common('A', 'M1', '1', 'serial-1'), meter203(1)) } } };
  const device = await startDevice(t, first);
  if (device === null) return;
  const points = [{ point: 'main', channels: ['power'] }];
  const source = await openSource(modbus, { ...config, port: device.port, points });
  t.teardown(() => source.close());
  t.match(await tick(source), { readings: [['main', 'power', 10]] });
  t.match(source.points, [{ meter: { serial: 'serial-1' } }]);
  await device.stop();
  t.match(await tick(source), { name: 'SourceError' });
  // The other one has an inverter before its meter, so that everything is somewhere else.
  const other = { 1: { holding: { 40_000: chain(common('A', 'M2', '1', 'serial-2'), inverter103, meter203(7)) } } };
  const second = await startUnits(t, String(device.port), other);
  t.match(await tick(source), { readings: [['main', 'power', 1995]] }, 'the first section, which is the inverter');
  t.match(source.points, [{ meter: { serial: 'serial-2' } }]);
  await second.stop();
  await startUnits(t, String(device.port), { 1: { holding: { 0: [1, 2, 3] } } });
  await tick(source);
  t.match(await tick(source), { kind: 'absent', message: /no SunSpec meter or inverter is found: name the profile/ });
});
