import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import * as v from 'valibot';
import { parse } from 'yaml';
import { freePort } from '../../../shared/test/free-port.ts';
import { requireProgram } from '../../../shared/test/program.ts';
import prometheus from '../../src/sources/prometheus.ts';
import type { Sample, Search } from '../../src/source.ts';
import { silent } from '../support/log.ts';
import { realClock } from '../support/real-clock.ts';
import { scratch } from '../support/scratch.ts';
import { openSource, tick } from './conformance.ts';
import { createServer as createHost } from './host-tree.ts';
import { startBmc } from './ipmi/bmc-device.ts';
import { start } from './process.ts';
import { startSnmpDevice } from './snmp-device.ts';

const LISTENING = /msg="Listening on"|address=127/;

t.test('snmp_exporter: a rack PDU by its own table', async (t) => {
  const program = requireProgram(t, 'prometheus-snmp-exporter');
  const device = program === null ? null : await startSnmpDevice(t, 'rpdu2');
  if (program === null || device === null) return;
  const status = '1.3.6.1.4.1.318.1.1.26.4.3.1';
  const metric = (name: string, column: number) => ({
    name,
    oid: `${status}.${column}`,
    type: 'gauge',
    help: name,
    indexes: [{ labelname: 'rPDU2DeviceStatusIndex', type: 'gauge' }],
  });
  const modules = {
    rpdu2: {
      walk: [status],
      version: 2,
      auth: { community: 'device' },
      metrics: [metric('rPDU2DeviceStatusPower', 5), metric('rPDU2DeviceStatusEnergy', 9)],
    },
  };
  const file = join(scratch(t), 'snmp.yml');
  // YAML reads JSON.
  writeFileSync(file, JSON.stringify(modules));
  const port = await freePort();
  const exporter = await start(program, [`--config.file=${file}`, `--web.listen-address=127.0.0.1:${port}`], LISTENING);
  t.teardown(() => exporter.stop());
  const labels = { rPDU2DeviceStatusIndex: 1 };
  const source = await openSource(prometheus, {
    url: `http://127.0.0.1:${port}/snmp?target=127.0.0.1:${device.port}&module=rpdu2`,
    points: [
      {
        point: 'pdu-1',
        role: 'it',
        level: 'pdu-output',
        channels: {
          power: { metric: 'rPDU2DeviceStatusPower', labels, scale: 10 },
          energy: { metric: 'rPDU2DeviceStatusEnergy', labels, scale: 100 },
        },
      },
    ],
  });
  t.teardown(() => source.close());
  t.match((await settled(() => tick(source))) as Sample, {
    readings: [
      ['pdu-1', 'power', 5550],
      ['pdu-1', 'energy', 10_482_200],
    ],
    noData: [],
  });
});

t.test('ipmi_exporter: what a controller says by DCMI, and its power sensor', async (t) => {
  const program = requireProgram(t, 'prometheus-ipmi-exporter');
  const tools = program === null ? null : requireProgram(t, 'ipmi-dcmi');
  const machine = { dcmi: { watts: 437 }, sensors: [{ name: 'Pwr Consumption', raw: 55, factor: 8 }] };
  const controller = tools === null ? null : await startBmc(t, machine);
  if (program === null || controller === null) return;
  const directory = scratch(t);
  const cipher = ['-I', '3', '-W', 'opensesspriv'];
  const access = { user: 'admin', pass: 'pass1234', driver: 'LAN_2_0', privilege: 'admin', timeout: 3000 };
  const sim = { ...access, collectors: ['ipmi', 'dcmi'], custom_args: { ipmi: cipher, dcmi: cipher } };
  writeFileSync(join(directory, 'ipmi.yml'), JSON.stringify({ modules: { sim } }));
  const port = await freePort();
  const args = [`--config.file=${directory}/ipmi.yml`, `--web.listen-address=127.0.0.1:${port}`];
  const exporter = await start(program, args, LISTENING);
  t.teardown(() => exporter.stop());
  const sensor = { metric: 'ipmi_power_watts', labels: { name: 'Pwr Consumption' } };
  const source = await openSource(prometheus, {
    url: `http://127.0.0.1:${port}/ipmi?target=127.0.0.1:${controller.port}&module=sim`,
    timeout: '9s',
    points: [
      { point: 'node-7', role: 'it', channels: { power: { metric: 'ipmi_dcmi_power_consumption_watts' } } },
      { point: 'node-7-sensor', channels: { power: sensor } },
    ],
  });
  t.teardown(() => source.close());
  t.match(await settled(() => tick(source, 9000)), {
    readings: [
      ['node-7', 'power', 437],
      ['node-7-sensor', 'power', 440],
    ],
    noData: [],
  });
});

const search = (...addresses: string[]): Search => ({
  log: silent,
  clock: realClock,
  signal: new AbortController().signal,
  addresses,
  community: 'public',
  progress: () => {},
});

t.test('discovery: a real node_exporter becomes an entry that works as it is', async (t) => {
  const program = requireProgram(t, 'prometheus-node-exporter');
  if (program === null) return;
  const host = await createHost(t);
  const port = await freePort();
  const args = [
    `--path.sysfs=${host.root}/sys`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--collector.disable-defaults',
  ];
  const exporter = await start(program, [...args, '--collector.rapl', '--collector.hwmon'], LISTENING);
  t.teardown(() => exporter.stop());
  const found = await prometheus.discover(search(`127.0.0.1:${port}`));
  t.equal(found.length, 1);
  const [{ title, notes, entry } = { title: '', notes: [], entry: {} }] = found;
  t.equal(title, `node_exporter at http://127.0.0.1:${port}/metrics`);
  t.match(notes, [/give such a point no role; RAPL counters begin at 0 again: say wraps/]);
  const { kind, ...config } = entry;
  t.equal(kind, 'prometheus');
  const source = await openSource(prometheus, config);
  t.teardown(() => source.close());
  const outcome = (await settled(() => tick(source))) as Sample;
  t.same(outcome.noData, []);
  t.match(
    outcome.readings.map(([point, channel, value]) => `${point} ${channel} ${Math.round(value)}`),
    [/^host-hwmon-.*power1 power 217$/, 'host-cpu energy 34'],
  );
});

