import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { freePort } from '../../../shared/test/free-port.ts';
import { requireProgram } from '../../../shared/test/program.ts';
import { curveOf, estimatePowerW } from '../../src/sources/host/estimate.ts';
import host, { type HostEnvironment, openHost } from '../../src/sources/host.ts';
import type { Sample, Source } from '../../src/source.ts';
import { conformance, context, openSource, tick } from './conformance.ts';
import { createServer, createTree, type HostTree, METER, PACKAGE } from './host-tree.ts';
import { start } from './process.ts';

/** Opens a host whose clock only the test moves. */
async function open(tree: HostTree, environment: Partial<HostEnvironment> = {}): Promise<Source & { clock: Clock }> {
  const clock = { ms: 0 };
  const config = { point: 'host-1', root: tree.root, simulated: false };
  const source = await openHost(config, context, { nowMs: () => clock.ms, ...environment });
  return { ...source, clock };
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
          ? { [`${METER}/power1_average`]: '4294967295000000', [`${PACKAGE}/energy_uj`]: 'x' }
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

t.test('RAPL: packages are summed; dram, psys and the memory-mapped twin are not; AMD and Intel alike', async (t) => {
  for (const vendor of ['intel', 'amd']) {
    const zone = (name: string, label: string, energyUj: number) => ({
      [`sys/class/powercap/${name}/name`]: label,
      [`sys/class/powercap/${name}/energy_uj`]: energyUj,
      [`sys/class/powercap/${name}/max_energy_range_uj`]: 262_143_328_850,
    });
    const zones = (gainUj: number) => ({
      ...zone(`${vendor}-rapl:0`, 'package-0', 1e9 + gainUj),
      ...zone(`${vendor}-rapl:1`, 'package-1', 2e9 + gainUj),
      ...zone(`${vendor}-rapl:2`, 'psys', 9e9 + gainUj),
      ...zone(`${vendor}-rapl:0:0`, 'dram', 1e9 + gainUj),
      ...zone(`${vendor}-rapl-mmio:0`, 'package-0', 1e9 + gainUj),
    });
    const tree = await createTree(t, zones(0));
    const source = await open(tree);
    source.clock.ms = 1000;
    await tree.write(zones(50_000_000));
    t.match((await sampleOf(source)).readings, [['host-1-cpu', 'power', 100]], vendor);
  }
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
  t.match(await sampleOf(await open(units)), { readings: [['host-1', 'power', 410.5]] });
  await units.write({ 'sys/class/hwmon/hwmon2/power1_input': null });
  t.match(
    await sampleOf(await open(units)),
    { readings: [['host-1', 'power', 200]] },
    'a unit that is taken out before the start is not counted',
  );
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
      method: /^the whole machine, estimated from load: 64 logical processors × 0\.456 W idle .* error up to ±50 %$/,
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
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const theirs = (name: string) => Number(new RegExp(`^${name}(?:{[^}]*})? (\\S+)$`, 'm').exec(text)?.[1]);
  const { readings } = await sampleOf(await open(tree));
  const ours = (channel: string) => readings.find(([point, name]) => point === 'host-1' && name === channel)?.[2];
  t.equal(ours('power'), theirs('node_hwmon_power_average_watt'));
  t.equal(ours('temperature'), theirs('node_hwmon_temp_celsius'));
  t.ok(Math.abs((ours('energy') ?? Number.NaN) - theirs('node_hwmon_energy_joule_total') / 3600) < 1e-9);
  t.equal(theirs('node_rapl_package_joules_total'), 123_456.789_012, 'and takes the same zone for the package');
});

t.test('this machine, for real', async (t) => {
  const source = await openSource(host, { point: 'this-host' });
  t.teardown(() => source.close());
  const outcome = await tick(source);
  t.notOk(outcome instanceof Error, 'a Linux machine always has at least an estimate');
});
