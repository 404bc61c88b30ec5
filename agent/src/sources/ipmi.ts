import { access } from 'node:fs/promises';
import { secretText } from '@wattmark/shared/config';
import type { Meter } from '@wattmark/shared/messages';
import * as v from 'valibot';
import { declarePoint, pointEntries, simulated } from '../point-config.ts';
import type { Found, Sample, Search, Source, SourceModule } from '../source.ts';
import { timeoutMs } from '../source-config.ts';
import { createBackgroundLooks } from './support/background-looks.ts';
import { identify } from './ipmi/identity.ts';
import { createPower } from './ipmi/power.ts';
import { findBmcs, IPMI_PORT } from './ipmi/presence.ts';
import { createTool, placeOf, privileges } from './ipmi/tool.ts';
import { judge, toSample } from './support/outcome.ts';
import { hostAndPort, placeIn } from './support/place.ts';

const { channels: _, ...namedEntries } = pointEntries;

const schema = v.pipe(
  v.strictObject({
    ...namedEntries,
    /** Of the BMC; without it, this machine's own through /dev/ipmi0. */
    host: v.optional(v.pipe(v.string(), v.nonEmpty())),
    port: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535))),
    username: v.optional(v.pipe(secretText, v.nonEmpty(), v.maxLength(16, 'IPMI knows user names of at most 16'))),
    password: v.optional(v.pipe(secretText, v.maxLength(20, 'IPMI knows passwords of at most 20 characters'))),
    privilege: v.optional(v.picklist(privileges), 'user'),
    cipherSuite: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(17))),
    /** Whose sum is the machine's power, instead of DCMI. */
    sensors: v.optional(v.pipe(v.array(v.pipe(v.string(), v.regex(/^[^-]/))), v.nonEmpty(), v.maxLength(64))),
    /** For each run of ipmitool. */
    timeout: v.optional(timeoutMs, '10s'),
    simulated,
  }),
  v.check(
    ({ host, port, username, password }) =>
      host !== undefined || (port === undefined && username === undefined && password === undefined),
    'port, username and password are of a BMC in the network: name its host',
  ),
);

/** Devices by which the kernel gives a machine its own BMC, as ipmitool looks for them. */
const devices = ['/dev/ipmi0', '/dev/ipmi/0', '/dev/ipmidev/0'];

/** Reads a machine's power from its baseboard management controller, through the program ipmitool. */
export default {
  schema,
  async open(config, context): Promise<Source> {
    const declare = (meter?: Meter) => [
      declarePoint(config, {
        source: 'ipmi',
        intervalMs: context.intervalMs,
        simulated: config.simulated,
        channels: ['power'],
        meter,
      }),
    ];
    let points = declare();
    let known: string | null = null;
    let isSure = false;
    const tool = createTool(config);
    const power = createPower({ tool, timeoutMs: config.timeout, sensors: config.sensors, log: context.log });
    /** After a failure it may be another machine. */
    const recognise = async (signal: AbortSignal): Promise<void> => {
      const meter = await identify(tool, signal, config.timeout);
      const text = JSON.stringify(meter);
      if (text !== known) {
        power.forget();
        points = declare(text === '{}' ? undefined : meter);
      }
      known = text;
    };
    const look = async (signal: AbortSignal): Promise<Sample> => {
      const { point } = config;
      if (!isSure) await recognise(signal);
      isSure = false;
      const answer = await power.read(signal);
      isSure = true;
      if ('reason' in answer) return toSample([{ point, channel: 'power', reason: answer.reason }]);
      return toSample([judge(point, 'power', answer.powerW)]);
    };
    const looks = createBackgroundLooks(placeOf(config), look, context.clock);
    return {
      get points() {
        return points;
      },
      read: (signal) => looks.read(signal),
      async close() {
        await looks.close();
        await power.close();
      },
    };
  },
  async discover(search) {
    return [...(await findOwn(search)), ...(await findOthers(search))];
  },
} satisfies SourceModule<typeof schema>;

const INQUIRY_TIMEOUT_MS = 5_000;

async function findOwn({ signal, progress }: Search): Promise<Found[]> {
  const seen = await Promise.all(
    devices.map((device) =>
      access(device).then(
        () => true,
        () => false,
      ),
    ),
  );
  const device = devices[seen.indexOf(true)];
  if (device === undefined) return [];
  progress(`asking the BMC at ${device} what it is`);
  const tool = createTool({ privilege: 'user' });
  const notes = ['it is the machine that the source host reads: give only one of the two points a role'];
  let name = '';
  try {
    const { manufacturer = '', model = '' } = await identify(tool, signal, INQUIRY_TIMEOUT_MS);
    name = ` ${manufacturer} ${model}`.trimEnd();
  } catch (error) {
    notes.push((error as Error).message);
  }
  const entry = { kind: 'ipmi', point: 'this-server' };
  return [{ title: `BMC of this machine${name === '' ? '' : ':'}${name} at ${device}`, notes, entry }];
}

async function findOthers({ addresses, clock, signal }: Search): Promise<Found[]> {
  const found = await findBmcs(addresses, clock, signal);
  return found.map((address, index) => {
    const { host, port } = placeIn(address, IPMI_PORT);
    return {
      title: `BMC at ${hostAndPort({ host, port })}`,
      notes: [
        'EDIT: name and password of a user of the BMC; privilege user is enough for most',
        'where the BMC was found by redfish too, keep that entry instead',
      ],
      entry: {
        kind: 'ipmi',
        host,
        ...(port !== IPMI_PORT && { port }),
        username: 'EDIT',
        password: 'EDIT',
        point: `server-${index + 1}`,
      },
    };
  });
}
