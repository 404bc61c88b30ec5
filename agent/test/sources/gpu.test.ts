import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import * as v from 'valibot';
import { parseRocm } from '../../src/sources/gpu/amd.ts';
import { type Card, numberIn } from '../../src/sources/gpu/card.ts';
import { parseNvidia } from '../../src/sources/gpu/nvidia.ts';
import gpu from '../../src/sources/gpu.ts';
import type { Sample, Source } from '../../src/source.ts';
import { realClock } from '../support/real-clock.ts';
import { surroundings } from '../support/surroundings.ts';
import { conformance, context, openSource, tick } from './conformance.ts';
import { createStandIn, type FakeCard, nvidiaLog } from './gpu/stand-in.ts';

const captures = fileURLToPath(new URL('../../../../shared/data', import.meta.url));

const card = (n: number, more: Partial<FakeCard> = {}): FakeCard => ({
  bus: `00000000:0${n}:00.0`,
  uuid: `GPU-${n}`,
  power: `${n}00.50 W`,
  utilisation: `${n}0 %`,
  temperature: '41 C',
  ...more,
});

t.test('conformance, with a program that stands in for nvidia-smi', async (t) => {
  const tool = createStandIn(t);
  const logs = {
    first: nvidiaLog(card(1, { serial: '1650' })),
    other: nvidiaLog(card(1, { uuid: 'GPU-9', serial: '1651', power: '77.00 W' })),
    impossible: nvidiaLog(card(1, { serial: '1650', power: '4294967.29 W' })),
  };
  tool.say(logs.first);
  let garbage = false;
  let device: keyof typeof logs = 'first';
  const speak = () => (garbage ? tool.say('\u0000\uffff{]') : tool.say(logs[device]));
  conformance(t, {
    open: () => openSource(gpu, { program: tool.program, point: 'host-1-gpu' }),
    openWrong: () => openSource(gpu, { program: tool.program, cards: [{ point: 'gpu-1', card: 'GPU-7' }] }),
    wrong: /^no card GPU-7; there are 0000:01:00.0 \(1650\)$/,
    async restartAs(name) {
      device = name;
      speak();
    },
    behave(behaviour) {
      garbage = behaviour === 'garbage';
      tool.hang(behaviour === 'silent' || behaviour === 'slow');
      speak();
    },
    readings: {
      first: [
        ['host-1-gpu-0', 'power', 100.5],
        ['host-1-gpu-0', 'utilisation', 10],
        ['host-1-gpu-0', 'temperature', 41],
      ],
      other: [['host-1-gpu-0', 'power', 77]],
    },
  });
});

t.test('a tool that takes longer than its tick gives readings with their own time', async (t) => {
  const tool = createStandIn(t);
  tool.say(nvidiaLog(card(1)));
  tool.first('sleep 0.5');
  const source = await openSource(gpu, { program: tool.program, point: 'gpu' });
  t.teardown(() => source.close());
  t.match(await tick(source, 200), { kind: 'retry' });
  await realClock.sleep(800);
  t.match(await tick(source, 200), { readings: [], dated: [{ readings: [['gpu-0', 'power', 100.5]] }] });
});

t.test('cards are numbered by where they sit, and keep their number when one is lost', async (t) => {
  const tool = createStandIn(t);
  const shared = { ...context, ...surroundings(realClock) };
  const open = async (): Promise<Source> => {
    const source = await gpu.open(v.parse(gpu.schema, { program: tool.program, point: 'gpu' }), shared);
    t.teardown(() => source.close());
    return source;
  };
  const powers = ({ readings }: Sample) => readings.filter(([, channel]) => channel === 'power');
  tool.say(nvidiaLog(card(3), card(1), card(2)));
  const source = await open();
  t.same(source.points, [], 'none before the first look');
  t.same(powers((await tick(source)) as Sample), [
    ['gpu-0', 'power', 100.5],
    ['gpu-1', 'power', 200.5],
    ['gpu-2', 'power', 300.5],
  ]);
  const before = source.points;
  t.match(before[1], { point: 'gpu-1', meter: { manufacturer: 'NVIDIA', model: 'Test Card', serial: 'GPU-2' } });
  t.ok(
    before.every(({ role }) => role === undefined),
    'a part of a machine has no role',
  );
  await tick(source);
  t.equal(source.points, before, 'the same points while nothing changes');

  const lost = 'Unable to determine the device handle for GPU1: 0000:02:00.0: GPU is lost.  Reboot the system';
  tool.say(nvidiaLog(card(1), card(3)), `${lost}\n`, 15);
  const outcome = (await tick(source)) as Sample;
  t.same(powers(outcome), [
    ['gpu-0', 'power', 100.5],
    ['gpu-2', 'power', 300.5],
  ]);
  t.match(outcome.noData, [{ point: 'gpu-1', channel: 'power', reason: `no card 0000:02:00.0: ${lost}` }, {}, {}]);
  t.equal(source.points, before);

  const again = await open();
  t.same(powers((await tick(again)) as Sample), powers(outcome), 'after a restart of the agent too');

  tool.say(nvidiaLog(card(1), card(2, { uuid: 'GPU-8' }), card(3)));
  await tick(source);
  t.equal(source.points[1]?.meter?.serial, 'GPU-8', 'another card in its place is another meter');
  t.equal(source.points[0], before[0]);
});

