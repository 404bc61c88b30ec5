import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import * as v from 'valibot';
import { freePort } from '../../../shared/test/free-port.ts';
import { requireProgram } from '../../../shared/test/program.ts';
import { discoverHost } from '../../src/sources/host/discovery.ts';
import { curveOf, estimatePowerW } from '../../src/sources/host/estimate.ts';
import { createFiles } from '../../src/sources/host/files.ts';
import host, { type HostEnvironment, openHost } from '../../src/sources/host.ts';
import type { Sample, Source } from '../../src/source.ts';
import { recordingLog } from '../support/log.ts';
import { realClock } from '../support/real-clock.ts';
import { conformance, context, openSource, tick } from './conformance.ts';
import { createServer, createTree, type HostTree, MEMORY, METER, PACKAGE } from './host-tree.ts';
import { start } from './process.ts';

/** Opens a host whose clock only the test moves. */
async function open(tree: HostTree, environment: Partial<HostEnvironment> = {}): Promise<Source & { clock: Clock }> {
  const clock = { ms: 0 };
  const config = { point: 'host-1', root: tree.root, simulated: false };
  const source = await openHost(config, context, { nowMs: () => clock.ms, ...environment });
  return Object.assign(source, { clock });
}

interface Clock {
  ms: number;
}

async function sampleOf(source: Source): Promise<Sample> {
  return source.read(new AbortController().signal);
}

t.test('conformance', async (t) => {
  const tree = await createServer(t);
  const other = { [`${METER}/power1_average`]: 99_000_000, [`${METER}/energy1_input`]: 3_600_000_000 };
  const first = { [`${METER}/power1_average`]: 217_000_000, [`${METER}/energy1_input`]: 97_200_000_000 };
  let behaviour = 'well';
  let release = () => {};
  let hanging: Promise<void> = Promise.resolve();
  conformance(t, {
    open: () =>
      openHost({ point: 'host-1', root: tree.root, simulated: false }, context, {
        nowMs: () => performance.now(),
        async read(path) {
          if (behaviour === 'silent' || behaviour === 'slow') await hanging;
          return behaviour === 'garbage' ? '\u0000\uffff' : readFile(path, 'utf8');
        },
      }),
    openWrong: () => openSource(host, { point: 'host-1', root: '/nonexistent' }),
    wrong: /neither a power sensor nor a processor can be seen below \/nonexistent/,
    restartAs: (name) =>
      tree.write(
        name === 'impossible'
          ? {
              [`${METER}/power1_average`]: '4294967295000000',
              [`${PACKAGE}/energy_uj`]: 'x',
              [`${MEMORY}/energy_uj`]: 'x',
            }
          : {
              ...(name === 'first' ? first : other),
              [`${PACKAGE}/energy_uj`]: 123_456_789_012,
            },
      ),
    behave: (how) => {
      behaviour = how;
      release();
      hanging = new Promise((resolve) => {
        release = resolve;
      });
    },
    readings: {
      first: [
        ['host-1', 'power', 217],
        ['host-1', 'energy', 27],
        ['host-1', 'temperature', 41],
      ],
      other: [
        ['host-1', 'power', 99],
        ['host-1', 'energy', 1],
      ],
    },
  });
});

t.test('the processor is a point of its own, without a role, whatever the host is for', async (t) => {
  const tree = await createServer(t);
  const source = await openSource(host, {
    point: 'host-1',
    name: 'Host 1',
    role: 'it',
    level: 'equipment-input',
    root: tree.root,
  });
  t.same(source.points, [
    {
      point: 'host-1',
      name: 'Host 1',
      role: 'it',
      level: 'equipment-input',
      channels: ['power', 'energy', 'temperature'],
      source: 'host',
      intervalMs: 1000,
    },
    { point: 'host-1-cpu', channels: ['power', 'energy'], source: 'host', intervalMs: 1000 },
    { point: 'host-1-dram', channels: ['power', 'energy'], source: 'host', intervalMs: 1000 },
  ]);
});