t.test('discovery: what it knows of others, at the named addresses and nowhere else', async (t) => {
  const says = {
    '/dcgm': [
      'DCGM_FI_DEV_POWER_USAGE{gpu="0",UUID="GPU-a"} 71',
      'DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION{gpu="0",UUID="GPU-a"} 3600000',
      'DCGM_FI_DEV_POWER_USAGE{gpu="1",UUID="GPU-b"} 72',
    ],
    '/kepler': [
      'kepler_node_cpu_joules_total{node_name="a",zone="package",path="x"} 3600',
      'kepler_node_cpu_joules_total{node_name="a",zone="dram",path="y"} 3600',
      'kepler_platform_watts{bmc_id="b",chassis_id="C1",node_name="a",power_control_id="PC1",source="redfish"} 450',
    ],
    '/other': ['something_else 1'],
  };
  const entries: unknown[] = [];
  for (const lines of Object.values(says)) {
    const server = createServer((_request, response) => response.end(`${lines.join('\n')}\n`)).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    t.teardown(() => server.close());
    const found = await prometheus.discover(search(`127.0.0.1:${(server.address() as AddressInfo).port}`));
    for (const { entry } of found) {
      const { kind: _, ...config } = entry;
      t.ok(v.safeParse(prometheus.schema, config).success, 'the schema takes it');
      entries.push(entry['points']);
    }
  }
  const gpu = (number: string) => ({ metric: 'DCGM_FI_DEV_POWER_USAGE', labels: { gpu: number } });
  const energy = { metric: 'DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION', labels: { gpu: '0' }, unit: 'mJ' };
  t.same(entries, [
    [
      { point: 'host-gpu-0', channels: { power: gpu('0'), energy } },
      { point: 'host-gpu-1', channels: { power: gpu('1') } },
    ],
    [
      {
        point: 'host-platform-c1-pc1',
        channels: { power: { metric: 'kepler_platform_watts', labels: { chassis_id: 'C1', power_control_id: 'PC1' } } },
      },
      {
        point: 'host-cpu',
        channels: { energy: { metric: 'kepler_node_cpu_joules_total', labels: { zone: 'package' }, unit: 'J' } },
      },
    ],
  ]);
  t.same(await prometheus.discover(search(`127.0.0.1:${await freePort()}`)), [], 'nobody there');
});

/** What the exporters of the page's entries say, one line a series, as their documents name them. */
const documented = [
  'node_hwmon_power_average_watt{chip="power_meter",instance="node-30:9100",sensor="power1"} 217',
  'node_rapl_package_joules_total{index="0",path="x"} 3600',
  'node_rapl_package_joules_total{index="1",path="y"} 7200',
  'ipmi_dcmi_power_consumption_watts 437',
  'rPDU2DeviceStatusPower{rPDU2DeviceStatusIndex="1"} 555',
  'rPDU2DeviceStatusEnergy{rPDU2DeviceStatusIndex="1"} 104822',
  'kepler_platform_watts{power_control_id="PC1",source="redfish"} 450',
  'kepler_platform_watts{power_control_id="PC2",source="redfish"} 150',
  'kepler_node_cpu_joules_total{zone="package"} 36000',
  'kepler_node_cpu_joules_total{zone="dram"} 1',
  'kepler_node_cpu_watts{zone="package"} 90',
  'DCGM_FI_DEV_POWER_USAGE{gpu="0",UUID="GPU-a"} 71',
  'DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION{gpu="0",UUID="GPU-a"} 3600000',
];

t.test('the entries of its page give what they promise', async (t) => {
  const page = readFileSync(new URL('../../../docs/sources/prometheus.md', import.meta.url), 'utf8');
  const server = createServer((_request, response) => response.end(`${documented.join('\n')}\n`)).listen(
    0,
    '127.0.0.1',
  );
  await new Promise((resolve) => server.once('listening', resolve));
  t.teardown(() => server.close());
  const said: string[] = [];
  for (const [, block = ''] of page.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)) {
    const [entry = {}] = parse(block) as Record<string, unknown>[];
    const { kind: _, interval: _interval, deadline: _deadline, ...config } = entry;
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`;
    const source = await openSource(prometheus, { ...config, url });
    const { readings, noData } = (await tick(source)) as Sample;
    t.same(noData, []);
    said.push(...readings.map((reading) => reading.join(' ')));
    await source.close();
  }
  t.same(said, [
    'node-30 power 217',
    'host power 217',
    'host-cpu energy 3',
    'node-7 power 437',
    'pdu-1 power 5550',
    'pdu-1 energy 10482200',
    'node-1 power 450',
    'node-1-cpu energy 10',
    'node-1-model power 90 estimated',
    'gpu-0 power 71',
    'gpu-0 energy 1',
    'node-30 power 217',
  ]);
});

/** An exporter is ready to listen a little before it listens. */
async function settled<T>(look: () => Promise<T | Error>): Promise<T | Error> {
  for (let looks = 0; looks < 20; looks++) {
    const outcome = await look();
    if (!(outcome instanceof Error)) return outcome;
  }
  return look();
}
