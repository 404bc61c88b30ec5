import { isAbsolute } from 'node:path';
import * as v from 'valibot';
import { declarePoint, pointEntries, simulated } from '../point-config.ts';
import { type Source, SourceError, type SourceContext, type SourceModule } from '../source.ts';
import { createEstimatePart } from './host/estimate.ts';
import { createFiles, type Files, type ReadFile } from './host/files.ts';
import { createMachinePart, findMachineSensors } from './host/hwmon.ts';
import type { Part } from './host/part.ts';
import { createBatteryPart, createMainsPart, findPowerSupplies } from './host/power-supply.ts';
import { inquireProcessor, readProcessor } from './host/processor.ts';
import { findRapl } from './host/rapl.ts';
import { untilAborted } from './support/abort.ts';
import { toSample } from './support/outcome.ts';

/** Room for what the points of the host's parts append to the host's own id. */
const SUFFIX_LENGTH = '-battery-99'.length;

const { channels: _, ...namedEntries } = pointEntries;

const schema = v.strictObject({
  ...namedEntries,
  point: v.pipe(
    pointEntries.point,
    v.maxLength(63 - SUFFIX_LENGTH, `must leave ${SUFFIX_LENGTH} characters for parts`),
  ),
  /** Below which /proc and /sys lie. */
  root: v.optional(v.pipe(v.string(), v.check(isAbsolute, 'must be an absolute path')), '/'),
  simulated,
});

type Config = v.InferOutput<typeof schema>;

/** What the host source takes from the process it runs in; tests give their own. */
export interface HostEnvironment {
  readonly read?: ReadFile;
  /** Monotonic. Power is a counter's difference over the time between two looks, which the counter does not tell. */
  readonly nowMs: () => number;
}

/**
 * Reads this machine's own sensors through /proc and /sys. The point of the source is the whole machine: measured by
 * an ACPI power meter, power supply units or a mains supply, else estimated from processor load. `<point>-cpu` is
 * what the processor counts itself (RAPL); batteries are points of their own. Only the whole machine takes the
 * configured role: what a processor says of itself is no energy of the site's balance.
 */
export async function openHost(config: Config, context: SourceContext, environment: HostEnvironment): Promise<Source> {
  const { nowMs } = environment;
  const files = createFiles(config.root, environment.read);
  const parts = await findParts(files, config, nowMs());
  const facts = { source: 'host', intervalMs: context.intervalMs, simulated: config.simulated };
  /** A look that outlived its tick still occupies threads of the process, so that no second one is begun beside it. */
  let looking: Promise<unknown> = Promise.resolve();
  context.log.debug({ root: config.root, points: parts.map((part) => part.point) }, 'host sensors found');
  return {
    points: parts.map((part) =>
      declarePoint(part.point === config.point ? config : { point: part.point }, { ...facts, ...part }),
    ),
    async read(signal) {
      if (parts.length === 0) {
        throw new SourceError('absent', `neither a power sensor nor a processor can be seen below ${config.root}`);
      }
      await untilAborted(signal, 'the kernel', looking);
      const looks = Promise.all(parts.map((part) => part.look(nowMs())));
      looking = looks.catch(() => undefined);
      return toSample((await untilAborted(signal, 'the kernel', looks)).flat());
    },
    async close() {},
  };
}

export default {
  schema,
  open: (config, context) => openHost(config, context, { nowMs: () => performance.now() }),
} satisfies SourceModule<typeof schema>;

async function findParts(files: Files, config: Config, nowMs: number): Promise<Part[]> {
  const { point } = config;
  const supplies = await findPowerSupplies(files);
  const batteries = supplies.batteries.map((path, index) =>
    createBatteryPart(files, index === 0 ? `${point}-battery` : `${point}-battery-${index + 1}`, path),
  );
  const parts = [
    await findMachine(files, config, supplies.mains),
    await findRapl(files, `${point}-cpu`, nowMs),
    ...(await Promise.all(batteries)),
  ];
  return parts.filter((part) => part !== null && part.channels.length > 0) as Part[];
}

async function findMachine(files: Files, config: Config, mains: readonly string[]): Promise<Part | null> {
  const sensors = await findMachineSensors(files);
  if (sensors !== null) return createMachinePart(files, config.point, sensors);
  if (mains.length > 0) return createMainsPart(files, config.point, mains);
  const processor = (await readProcessor(files)) ?? (config.root === '/' ? await inquireProcessor() : null);
  return processor === null ? null : createEstimatePart(files, config.point, processor);
}