t.test('RAPL: power from the difference, a register that survives wraps and begins again after a reset', async (t) => {
  const tree = await createServer(t);
  const source = await open(tree);
  const look = async (elapsedMs: number, energyUj: number) => {
    source.clock.ms += elapsedMs;
    await tree.write({ [`${PACKAGE}/energy_uj`]: energyUj });
    const { readings, noData } = await sampleOf(source);
    return [...readings, ...noData.map(({ point, channel }) => [point, channel, null])].filter(
      ([p]) => p === 'host-1-cpu',
    );
  };
  const rangeUj = 262_143_328_850;
  const near = (powerW: number | null, energyWh: number | null) => [
    ['host-1-cpu', 'power', powerW],
    ['host-1-cpu', 'energy', energyWh],
  ];
  t.same(await look(10_000, 123_456_789_012 + 360_000_000), near(36, 0.1));
  t.same(await look(10_000, 123_456_789_012 + 720_000_000), near(36, 0.2));
  t.same(await look(20_000, rangeUj - 1_000_000), near(null, null), 'too far at once is a reset');
  t.same(await look(10_000, 359_000_000), near(36, 0.1), 'wrapped');
  t.same(await look(10_000, 0), near(null, null), 'no wrap explains this');
  t.same(await look(1000, 36_000_000), near(36, 0.01), 'what was lost is not booked');
  t.same(await look(3_600_000, 72_000_000), near(null, null), 'it may have wrapped unseen');
});

t.test('RAPL: any number of wraps between looks that are close enough counts every joule', async (t) => {
  const tree = await createServer(t);
  const rangeUj = 262_143_328_850;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 100_000_000_000 }), { maxLength: 12 }), async (gainsUj) => {
      let totalUj = 0;
      const start = 200_000_000_000;
      await tree.write({ [`${PACKAGE}/energy_uj`]: start });
      const source = await open(tree);
      for (const gainUj of gainsUj) {
        totalUj += gainUj;
        source.clock.ms += 120_000;
        await tree.write({ [`${PACKAGE}/energy_uj`]: (start + totalUj) % rangeUj });
        const energy = (await sampleOf(source)).readings.find(
          ([point, channel]) => point === 'host-1-cpu' && channel === 'energy',
        );
        if (Math.abs((energy?.[2] ?? Number.NaN) - totalUj / 3.6e9) > 1e-9) return false;
      }
      return true;
    }),
    { numRuns: 30 },
  );
});

t.test(
  'RAPL: packages are summed; memory and platform are their own; core and the memory-mapped twin are not counted',
  async (t) => {
    for (const vendor of ['intel', 'amd']) {
      const zone = (name: string, label: string, energyUj: number) => ({
        [`sys/class/powercap/${name}/name`]: label,
        [`sys/class/powercap/${name}/energy_uj`]: energyUj,
        [`sys/class/powercap/${name}/max_energy_range_uj`]: 262_143_328_850,
      });
      const zones = (gainUj: number) => ({
        ...zone(`${vendor}-rapl:0`, 'package-0', 1e9 + gainUj),
        ...zone(`${vendor}-rapl:1`, 'package-1', 2e9 + gainUj),
        ...zone(`${vendor}-rapl:2`, 'psys', 9e9 + 5 * gainUj),
        ...zone(`${vendor}-rapl:0:0`, 'dram', 1e9 + gainUj / 5),
        ...zone(`${vendor}-rapl:0:1`, 'core', 1e9 + gainUj),
        ...zone(`${vendor}-rapl:1:0`, 'dram', 1e9 + gainUj / 5),
        ...zone(`${vendor}-rapl-mmio:0`, 'package-0', 1e9 + gainUj),
      });
      const tree = await createTree(t, zones(0));
      const source = await open(tree);
      source.clock.ms = 1000;
      await tree.write(zones(50_000_000));
      const { readings } = await sampleOf(source);
      t.same(
        readings.filter(([, channel]) => channel === 'power'),
        [
          ['host-1-cpu', 'power', 100],
          ['host-1-dram', 'power', 20],
          ['host-1-psys', 'power', 250],
        ],
        vendor,
      );
      t.ok(source.points.every(({ role }) => role === undefined));
    }
  },
);