t.test('cards by their bus, UUID or serial number', async (t) => {
  const tool = createStandIn(t);
  tool.say(
    nvidiaLog(card(1, { serial: '165' }), card(2, { bus: '00000000:AF:00.0' }), card(3, { power: '[Unknown Error]' })),
  );
  const source = await openSource(gpu, {
    program: tool.program,
    cards: [
      { card: '165', point: 'training-1', name: 'Training card' },
      { card: '0000:af:00.0', point: 'training-2' },
      { card: 'gpu-3', point: 'training-3' },
      { card: 'GPU-4', point: 'training-4' },
    ],
  });
  t.teardown(() => source.close());
  t.match(source.points, [{ point: 'training-1', name: 'Training card', channels: ['power'] }, {}, {}, {}]);
  const { readings, noData } = (await tick(source)) as Sample;
  t.match(
    readings.filter(([, channel]) => channel === 'power'),
    [
      ['training-1', 'power', 100.5],
      ['training-2', 'power', 200.5],
      ['training-3', 'power', 1],
    ],
  );
  t.match(noData, [{ point: 'training-4', reason: /^no card GPU-4; there are|^no card GPU-4: there are/ }]);
});

t.test('a tool that has no card to describe says what to do', async (t) => {
  const tool = createStandIn(t);
  const source = await openSource(gpu, { program: tool.program, point: 'gpu' });
  t.teardown(() => source.close());
  const cases: readonly [out: string, err: string, code: number, kind: string, message: RegExp][] = [
    [
      "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that the latest NVIDIA " +
        'driver is installed and running.\n',
      '',
      9,
      'absent',
      /the NVIDIA driver is not loaded: see modprobe nvidia and dmesg/,
    ],
    ['Failed to initialize NVML: Driver/library version mismatch\n', '', 18, 'absent', /restart the host/],
    ['No devices were found\n', '', 6, 'absent', /there is no card/],
    ['', 'ERROR:root:Driver not initialized (amdgpu not found in modules)\n', 2, 'absent', /modprobe amdgpu/],
    ['', 'Segmentation fault\n', 139, 'retry', /ended with 139: Segmentation fault/],
    [nvidiaLog(card(1)).slice(0, 300), '', 0, 'retry', /no complete nvidia_smi_log/],
    [nvidiaLog(), '', 0, 'absent', /lists no card/],
  ];
  for (const [out, err, code, kind, message] of cases) {
    tool.say(out, err, code);
    t.match(await tick(source), { kind, message });
  }
  const none = await openSource(gpu, { program: 'no-such-tool-here', point: 'gpu' });
  t.match(await tick(none), { kind: 'absent', message: /there is no program no-such-tool-here/ });
});

const told = (cards: readonly Card[]) => cards.map(({ told }) => Object.fromEntries(told));

function capture(t: Test, name: string): string | null {
  const file = join(captures, name);
  if (existsSync(file)) return readFileSync(file, 'utf8');
  void t.skip('the captured output is not here', () => undefined);
  return null;
}

t.test('captured outputs of nvidia-smi', async (t) => {
  const cases = {
    'a100-sxm4-v12.xml': [
      [{ power: 67.03, temperature: 27 }],
      { serial: '1650522003820', model: 'NVIDIA A100-SXM4-80GB' },
    ],
    'rtx-3080-v13.xml': [[{ power: 139.62, utilisation: 65, temperature: 27 }], { firmware: '94.02.71.40.72' }],
    'tesla-t4.xml': [[{ power: 26.78, utilisation: 0, temperature: 40 }], { serial: /^GPU-d37e67a5/ }],
    'gtx-1070-ti.xml': [[{ utilisation: 0, temperature: 39 }], { model: 'GeForce GTX 1070 Ti' }],
  } as const;
  for (const [name, [values, meter]] of Object.entries(cases)) {
    const text = capture(t, `nvidia-smi/${name}`);
    if (text === null) return;
    const cards = await parseNvidia(text);
    t.same(told(cards), values, name);
    t.match(cards[0]?.meter, meter);
  }
});

