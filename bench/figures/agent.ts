import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { freePort } from '../../shared/test/free-port.ts';
import type { Figure, Outcome } from '../figure.ts';
import type { Child } from '../rig/child.ts';
import { startMosquitto } from '../rig/mosquitto.ts';
import type { Room } from '../rig/room.ts';
import { watch } from '../rig/watch.ts';

const repository = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

const WARM_UP_MS = 60_000;
const DEFAULT_MINUTES = 2;

/** Port of the first simulated device in demo/agent.yaml. */
const DEMO_PORT = 15_020;

export const agent: Figure = {
  name: 'agent',
  about:
    'Memory and processor time of an agent that reads this host and the demonstration’s two Modbus and SNMP devices each ' +
    'every 10 s, after a minute of warming up. The limit is a process that does nothing but publish a fixed message every 10 s.',
  minutes: ({ minutes }) => (minutes ?? DEFAULT_MINUTES) + 2,
  async run(room, { minutes }): Promise<readonly Outcome[]> {
    const broker = await startMosquitto(room);
    const ready = (child: Child): Promise<unknown> => child.expect((line) => (line === 'ready' ? line : null), 20_000);
    await ready(room.startLoad('null-collector', ['--url', broker.url]));
    const agent = await startAgent(room, broker.url);
    const nothing = room.start(process.execPath, [repository('bench/load/null-agent.mjs'), broker.url]);
    await ready(nothing);
    await sleep(WARM_UP_MS);
    const measured = await watch([agent, nothing], (minutes ?? DEFAULT_MINUTES) * 60_000);
    const [own, least] = measured;
    if (own === undefined || least === undefined) throw new Error('nothing was watched');
    const limitOf = (value: number): Outcome['limit'] => ({ what: 'a process that publishes', value });
    return [
      {
        what: 'agent memory, highest',
        value: own.mib,
        unit: 'MiB',
        required: { atMost: 75 },
        limit: limitOf(least.mib),
      },
      {
        what: 'agent processor time',
        value: own.percent,
        unit: '% of a core',
        required: { atMost: 0.3 },
        limit: limitOf(least.percent),
      },
    ];
  },
};

/** The agent of the demonstration at 10 s, with its simulated devices. */
async function startAgent(room: Room, url: string): Promise<Child> {
  const port = await freePort();
  const config = parse(readFileSync(repository('demo/agent.yaml'), 'utf8'));
  const sources = config.sources.map((source: { port?: number }) => ({
    ...source,
    ...(source.port !== undefined && { port: source.port - DEMO_PORT + port }),
  }));
  const file = room.path('agent.yaml');
  writeFileSync(
    file,
    JSON.stringify({ ...config, broker: { url }, interval: '10s', spool: { path: room.path('spool') }, sources }),
  );
  const devices = room.start(process.execPath, [repository('demo/dist/main.js'), '--port', String(port)]);
  await devices.expect((line) => (line.includes('listen') ? line : null), 20_000);
  return room.start(repository('agent/bin/wattmark-agent.js'), ['run', '--config', file]);
}