t.test('a counter that the processor does not count is no power of 0 W', async (t) => {
  const tree = await createTree(t, {
    'sys/class/powercap/intel-rapl:0/name': 'package-0',
    'sys/class/powercap/intel-rapl:0/energy_uj': 7,
    'sys/class/powercap/intel-rapl:0/max_energy_range_uj': 262_143_328_850,
  });
  const source = await open(tree);
  source.clock.ms = 1000;
  const { readings, noData } = await sampleOf(source);
  t.same(
    readings.filter(([point]) => point === 'host-1-cpu'),
    [],
  );
  t.match(noData, [{ point: 'host-1-cpu', channel: 'power', reason: /the counter stands still/ }]);
});

t.test('a counter that only root may read says what to do, and spoils nothing else', async (t) => {
  const tree = await createServer(t);
  const source = await open(tree, {
    async read(path) {
      if (basename(path) === 'energy_uj') throw Object.assign(new Error('EACCES'), { code: 'EACCES' });
      return readFile(path, 'utf8');
    },
  });
  const { readings, noData } = await sampleOf(source);
  t.match(readings, [['host-1', 'power', 217]]);
  t.match(noData, [
    {
      point: 'host-1-cpu',
      channel: 'power',
      reason: /energy_uj: permission denied; run the agent as root.*CAP_DAC_READ_SEARCH.*tmpfiles/,
    },
    { point: 'host-1-cpu', channel: 'energy', reason: /permission denied/ },
  ]);
});

t.test('hwmon: the older layout, and power supply units by their label', async (t) => {
  const meter = await createTree(t, {
    'sys/class/hwmon/hwmon0/device/name': 'power_meter',
    'sys/class/hwmon/hwmon0/device/power1_average': 437_000_000,
  });
  t.match(await sampleOf(await open(meter)), { readings: [['host-1', 'power', 437]] });
  const units = await createTree(t, {
    'sys/class/hwmon/hwmon1/name': 'pfe1100',
    'sys/class/hwmon/hwmon1/power1_input': 200_000_000,
    'sys/class/hwmon/hwmon1/power1_label': 'pin',
    'sys/class/hwmon/hwmon1/power2_input': 180_000_000,
    'sys/class/hwmon/hwmon1/power2_label': 'pout1',
    'sys/class/hwmon/hwmon2/name': 'pfe1100',
    'sys/class/hwmon/hwmon2/power1_input': 210_500_000,
    'sys/class/hwmon/hwmon2/power1_label': 'pin',
    'sys/class/hwmon/hwmon3/name': 'amdgpu',
    'sys/class/hwmon/hwmon3/power1_average': 90_000_000,
    'sys/class/hwmon/hwmon3/power1_label': 'PPT',
  });
  const source = await open(units);
  const [first] = source.points;
  t.same((await sampleOf(source)).readings, [
    ['host-1', 'power', 410.5],
    ['host-1-amdgpu-ppt', 'power', 90],
  ]);
  t.match(source.points[1], { name: 'amdgpu PPT', channels: ['power'] });

  const out = ['name', 'power1_input', 'power1_label'].map((name) => `sys/class/hwmon/hwmon2/${name}`);
  await units.write({ [out[1] ?? '']: null });
  t.match((await sampleOf(source)).noData, [{ point: 'host-1', reason: /power1_input: it is no longer there/ }]);
  await units.remove('sys/class/hwmon/hwmon2');
  t.match(await sampleOf(source), { readings: [['host-1', 'power', 200], {}] }, 'a unit that was taken out');
  await units.write({ [out[0] ?? '']: 'pfe1100', [out[1] ?? '']: 210_500_000, [out[2] ?? '']: 'pin' });
  t.match(await sampleOf(source), { readings: [['host-1', 'power', 410.5], {}] }, 'and put in again');
  t.same(source.points[0], first);
});

t.test('single sensors are points of their own, named after chip and label', async (t) => {
  const board = await createTree(t, {
    'sys/class/hwmon/hwmon0/name': 'ina226',
    'sys/class/hwmon/hwmon0/power1_input': 4_500_000,
    'sys/class/hwmon/hwmon1/name': 'ina226',
    'sys/class/hwmon/hwmon1/power1_input': 1_500_000,
    'sys/class/hwmon/hwmon2/name': 'scmi_sensors',
    'sys/class/hwmon/hwmon2/power1_input': 7_000_000,
    'sys/class/hwmon/hwmon2/power1_label': 'SoC Power!',
    'sys/class/hwmon/hwmon2/energy1_input': 7_000_000,
    'sys/class/hwmon/hwmon3/name': 'BAT0',
    'sys/class/hwmon/hwmon3/power1_input': 7_000_000,
    'sys/class/hwmon/hwmon4/name': 'k10temp',
    'sys/class/hwmon/hwmon4/temp1_input': 41_000,
  });
  t.same((await sampleOf(await open(board))).readings, [
    ['host-1-ina226-power1', 'power', 4.5],
    ['host-1-ina226-power1-2', 'power', 1.5],
    ['host-1-scmi-sensors-soc-power', 'power', 7],
  ]);
});

