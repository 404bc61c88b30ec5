import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectAsync } from 'mqtt';
import { freePort } from '../../shared/test/free-port.ts';
import type { Figure, Outcome } from '../figure.ts';
import type { Child } from '../rig/child.ts';
import { startMosquitto } from '../rig/mosquitto.ts';
import type { Room } from '../rig/room.ts';
import { watch } from '../rig/watch.ts';

const DEVICES_OF_A_KIND = 25;
const POINTS_OF_A_DEVICE = 4;
const POINTS = 2 * DEVICES_OF_A_KIND * POINTS_OF_A_DEVICE;
/** Of the meters; below those that Linux gives to clients. */
const FIRST_PORT = 24_100;
const WARM_UP_MS = 15_000;
const DEFAULT_MINUTES = 2;

export const devices: Figure = {
  name: 'devices',
  about:
    `An agent that reads ${POINTS} points of ${2 * DEVICES_OF_A_KIND} devices each second, half over Modbus TCP and half ` +
    'over SNMP (snmpsim), power and energy of each, beside a device that answers after 5 s and one that never does. A ' +
    'tick is missed where a point of a device that answers has no reading. The limit is a process that does nothing but publish.',
  minutes: ({ minutes }) => (minutes ?? DEFAULT_MINUTES) + 1,
  async run(room, { minutes }): Promise<readonly Outcome[]> {
    const broker = await startMosquitto(room);
    await ready(room.startLoad('null-collector', ['--url', broker.url]));
    const ticks = await countTicks(broker.url);
    const agent = await startAgent(room, broker.url);
    const nothing = room.start(process.execPath, [nullAgent, broker.url]);
    await ready(nothing);
    await sleep(WARM_UP_MS);
    ticks.reset();
    const [own, least] = await watch([agent, nothing], (minutes ?? DEFAULT_MINUTES) * 60_000);
    const { complete, expected } = ticks.count();
    await ticks.close();
    if (own === undefined || least === undefined) throw new Error('nothing was watched');
    const limitOf = (value: number): Outcome['limit'] => ({ what: 'a process that publishes', value });
    return [
      {
        what: `processor time, ${POINTS} points a second`,
        value: own.percent,
        unit: '% of a core',
        required: { atMost: 10 },
        limit: limitOf(least.percent),
      },
      { what: 'memory, highest', value: own.mib, unit: 'MiB', required: { atMost: 90 }, limit: limitOf(least.mib) },
      {
        what: `ticks missed of ${expected}`,
        value: expected - complete,
        unit: '',
        required: { atMost: 0 },
        limit: null,
      },
    ];
  },
};

const agentProgram = new URL('../../agent/bin/wattmark-agent.js', import.meta.url).pathname;
const nullAgent = new URL('../load/null-agent.mjs', import.meta.url).pathname;

function ready(child: Child): Promise<unknown> {
  return child.expect((line) => (line === 'ready' ? line : null), 20_000);
}

async function startAgent(room: Room, url: string): Promise<Child> {
  const port = FIRST_PORT;
  const snmpPort = await freePort('udp');
  await ready(room.startLoad('meters', ['--port', String(port), '--count', String(DEVICES_OF_A_KIND)]));
  await startSnmpDevices(room, snmpPort);
  const points = (device: string, sections: readonly string[]) =>
    sections.map((from) => ({ point: `${device}-${from}`, from, channels: ['power', 'energy'] }));
  const meter = (index: number) => ({
    kind: 'modbus',
    profile: 'eastron-sdm630',
    host: '127.0.0.1',
    port: port + index,
    points: points(`meter-${index}`, ['total', 'l1', 'l2', 'l3']),
  });
  const pdu = (index: number) => ({
    kind: 'snmp',
    profile: 'apc-rpdu2',
    host: '127.0.0.1',
    port: snmpPort,
    community: communityOf(index),
    points: points(`pdu-${index}`, ['device', 'device-2', 'device-3', 'device-4']),
  });
  const sources = [
    // The last two do not answer as they should.
    ...Array.from({ length: DEVICES_OF_A_KIND + 2 }, (_, index) => meter(index)),
    ...Array.from({ length: DEVICES_OF_A_KIND }, (_, index) => pdu(index)),
  ];
  const file = room.path('agent.yaml');
  const spool = { path: room.path('spool') };
  writeFileSync(file, JSON.stringify({ agent: 'a', site: 'dc-1', broker: { url }, interval: '1s', spool, sources }));
  return room.start(agentProgram, ['run', '--config', file]);
}

const communityOf = (index: number): string => `pdu${index}`;

/** Chains of four APC rack PDUs, served by snmpsim under a community each. */
async function startSnmpDevices(room: Room, port: number): Promise<void> {
  const [data, cache] = [room.path('snmp'), room.path('snmp-cache')];
  for (const directory of [data, cache]) mkdirSync(directory);
  chmodSync(room.directory, 0o755);
  chmodSync(cache, 0o777);
  const deviceStatus = '1.3.6.1.4.1.318.1.1.26.4.3.1';
  const rows = Array.from({ length: POINTS_OF_A_DEVICE }, (_, index) => index + 1);
  const record = [
    '1.3.6.1.2.1.1.3.0|67|98765432',
    ...rows.map((row) => `${deviceStatus}.5.${row}|2|${200 + row}`),
    ...rows.map((row) => `${deviceStatus}.9.${row}|2|${104_822 + row}`),
  ];
  for (let index = 0; index < DEVICES_OF_A_KIND; index++)
    writeFileSync(room.path(`snmp/${communityOf(index)}.snmprec`), `${record.join('\n')}\n`);
  const child = room.start('snmpsimd', [
    '--v3-engine-id=80004fb805636c6f7564',
    `--data-dir=${data}`,
    `--cache-dir=${cache}`,
    `--agent-udpv4-endpoint=127.0.0.1:${port}`,
    ...(process.getuid?.() === 0 ? ['--process-user=nobody', '--process-group=nogroup'] : []),
  ]);
  await child.expect((line) => (line.includes('Listening at UDP') ? line : null), 20_000);
}

/** Counts the ticks at which every point of a device that answers has its power. */
async function countTicks(url: string) {
  const client = await connectAsync(url);
  let seen = new Map<number, number>();
  client.on('message', (_topic, payload) => {
    const { at, readings } = JSON.parse(payload.toString()) as { at: number; readings: [string, string, number][] };
    const powers = readings.filter(([, channel]) => channel === 'power').length;
    seen.set(at, (seen.get(at) ?? 0) + powers);
  });
  await client.subscribeAsync('wattmark/v1/default/dc-1/a/readings', { qos: 1 });
  return {
    reset() {
      seen = new Map();
    },
    /** Of the ticks between the first and the last that were seen, without these two. */
    count() {
      const times = [...seen.keys()].sort((a, b) => a - b).slice(1, -1);
      const expected = times.length === 0 ? 0 : ((times.at(-1) ?? 0) - (times[0] ?? 0)) / 1_000 + 1;
      return { expected, complete: times.filter((at) => seen.get(at) === POINTS).length };
    },
    close: () => client.endAsync(),
  };
}
