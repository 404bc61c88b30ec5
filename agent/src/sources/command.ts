import { isAbsolute, resolve } from 'node:path';
import type { Channel } from '@wattmark/shared/channels';
import { secretText } from '@wattmark/shared/config';
import type { Quality } from '@wattmark/shared/messages';
import { byChannel, scaleOf, unitEntries } from '@wattmark/shared/units';
import * as v from 'valibot';
import { declarePoint, pointEntries, simulated } from '../point-config.ts';
import { type Source, SourceError, type SourceModule } from '../source.ts';
import { timeoutMs } from '../source-config.ts';
import { excerpt, numberAt, parseJson, parseNumber } from './command/output.ts';
import { combine } from './support/combine.ts';
import { attempt, toSample } from './support/outcome.ts';
import { pointList } from './support/point-list.ts';
import { type ProgramResult, runProgram } from './support/program.ts';

/** Bytes of output beyond which the program is ended. */
const MAX_BYTES = 1_048_576;

const { channels: _, ...namedEntries } = pointEntries;

const pointSchema = v.strictObject({
  ...namedEntries,
  /** How the program estimates what it does not measure. */
  estimated: v.optional(v.pipe(v.string(), v.nonEmpty())),
  channels: byChannel(v.strictObject({ ...unitEntries, path: v.optional(v.pipe(v.string(), v.nonEmpty())) })),
});

const schema = v.pipe(
  v.strictObject({
    program: v.pipe(v.string(), v.nonEmpty()),
    args: v.optional(v.array(v.string()), []),
    /** Beside PATH, HOME and the like; the place for secrets. */
    env: v.optional(v.record(v.string(), secretText), {}),
    timeout: v.optional(timeoutMs),
    simulated,
    points: pointList(pointSchema),
  }),
  v.check(({ points }) => {
    const channels = points.flatMap((point) => point.channels);
    return channels.length === 1 || channels.every(([, { path }]) => path !== undefined);
  }, 'where there is more than one channel, each needs the path of its value in the JSON that the program prints'),
);

/** Runs a program at each tick and takes what it prints: one number, or JSON. */
export default {
  schema,
  async open(config, context): Promise<Source> {
    const program = placeOf(config.program, context.directory);
    const { args, env, timeout, points } = config;
    const slots = points.flatMap(({ point, channels, estimated }) =>
      channels.map(([channel, { path, ...stated }]): Slot => {
        const quality = estimated === undefined ? 'measured' : 'estimated';
        return { point, channel, path, scale: scaleOf(channel, stated), quality };
      }),
    );
    return {
      points: points.map((point) =>
        declarePoint(point, {
          source: 'command',
          intervalMs: context.intervalMs,
          simulated: config.simulated,
          channels: point.channels.map(([channel]) => channel),
          method: point.estimated,
        }),
      ),
      async read(signal) {
        const result = await runProgram(program, args, { timeoutMs: timeout, signal, env, maxBytes: MAX_BYTES });
        const pick = pickerOf(config.program, result, slots);
        const outcomes = slots.map((slot) =>
          attempt(slot.point, slot.channel, async () => combine(slot, [pick(slot.path)]), slot.quality),
        );
        return toSample(await Promise.all(outcomes));
      },
      async close() {},
    };
  },
} satisfies SourceModule<typeof schema>;

interface Slot {
  readonly point: string;
  readonly channel: Channel;
  readonly path: string | undefined;
  readonly scale: number;
  readonly quality: Quality;
}

/** A name is looked up in PATH; anything with a slash is a path, relative to agent.yaml. */
function placeOf(program: string, directory: string): string {
  return program.includes('/') && !isAbsolute(program) ? resolve(directory, program) : program;
}

/**
 * How a value is found in what the program printed.
 * @throws SourceError where the program failed, or printed nothing that could be read.
 */
function pickerOf(
  program: string,
  { exitCode, stdout, stderr }: ProgramResult,
  slots: readonly Slot[],
): (path: string | undefined) => number {
  if (exitCode !== 0) {
    const complaint = excerpt(stderr.trim());
    throw new SourceError('retry', `${program} ended with ${exitCode}${complaint === '' ? '' : `: ${complaint}`}`);
  }
  try {
    if (slots.every(({ path }) => path === undefined)) {
      const number = parseNumber(stdout);
      return () => number;
    }
    const value = parseJson(stdout);
    return (path = '') => numberAt(value, path);
  } catch (error) {
    throw new SourceError('retry', `${program} ${(error as Error).message}`);
  }
}