t.test('the machine as its firmware names it', async (t) => {
  const tree = await createServer(t);
  const dmi = 'sys/class/dmi/id';
  await tree.write({
    [`${dmi}/sys_vendor`]: 'Dell Inc.',
    [`${dmi}/product_name`]: 'PowerEdge R740',
    [`${dmi}/product_serial`]: '0',
  });
  const { points } = await open(tree);
  t.match(points[0], { point: 'host-1', meter: { manufacturer: 'Dell Inc.', model: 'PowerEdge R740' } });
  t.notOk(points[0]?.meter?.serial, 'what is no serial number is none');
  t.notOk(points[1]?.meter, 'the processor is not the machine');
});

t.test('a sentinel is no power', async (t) => {
  const tree = await createServer(t);
  for (const power of ['4294967295000', '4294967295000000', '-1000000', '100001000000']) {
    await tree.write({ [`${METER}/power1_average`]: power });
    const { readings, noData } = await sampleOf(await open(tree));
    t.notOk(
      readings.some(([point, channel]) => point === 'host-1' && channel === 'power'),
      power,
    );
    t.match(noData, [
      { point: 'host-1', channel: 'power', reason: /impossible power of .* W \(plausible is 0 to 100000\)/ },
    ]);
  }
});

t.test('batteries: charge, and power by the way it flows; a mouse is no battery of the machine', async (t) => {
  const battery = 'sys/class/power_supply/BAT0';
  const tree = await createTree(t, {
    [`${battery}/type`]: 'Battery',
    [`${battery}/status`]: 'Discharging',
    [`${battery}/capacity`]: 83,
    [`${battery}/voltage_now`]: 48_000_000,
    [`${battery}/current_now`]: -2_500_000,
    [`${battery}/temp`]: 254,
    'sys/class/power_supply/mouse/type': 'Battery',
    'sys/class/power_supply/mouse/scope': 'Device',
    'sys/class/power_supply/mouse/capacity': 10,
    'sys/class/power_supply/AC/type': 'Mains',
    'sys/class/power_supply/AC/online': 0,
  });
  const source = await open(tree);
  t.same((await sampleOf(source)).readings, [
    ['host-1-battery', 'charge', 83],
    ['host-1-battery', 'power', -120],
    ['host-1-battery', 'voltage', 48],
    ['host-1-battery', 'temperature', 25.4],
  ]);
  await tree.write({ [`${battery}/status`]: 'Charging', [`${battery}/capacity`]: 140 });
  const { readings, noData } = await sampleOf(source);
  t.match(readings, [['host-1-battery', 'power', 120]]);
  t.match(noData, [{ channel: 'charge', reason: 'impossible value 140 % (plausible is 0 to 100)' }]);
});

const milan = (logicalProcessors: number) =>
  Array.from(
    { length: logicalProcessors },
    (_, index) =>
      `processor\t: ${index}\nvendor_id\t: AuthenticAMD\ncpu family\t: 25\nmodel\t\t: 1\nmodel name\t: AMD EPYC 7543\nstepping\t: 1\nflags\t\t: fpu vme\n`,
  ).join('\n');

