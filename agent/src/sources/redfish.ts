import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { secretText } from '@wattmark/shared/config';
import * as v from 'valibot';
import { pointEntries, simulated } from '../point-config.ts';
import { type Sample, type Source, type SourceContext, SourceError, type SourceModule } from '../source.ts';
import { timeoutMs } from '../source-config.ts';
import { type Client, createClient } from './redfish/client.ts';
import { findServices } from './redfish/discovery.ts';
import { declareChassis, LONGEST_POINT, type NamedChassis, nameChassis } from './redfish/points.ts';
import { readChassis } from './redfish/reader.ts';
import { survey } from './redfish/survey.ts';
import { Busy, createTransport } from './redfish/transport.ts';
import { createBackgroundLooks } from './support/background-looks.ts';
import { keepConnections } from './support/http-connections.ts';

/** Requests to one BMC at a time. */
const CONNECTIONS = 2;

const { channels: _, ...namedEntries } = pointEntries;

const schema = v.pipe(
  v.strictObject({
    ...namedEntries,
    point: v.pipe(
      pointEntries.point,
      v.maxLength(LONGEST_POINT, `must have at most ${LONGEST_POINT} characters, for parts append theirs`),
    ),
    host: v.pipe(v.string(), v.regex(/^[\w.:-]+$/, 'must be a name or an address, without https://')),
    port: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535)), 443),
    username: v.pipe(secretText, v.nonEmpty()),
    password: secretText,
    auth: v.optional(v.picklist(['session', 'basic']), 'session'),
    /** Id of the only chassis that is meant. */
    chassis: v.optional(v.pipe(v.string(), v.nonEmpty())),
    /** File with the certificate of who signed the BMC's, or of the BMC itself. */
    ca: v.optional(v.string()),
    fingerprint256: v.optional(
      v.pipe(v.string(), v.regex(/^([0-9a-f]{2}:?){31}[0-9a-f]{2}$/i, 'must be 32 octets in hexadecimal, AA:BB:…')),
    ),
    verify: v.optional(v.boolean(), true),
    /** For each request. */
    timeout: v.optional(timeoutMs, '10s'),
    simulated,
  }),
  v.check(
    ({ ca, fingerprint256, verify }) =>
      [ca !== undefined, fingerprint256 !== undefined, !verify].filter(Boolean).length <= 1,
    'ca, fingerprint256 and verify: false exclude one another',
  ),
);

type Config = v.InferOutput<typeof schema>;

/** Reads the power of a server, a blade enclosure or any other chassis from its BMC, by DMTF Redfish. */
export default {
  schema,
  async open(config, context): Promise<Source> {
    const agent = keepConnections(CONNECTIONS, config.fingerprint256);
    const { host, port, verify, timeout } = config;
    const ca = config.ca === undefined ? undefined : await readCertificate(resolve(context.directory, config.ca));
    const transport = createTransport({ host, port, verify, ca, timeoutMs: timeout, agent, clock: context.clock });
    const client = createClient(transport, config, context.log);
    if (!verify) context.log.warn({ host }, 'verify: false: anybody can pretend to be this BMC and learn its password');
    let points = declareChassis([unknownChassis(config.point)], config, factsOf(config, context));
    const reader = createReader(client, config, (chassis) => {
      points = declareChassis(chassis, config, factsOf(config, context));
    });
    const looks = createBackgroundLooks(`the BMC at ${host}`, reader, context.clock);
    return {
      get points() {
        return points;
      },
      read: (signal) => looks.read(signal),
      async close() {
        await looks.close();
        await client.close();
        agent.destroy();
      },
    };
  },
  discover: findServices,
} satisfies SourceModule<typeof schema>;

/** Surveys when it is not sure what is there: in the beginning, after a failure, after a restart of the BMC. */
function createReader(
  client: Client,
  { point, chassis: wanted }: Config,
  onChange: (chassis: readonly NamedChassis[]) => void,
) {
  let chassis: readonly NamedChassis[] = [];
  let known = '';
  let isSure = false;
  let surveyedAt = 0;

  async function look(signal: AbortSignal): Promise<Sample> {
    if (!isSure || client.logins !== surveyedAt) {
      const plans = await survey(client, wanted, signal);
      surveyedAt = client.logins;
      if (JSON.stringify(plans) !== known) {
        known = JSON.stringify(plans);
        chassis = nameChassis(point, plans);
        onChange(chassis);
      }
    }
    const { sample, isPlanStale } = await readChassis(client, chassis, signal);
    isSure = !isPlanStale;
    return sample;
  }

  return async (signal: AbortSignal): Promise<Sample> => {
    const wasSure = isSure;
    /** It had to log in again: what has just been read, or was not found, may be another machine's. */
    const isInDoubt = () => wasSure && client.logins !== surveyedAt;
    try {
      const sample = await look(signal).catch((error: unknown) => {
        if (!isInDoubt()) throw error;
        return null;
      });
      return sample === null || isInDoubt() ? await look(signal) : sample;
    } catch (error) {
      if (!(error instanceof Busy)) isSure = false;
      if (error instanceof SourceError) throw error;
      throw new SourceError('retry', (error as Error).message);
    }
  };
}

/** @throws SourceError of kind `fatal` */
async function readCertificate(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw new SourceError('fatal', `ca cannot be read: ${error.message}`);
  });
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  throw new SourceError('fatal', `ca: ${file} is no certificate in PEM`);
}

/** What is announced until the service has said what there is. */
function unknownChassis(point: string): NamedChassis {
  const where = { id: '', path: '', containers: [], isComponent: false, environment: null, power: null } as const;
  return {
    plan: { ...where, meter: {}, total: 'power', hasEnergy: false, supplies: [] },
    point,
    isWhole: true,
    supplyPoints: [],
  };
}

function factsOf({ simulated }: Config, { intervalMs }: SourceContext) {
  return { simulated, intervalMs };
}
