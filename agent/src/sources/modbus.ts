import type { Channel } from '@wattmark/shared/channels';
import { durationMs } from '@wattmark/shared/config';
import * as v from 'valibot';
import { declarePoint, pointsConfig, simulated } from '../point-config.ts';
import { loadProfile, select } from '../profiles/catalogue.ts';
import { type Sample, type Source, SourceError, type SourceModule } from '../source.ts';
import { acquireBus, type Bus, NoAnswer, Refusal } from './modbus/bus.ts';
import { modbusProfile } from './modbus/profile.ts';
import { type Quantity, type Span, spansOf, valueOf } from './modbus/quantity.ts';
import { createReader, type Registers } from './modbus/reader.ts';
import { attempt, toSample } from './support/outcome.ts';
import { createSilence, type Silence } from './support/silence.ts';

const schema = v.strictObject({
  profile: v.string(),
  host: v.pipe(v.string(), v.nonEmpty()),
  port: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535)), 502),
  /** Of the device behind a gateway; devices with an address of their own mostly answer to 1 or 255. */
  unit: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(255)), 1),
  /** For the connection, and for each answer. */
  timeout: v.optional(durationMs, '1s'),
  simulated,
  points: pointsConfig,
});

type Config = v.InferOutput<typeof schema>;

interface Item {
  readonly point: string;
  readonly channel: Channel;
  readonly quantity: Quantity;
}

/** Reads a meter with Modbus TCP by a profile in `profiles/modbus/`. */
export default {
  schema,
  async open(config, context): Promise<Source> {
    const profile = loadProfile('modbus', config.profile, modbusProfile, context.directory);
    const selections = config.points.map((point) => ({ point, ...select(profile, config.profile, point) }));
    const items = selections.flatMap(({ point, channels }) =>
      channels.map(([channel, quantity]): Item => ({ point: point.point, channel, quantity })),
    );
    const bus = acquireBus(config.host, config.port);
    const silence = createSilence();
    const reader = createReader(
      items.flatMap(({ quantity }) => spansOf(quantity)),
      profile,
    );
    return {
      points: selections.map(({ point, section, channels }) =>
        declarePoint(point, {
          source: 'modbus',
          intervalMs: context.intervalMs,
          simulated: config.simulated,
          channels: channels.map(([channel]) => channel),
          accuracyClass: profile.accuracyClass,
          energyModulusWh: profile.sections[section]?.energyModulusWh,
        }),
      ),
      read: async (signal) => sampleOf(items, await reader((span) => ask(bus, span, config, silence, signal))),
      async close() {
        bus.release();
      },
    };
  },
} satisfies SourceModule<typeof schema>;

/** @throws SourceError where every register was refused. */
async function sampleOf(items: readonly Item[], { read, refused }: Registers): Promise<Sample> {
  if (refused !== null) {
    const kind = refused.code <= ILLEGAL_VALUE ? 'absent' : 'retry';
    throw new SourceError(kind, `no value could be read: ${refused.message}`);
  }
  const outcomes = items.map(({ point, channel, quantity }) =>
    attempt(point, channel, async () => valueOf(quantity, read)),
  );
  return toSample(await Promise.all(outcomes));
}

/** @throws SourceError where the device does not answer at all. */
async function ask(bus: Bus, span: Span, config: Config, silence: Silence, signal: AbortSignal) {
  try {
    const answer = await bus.ask({ unit: config.unit, ...span }, config.timeout, signal);
    silence.broken();
    return answer;
  } catch (error) {
    if (error instanceof Refusal && !unitIsMissing(error)) {
      silence.broken();
      return error;
    }
    throw failure(error, config, silence);
  }
}

/** Exception codes up to this one mean a question that the device will never answer. */
const ILLEGAL_VALUE = 3;

/** Exceptions by which a gateway says that the unit behind it is not there. */
function unitIsMissing({ code }: Refusal): boolean {
  return code === 10 || code === 11;
}

function failure(error: unknown, { host, port, unit }: Config, silence: Silence): Error {
  const isSilence = error instanceof Refusal || error instanceof NoAnswer;
  return isSilence ? silence.failure(`${host}:${port} unit ${unit}: ${error.message}`) : (error as Error);
}
