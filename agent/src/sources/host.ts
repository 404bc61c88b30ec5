import { isAbsolute } from 'node:path';
import type { Logger } from '@wattmark/shared/logger';
import type { PointDeclaration, Reading } from '@wattmark/shared/messages';
import * as v from 'valibot';
import { declarePoint, pointEntries, simulated } from '../point-config.ts';
import { type Source, SourceError, type SourceContext, type SourceModule } from '../source.ts';
import { discoverHost } from './host/discovery.ts';
import { createFiles, type ReadFile } from './host/files.ts';
import type { Part } from './host/part.ts';
import { ESTIMATE, findParts, inventory } from './host/parts.ts';
import { findRapl } from './host/rapl.ts';
import { untilAborted } from './support/abort.ts';
import { type Outcome, toSample } from './support/outcome.ts';

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
 * an ACPI power meter, power supply units or a mains supply, else estimated from processor load. Where it is measured,
 * the estimate stands beside it (`-estimate`). `-cpu`, `-dram` and `-psys` are what the processor counts itself (RAPL);
 * batteries and single sensors are points of their own. Only the whole machine takes the configured role: what a
 * processor says of itself is no energy of the site's balance.
 */
export async function openHost(config: Config, context: SourceContext, environment: HostEnvironment): Promise<Source> {
  const { nowMs } = environment;
  const files = createFiles(config.root, environment.read);
  const counters = await findRapl(files, config.point, nowMs());
  const compare = createComparison(config.point, context.log);
  let there = await inventory(files);
  let parts = [...(await findParts(files, config.point, config.root === '/')), ...counters];
  let points = declare(parts, config, context);
  /** A look that outlived its tick still occupies threads of the process, so that no second one is begun beside it. */
  let looking: Promise<unknown> = Promise.resolve();

  async function look(): Promise<Outcome[]> {
    const now = await inventory(files);
    if (now !== there) {
      there = now;
      parts = [...(await findParts(files, config.point, config.root === '/')), ...counters];
      points = declare(parts, config, context);
    }
    return (await Promise.all(parts.map((part) => part.look(nowMs())))).flat();
  }

  context.log.debug({ root: config.root, points: parts.map((part) => part.point) }, 'host sensors found');
  return {
    get points() {
      return points;
    },
    async read(signal) {
      await untilAborted(signal, 'the kernel', looking);
      const looks = look();
      looking = looks.catch(() => undefined);
      const outcomes = await untilAborted(signal, 'the kernel', looks);
      if (parts.length === 0) {
        throw new SourceError('absent', `neither a power sensor nor a processor can be seen below ${config.root}`);
      }
      const sample = toSample(outcomes);
      compare(sample.readings);
      return sample;
    },
    async close() {},
  };
}

export default {
  schema,
  open: (config, context) => openHost(config, context, { nowMs: () => performance.now() }),
  discover: (search) => discoverHost(createFiles('/'), search.clock.monotonicMs()),
} satisfies SourceModule<typeof schema>;

function declare(parts: readonly Part[], config: Config, { intervalMs }: SourceContext): PointDeclaration[] {
  const facts = { source: 'host', intervalMs, simulated: config.simulated };
  return parts.map((part) => {
    const own = part.name === undefined ? { point: part.point } : { point: part.point, name: part.name };
    return declarePoint(part.point === config.point ? config : own, { ...facts, ...part });
  });
}

/** Says once how far the estimate would have been from what a sensor measures. */
function createComparison(point: string, log: Logger): (readings: readonly Reading[]) => void {
  let isDone = false;
  return (readings) => {
    if (isDone) return;
    const powerW = (of: string) => readings.find(([name, channel]) => name === of && channel === 'power')?.[2];
    const [measuredW, estimatedW] = [powerW(point), powerW(`${point}${ESTIMATE}`)];
    if (measuredW === undefined || estimatedW === undefined || measuredW === 0) return;
    isDone = true;
    const percent = Math.round(100 * (estimatedW / measuredW - 1));
    const text = `the sensor says ${Math.round(measuredW)} W; the estimate from load would say ${Math.round(estimatedW)} W`;
    log.info({ point, measuredW, estimatedW }, `${text} (${percent < 0 ? '' : '+'}${percent} %)`);
  };
}
