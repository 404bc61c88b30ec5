import type { Channel } from '@wattmark/shared/channels';
import { durationMs } from '@wattmark/shared/config';
import * as v from 'valibot';
import { declarePoint, pointsConfig, simulated } from '../point-config.ts';
import { loadProfile, select } from '../profiles/catalogue.ts';
import { type Sample, type Source, SourceError, type SourceModule } from '../source.ts';
import { acquireBus, type Bus, NoAnswer, Refusal } from './modbus/bus.ts';
import { addressesOf, type ModbusChannel, type ModbusProfile, modbusProfile } from './modbus/profile.ts';
import { planRequests, type Request, type Span, splitRequest } from './modbus/requests.ts';
import { decode, registersOf } from './modbus/value.ts';
import { combine } from './support/combine.ts';
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
  readonly definition: ModbusChannel;
}

/** Bytes by the address of the value that they hold, or why there are none. */
type Registers = Map<number, Buffer | Refusal>;

/** Reads a meter with Modbus TCP by a profile in `profiles/modbus/`. */
export default {
  schema,
  async open(config, context): Promise<Source> {
    const profile = loadProfile('modbus', config.profile, modbusProfile, context.directory);
    const selections = config.points.map((point) => ({
      point,
      ...select<ModbusChannel>(profile, config.profile, point),
    }));
    const items = selections.flatMap(({ point, channels }) =>
      channels.map(([channel, definition]): Item => ({ point: point.point, channel, definition })),
    );
    const bus = acquireBus(config.host, config.port);
    const reader = createReader(config, profile, items, bus);
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
      read: (signal) => readSample(items, (registers) => reader(registers, signal)),
      async close() {
        bus.release();
      },
    };
  },
} satisfies SourceModule<typeof schema>;

async function readSample(items: readonly Item[], read: (registers: Registers) => Promise<void>): Promise<Sample> {
  const registers: Registers = new Map();
  await read(registers);
  const outcomes = items.map(({ point, channel, definition }) =>
    attempt(point, channel, async () => valueOf(registers, definition)),
  );
  const sample = toSample(await Promise.all(outcomes));
  const refusals = [...registers.values()].filter((entry) => entry instanceof Refusal);
  const [first] = refusals;
  if (first !== undefined && refusals.length === registers.size) {
    throw new SourceError(first.code <= ILLEGAL_VALUE ? 'absent' : 'retry', `no value could be read: ${first.message}`);
  }
  return sample;
}

/** Fills the registers that the items need. @throws SourceError where the device does not answer at all. */
function createReader(config: Config, profile: ModbusProfile, items: readonly Item[], bus: Bus) {
  const silence = createSilence();
  let requests = planRequests(spansOf(items), profile.maxRegisters, profile.maxGap);

  async function read(registers: Registers, signal: AbortSignal): Promise<void> {
    const split: Request[] = [];
    for (const request of requests) {
      const answer = await ask(request, signal);
      if (answer instanceof Refusal && answer.code === ILLEGAL_ADDRESS && request.spans.length > 1) {
        split.push(request);
        for (const part of splitRequest(request)) store(registers, part, await ask(part, signal));
      } else {
        store(registers, request, answer);
      }
    }
    if (split.length > 0)
      requests = requests.flatMap((request) => (split.includes(request) ? splitRequest(request) : request));
  }

  async function ask(request: Request, signal: AbortSignal): Promise<Buffer | Refusal> {
    const { unit, timeout } = config;
    try {
      const answer = await bus.ask({ unit, function: profile.function, ...request }, timeout, signal);
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

  return read;
}

/** Exception codes up to this one mean a question that the device will never answer. */
const ILLEGAL_VALUE = 3;
/** Exception code of a register that the device does not have. */
const ILLEGAL_ADDRESS = 2;

/** Exceptions by which a gateway says that the unit behind it is not there. */
function unitIsMissing({ code }: Refusal): boolean {
  return code === 10 || code === 11;
}

function failure(error: unknown, { host, port, unit }: Config, silence: Silence): Error {
  const isSilence = error instanceof Refusal || error instanceof NoAnswer;
  return isSilence ? silence.failure(`${host}:${port} unit ${unit}: ${error.message}`) : (error as Error);
}

function spansOf(items: readonly Item[]): Span[] {
  const spans = items.flatMap(({ definition }) =>
    addressesOf(definition).map((address): Span => ({ address, length: registersOf[definition.type] })),
  );
  return [...new Map(spans.map((span) => [`${span.address}+${span.length}`, span])).values()];
}

function store(registers: Registers, request: Request, answer: Buffer | Refusal): void {
  for (const { address } of request.spans) {
    const known = registers.get(address);
    if (known instanceof Buffer && answer instanceof Refusal) continue;
    registers.set(address, answer instanceof Refusal ? answer : answer.subarray(2 * (address - request.address)));
  }
}

/** @throws Error saying why there is no value. */
function valueOf(registers: Registers, definition: ModbusChannel): number {
  const values = addressesOf(definition).map((address) => {
    const bytes = registers.get(address);
    if (bytes === undefined || bytes instanceof Refusal)
      throw new Error(`register ${address}: ${bytes?.message ?? 'not read'}`);
    const value = decode(bytes, definition);
    if (definition.noData.includes(value)) throw new Error(`the meter says ${value}, which means that it has no value`);
    return value;
  });
  return combine(definition, values);
}