t.test('captured outputs of rocm-smi', async (t) => {
  const mi100 = capture(t, 'rocm-smi/mi100_rocm602.json');
  const rx6700 = capture(t, 'rocm-smi/rx6700xt_rocm612.json');
  if (mi100 === null || rx6700 === null) return;
  const cards = parseRocm(`WARNING: AMD GPU device(s) is/are in a low-power state.\n\n${mi100}`);
  t.same(told(cards), [
    { power: 36, utilisation: 0, temperature: 53 },
    { power: 44, utilisation: 0, temperature: 55 },
    { power: 43, utilisation: 0, temperature: 54 },
    { power: 39, utilisation: 0, temperature: 51 },
  ]);
  t.match(cards[1], {
    bus: '0000:a3:00.0',
    meter: { manufacturer: /Advanced Micro Devices/, model: /MI100/, serial: '0x4edfb117a17a07d' },
  });
  t.same(told(parseRocm(rx6700)), [{ power: 6, utilisation: 0, temperature: 45 }]);
});

t.test('rocm-smi: the register of energy, and the names of newer cards', async (t) => {
  const tool = createStandIn(t);
  const newer = {
    'Current Socket Graphics Package Power (W)': '155.0',
    'Temperature (Sensor edge) (C)': 'N/A',
    'Temperature (Sensor junction) (C)': '48.0',
    'GPU use (%)': '12',
    'Energy counter': '62929744071539',
    'Accumulated Energy (uJ)': '962825096297442.9',
    'PCI Bus': '0000:0C:00.0',
    'Card Series': 'AMD Instinct MI300X',
  };
  tool.say(
    JSON.stringify({ card0: newer, card1: { ...newer, 'PCI Bus': '0000:0D:00.0', 'Accumulated Energy (uJ)': '0.0' } }),
  );
  const source = await openSource(gpu, { vendor: 'amd', program: tool.program, point: 'gpu' });
  t.teardown(() => source.close());
  t.match(await tick(source), {
    readings: [
      ['gpu-0', 'power', 155],
      ['gpu-0', 'energy', 962_825_096_297_442.9 / 3.6e9],
      ['gpu-0', 'utilisation', 12],
      ['gpu-0', 'temperature', 48],
      ['gpu-1', 'power', 155],
      ['gpu-1', 'utilisation', 12],
    ],
  });
  t.equal(source.points[0]?.meter?.model, 'AMD Instinct MI300X');
});

t.test('a text is a number with its unit, nothing, or an error, and never anything else', async (t) => {
  fc.assert(
    fc.property(fc.string(), fc.constantFrom('W', '%', 'C', ''), (text, unit) => {
      const value = numberIn('power_draw', text, unit);
      return value === null || value instanceof Error || Number.isFinite(value);
    }),
  );
  fc.assert(fc.property(fc.integer({ min: -1e6, max: 1e6 }), (n) => numberIn('x', `${n / 100} W`, 'W') === n / 100));
  for (const text of ['', 'N/A', '[N/A]', '[Not Supported]', undefined]) t.equal(numberIn('x', text, 'W'), null);
  for (const text of ['GPU is lost', '[Unknown Error]', '12 mW', '12', '0x10 W', '1e3 W']) {
    t.ok(numberIn('x', text, 'W') instanceof Error, text);
  }
});

t.test('what cannot work is refused before it begins', async (t) => {
  const cards = [
    { point: 'a', card: '00000000:01:00.0' },
    { point: 'b', card: '0000:01:00.0' },
  ];
  await t.rejects(openSource(gpu, { cards: [{ point: 'a', card: 0x79cc }] }), { message: 'must be in quotes' });
  await t.rejects(openSource(gpu, { cards }), { message: /must not name a card more than once/ });
  await t.rejects(openSource(gpu, { point: 'gpu', cards: cards.slice(1) }), { message: /either point or cards/ });
  await t.rejects(openSource(gpu, {}), { message: /either point or cards/ });
  await t.rejects(openSource(gpu, { point: 'gpu', role: 'it' }), { name: 'ValiError' }, 'a card has no role');
});

t.test('discovery lists what the tools in PATH list', async (t) => {
  const search = { log: context.log, clock: realClock, signal: new AbortController().signal, addresses: [] };
  const lines: string[] = [];
  const found = await gpu.discover({ ...search, community: 'public', progress: (line) => lines.push(line) });
  t.equal(found.length + lines.length, 2, 'each of the two tools is either here or not');
  for (const { entry } of found) t.equal(entry['point'], 'gpu');
});
