import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { id, secretText } from '@wattmark/shared/config';
import * as v from 'valibot';
import { pointsConfig, simulated } from '../point-config.ts';
import { type Source, type SourceContext, SourceError, type SourceModule } from '../source.ts';
import { timeoutMs } from '../source-config.ts';
import { discoverUpsds } from './nut/discovery.ts';
import { createRoster, type Roster } from './nut/roster.ts';
import { suffixes, type Unit } from './nut/unit.ts';
import { createUpsd, type List, Refusal, type UpsdOptions } from './nut/upsd.ts';
import { variablesOf } from './nut/variables.ts';
import { abandoned } from './support/abort.ts';
import { distrustIn } from './support/distrust.ts';
import { type Outcome, toSample } from './support/outcome.ts';
import { hostAndPort } from './support/place.ts';
import { createSilence, type Silence } from './support/silence.ts';

const LONGEST_ID = 63 - suffixes.battery.length;

/** A line end would begin another command. */
const word = v.pipe(secretText, v.nonEmpty(), v.regex(/^[^\p{Cc}]+$/u, 'must have no control characters'));

const schema = v.pipe(
  v.strictObject({
    host: v.pipe(v.string(), v.nonEmpty()),
    port: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535)), 3493),
    username: v.optional(word),
    password: v.optional(word),
    tls: v.optional(v.picklist(['off', 'starttls']), 'off'),
    ca: v.optional(v.string()),
    /** False takes any certificate. */
    verify: v.optional(v.boolean(), true),
    /** For each answer. */
    timeout: v.optional(timeoutMs, '2s'),
    /** What the ids of points begin with that are made of the names of the UPSs. */
    prefix: v.optional(v.pipe(id, v.maxLength(20)), undefined),
    simulated,
    points: v.optional(
      v.pipe(
        pointsConfig,
        v.check((points) => points.every(({ from }) => from !== undefined), 'must each name a UPS with from'),
        v.check(
          (points) => new Set(points.map(({ from }) => from)).size === points.length,
          'must not name a UPS more than once',
        ),
        v.check(
          (points) => points.every(({ point }) => point.length <= LONGEST_ID),
          `must have ids of at most ${LONGEST_ID} characters, to leave room for -battery`,
        ),
      ),
    ),
  }),
  v.check(({ username, password }) => password === undefined || username !== undefined, 'password needs a username'),
  v.check(({ tls, ca }) => ca === undefined || tls === 'starttls', 'ca is only for tls: starttls'),
  v.check(
    ({ prefix, points }) => prefix === undefined || points === undefined,
    'prefix is only for use without points',
  ),
);

type Config = v.InferOutput<typeof schema>;

/** Reads the UPSs of a server of Network UPS Tools (upsd): those configured, or all that it has. */
export default {
  schema,
  open,
  discover: discoverUpsds,
} satisfies SourceModule<typeof schema>;

async function open(config: Config, context: SourceContext): Promise<Source> {
  const upsd = createUpsd(await optionsOf(config, context.directory));
  const where = hostAndPort(config);
  const silence = createSilence();
  const roster = createRoster(config, {
    log: context.log,
    intervalMs: context.intervalMs,
    simulated: config.simulated,
  });
  return {
    get points() {
      return roster.points;
    },
    async read(signal) {
      if (signal.aborted) throw abandoned(where);
      try {
        const outcomes = await readUnits(await upsd.connect(signal), roster);
        silence.broken();
        return toSample(outcomes);
      } catch (error) {
        throw error instanceof SourceError ? error : failureOf(error as NodeJS.ErrnoException, where, silence);
      }
    },
    async close() {
      upsd.close();
    },
  };
}

/** Asks for everything at once, and then for what is new in the list. */
async function readUnits(list: List, roster: Roster): Promise<Outcome[]> {
  const known = Promise.all(roster.units.map((unit) => readUnit(list, unit)));
  const [rows, before] = await Promise.all([list('UPS'), known]);
  const listed = rows.map(([name = '']) => name);
  const added = await Promise.all(roster.welcome(listed).map((unit) => readUnit(list, unit)));
  if (roster.units.some(({ name }) => listed.includes(name))) return [...before, ...added].flat();
  const names = roster.units.map(({ name }) => name).join(', ');
  throw new SourceError('absent', `upsd has no UPS ${names}; it has: ${listed.join(', ') || 'none'}`);
}

/** A UPS that upsd refuses to tell about spoils no other. */
async function readUnit(list: List, unit: Unit): Promise<Outcome[]> {
  try {
    return unit.take(variablesOf(await list(`VAR ${unit.name}`)));
  } catch (error) {
    if (error instanceof Refusal) return unit.miss(error.message);
    throw error;
  }
}

async function optionsOf(config: Config, directory: string): Promise<UpsdOptions> {
  const options = { ...config, timeoutMs: config.timeout };
  if (config.ca === undefined) return { ...options, ca: undefined };
  const file = resolve(directory, config.ca);
  const ca = await readFile(file, 'utf8').catch((error: Error) => {
    throw new SourceError('fatal', `ca: ${error.message}`);
  });
  return { ...options, ca };
}

/** What is refused by an answer, or by nobody listening, is not for the next tick to try again. */
function failureOf(error: NodeJS.ErrnoException, where: string, silence: Silence): SourceError {
  const { code = '', message } = error;
  if (error instanceof Refusal) return new SourceError('absent', `${where}: ${message}`);
  const distrust = distrustIn(code, where);
  if (distrust !== null) return new SourceError('absent', distrust);
  if (['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'ENETUNREACH', 'EAI_AGAIN'].includes(code)) {
    const remedy = 'does upsd run there, and does LISTEN in its upsd.conf name this address?';
    return new SourceError('absent', `cannot connect to ${where}: ${code}; ${remedy}`);
  }
  return silence.failure(`${where}: ${message}`);
}