t.test('without any sensor, power is estimated from load and says how', async (t) => {
  const tree = await createTree(t, {
    'proc/cpuinfo': milan(64),
    'proc/stat': 'cpu  1000 0 500 8000 500 0 0 0 0 0\ncpu0 1 1 1 1\n',
  });
  const source = await open(tree);
  t.match(source.points, [
    {
      point: 'host-1',
      channels: ['power', 'utilisation'],
      method:
        /^the whole machine, estimated from load: 64 logical processors × 0\.456 W idle .*; nine of ten servers within ±50 %$/,
    },
  ]);
  t.ok((source.points[0]?.method?.length ?? 0) <= 200, 'short enough to be shown');
  t.match(await sampleOf(source), { readings: [], noData: [{ channel: 'power' }, { channel: 'utilisation' }] });
  await tree.write({ 'proc/stat': 'cpu  1200 0 550 8650 600 0 0 0 0 0' });
  const { readings } = await sampleOf(source);
  t.same(readings, [
    ['host-1', 'power', 64 * (0.456 + (1.957 - 0.456) * 0.25), 'estimated'],
    ['host-1', 'utilisation', 25],
  ]);
});

t.test('beside a sensor the estimate has a point of its own, and is compared with it once', async (t) => {
  const tree = await createServer(t);
  await tree.write({ 'proc/cpuinfo': milan(64), 'proc/stat': 'cpu  1000 0 500 8000 500 0 0 0 0 0' });
  const { log, entries } = recordingLog();
  const clock = { ms: 0 };
  const config = { point: 'host-1', role: 'it' as const, root: tree.root, simulated: false };
  const source = await openHost(config, { ...context, log }, { nowMs: () => clock.ms });
  t.match(source.points, [
    { point: 'host-1', role: 'it', channels: ['power', 'energy', 'temperature'] },
    { point: 'host-1-estimate', channels: ['power', 'utilisation'], method: /estimated from load/ },
  ]);
  t.notOk(source.points[1]?.role, 'it never counts');
  await sampleOf(source);
  await tree.write({ 'proc/stat': 'cpu  1200 0 550 8650 600 0 0 0 0 0' });
  const { readings } = await sampleOf(source);
  t.match(
    readings.filter(([, channel]) => channel === 'power'),
    [
      ['host-1', 'power', 217],
      ['host-1-estimate', 'power', 53.2, 'estimated'],
    ],
  );
  await tree.write({ 'proc/stat': 'cpu  1400 0 600 9300 700 0 0 0 0 0' });
  await sampleOf(source);
  t.same(
    entries.map(({ msg }) => msg).filter((msg) => msg !== 'host sensors found'),
    ['the sensor says 217 W; the estimate from load would say 53 W (-75 %)'],
  );
});

t.test('a virtual machine takes a share of its host, and its estimate says that nobody knows how well', async (t) => {
  const stat = { 'proc/stat': 'cpu  1000 0 500 8000 500 0 0 0 0 0' };
  const arm = 'processor\t: 0\nBogoMIPS\t: 50.00\nFeatures\t: fp asimd\nCPU implementer\t: 0x41\n';
  const machines = {
    x86: { 'proc/cpuinfo': milan(2).replaceAll('fpu vme', 'fpu hypervisor vme') },
    'ARM with SMBIOS': { 'proc/cpuinfo': arm, 'sys/class/dmi/id/product_name': 'KVM Virtual Machine' },
    'ARM with a device tree': { 'proc/cpuinfo': arm, 'proc/device-tree/hypervisor/compatible': 'linux,kvm' },
  };
  for (const [name, files] of Object.entries(machines)) {
    const { points } = await open(await createTree(t, { ...files, ...stat }));
    t.match(points, [{ method: /^the share of its host that a virtual machine takes, .*; error unknown$/ }], name);
  }
  const { points } = await open(await createTree(t, { 'proc/cpuinfo': arm, ...stat }));
  t.match(
    points,
    [{ method: /^the whole machine, .*SPECpower, median of server processors\); error unknown$/ }],
    'ARM itself',
  );
  t.ok(
    points.every(({ method }) => (method?.length ?? 0) <= 200),
    'short enough to be shown',
  );
});

t.test('the estimate lies between idle and busy and grows with load, for every processor', (t) => {
  const processor = fc.record({
    vendor: fc.constantFrom('GenuineIntel', 'AuthenticAMD', 'ARM', ''),
    family: fc.integer({ min: 0, max: 30 }),
    model: fc.integer({ min: 0, max: 255 }),
    stepping: fc.integer({ min: 0, max: 15 }),
  });
  const load = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(processor, load, load, fc.integer({ min: 1, max: 1024 }), (cpu, a, b, count) => {
      const curve = curveOf(cpu);
      const [low, high] = [Math.min(a, b), Math.max(a, b)].map((x) => estimatePowerW(count, curve, x)) as [
        number,
        number,
      ];
      return curve.idleW > 0 && curve.busyW > curve.idleW && low <= high && low >= count * curve.idleW * 0.999;
    }),
  );
  t.end();
});

t.test('node_exporter reads the same figures from the same tree', async (t) => {
  const program = requireProgram(t, 'prometheus-node-exporter');
  if (program === null) return;
  const tree = await createServer(t);
  const port = await freePort();
  const collectors = ['rapl', 'hwmon'].map((name) => `--collector.${name}`);
  const args = [
    `--path.sysfs=${tree.root}/sys`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--collector.disable-defaults',
  ];
  const exporter = await start(program, [...args, ...collectors], /[Ll]istening on/);
  t.teardown(() => exporter.stop());
  const scrape = async () => (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const theirs = (text: string, name: string) =>
    Number(new RegExp(`^${name}(?:{[^}]*})? (\\S+)$`, 'm').exec(text)?.[1]);
  const before = await scrape();
  const source = await open(tree);
  await tree.write({
    [`${PACKAGE}/energy_uj`]: 123_456_789_012 + 36_000_000,
    [`${MEMORY}/energy_uj`]: 4_567_890_123 + 7_200_000,
  });
  source.clock.ms = 1000;
  const { readings } = await sampleOf(source);
  const after = await scrape();
  const ours = (point: string, channel: string) =>
    readings.find(([name, quantity]) => name === point && quantity === channel)?.[2] ?? Number.NaN;
  t.equal(ours('host-1', 'power'), theirs(after, 'node_hwmon_power_average_watt'));
  t.equal(ours('host-1', 'temperature'), theirs(after, 'node_hwmon_temp_celsius'));
  t.ok(Math.abs(ours('host-1', 'energy') - theirs(after, 'node_hwmon_energy_joule_total') / 3600) < 1e-9);
  for (const [point, name] of Object.entries({ cpu: 'package', dram: 'dram' })) {
    const gainJ = theirs(after, `node_rapl_${name}_joules_total`) - theirs(before, `node_rapl_${name}_joules_total`);
    t.ok(Math.abs(ours(`host-1-${point}`, 'energy') - gainJ / 3600) < 1e-9, `${name}: ${gainJ} J`);
    t.ok(Math.abs(ours(`host-1-${point}`, 'power') - gainJ) < 1e-4);
  }
});

t.test('discovery finds this machine, always, and says what measures it', async (t) => {
  const tree = await createServer(t);
  await tree.write({
    'proc/cpuinfo': milan(64),
    'proc/stat': 'cpu  1 0 5 8 5 0 0 0 0 0',
    'sys/class/dmi/id/sys_vendor': 'Dell Inc.',
  });
  const files = createFiles(tree.root, async (path) => {
    if (basename(path) === 'energy_uj') throw Object.assign(new Error('EACCES'), { code: 'EACCES' });
    return readFile(path, 'utf8');
  });
  const [found] = await discoverHost(files, 0);
  t.equal(found?.title, 'this machine (Dell Inc., AMD EPYC 7543)');
  t.match(found?.notes, [
    /: ACPI power meter$/,
    /-estimate: the whole machine, estimated from load/,
    /-cpu: processor packages \(RAPL\); .*permission denied; run the agent as root/,
    /-dram: memory/,
    /role: it and level: equipment-input/,
  ]);
  const search = { log: context.log, clock: realClock, signal: new AbortController().signal, addresses: [] };
  const [here] = await host.discover({ ...search, community: 'public', progress: () => {} });
  const { kind, ...entry } = here?.entry ?? {};
  t.equal(kind, 'host');
  t.ok(v.is(host.schema, entry), 'and its entry can be used as it is');
  t.match(
    (await discoverHost(createFiles('/nonexistent'), 0))[0]?.notes.at(-1),
    /no sensor measures the whole machine/,
  );
});

t.test('this machine, for real', async (t) => {
  const source = await openSource(host, { point: 'this-host' });
  t.teardown(() => source.close());
  const outcome = await tick(source);
  t.notOk(outcome instanceof Error, 'a Linux machine always has at least an estimate');
});
