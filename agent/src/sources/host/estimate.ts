import { attempt } from '../support/outcome.ts';
import type { Files } from './files.ts';
import type { Part } from './part.ts';
import { type Processor, type ProcessorTime, readProcessorTime } from './processor.ts';

/** What a whole server draws at its wall socket per logical processor, W. */
interface Curve {
  readonly name: string;
  readonly idleW: number;
  readonly busyW: number;
}

interface Family extends Curve {
  readonly vendor: 'AuthenticAMD' | 'GenuineIntel';
  readonly family: number;
  readonly models: readonly number[];
  /** Steppings of the models, where several families share them. */
  readonly steppings?: readonly number[];
}

/**
 * Means of the SPECpower_ssj2008 results by processor family, as the project Cloud Carbon Footprint publishes them
 * (ccf-coefficients, output/coefficients-aws-use.csv of 2026-03). Families with too few results (EPYC 5th
 * generation) or with the figures of another family (Graviton) are left out. Model numbers are those of Linux,
 * arch/x86/include/asm/intel-family.h and the kernel's AMD tables.
 */
const families: readonly Family[] = [
  intel('Sandy Bridge', 2.212, 8.631, [42, 45]),
  intel('Ivy Bridge', 1.707, 5.557, [58, 62]),
  intel('Haswell', 1.857, 5.595, [60, 63, 69, 70]),
  intel('Broadwell', 0.713, 3.685, [61, 71, 79, 86]),
  intel('Skylake', 0.613, 4.104, [78, 94]),
  { ...intel('Skylake', 0.613, 4.104, [85]), steppings: [0, 1, 2, 3, 4] },
  { ...intel('Cascade Lake', 0.69, 4.063, [85]), steppings: [5, 6, 7] },
  intel('Coffee Lake', 1.138, 5.422, [142, 158]),
  intel('Ice Lake', 0.767, 3.758, [106, 108]),
  intel('Sapphire Rapids', 1.036, 4.16, [143]),
  intel('Emerald Rapids', 0.814, 4.482, [207]),
  intel('Granite Rapids', 0.582, 2.527, [173, 174]),
  amd('EPYC 1st generation', 0.847, 2.604, 23, [1, 8]),
  amd('EPYC 2nd generation', 0.474, 1.693, 23, [49]),
  amd('EPYC 3rd generation', 0.456, 1.957, 25, [0, 1]),
  amd('EPYC 4th generation', 0.739, 2.282, 25, [16, 17, 160]),
];

/** For a processor that is not in the table: the medians of the families above. */
const anyFamily: Curve = { name: 'median of server processors', idleW: 0.767, busyW: 4.063 };

/**
 * The machine's point where nothing measures it: power estimated from processor load as a straight line between
 * idle and busy. Accelerators, disks beyond a server's usual ones and a cold processor's clock are not seen.
 */
export async function createEstimatePart(files: Files, point: string, processor: Processor): Promise<Part> {
  const curve = curveOf(processor);
  let last: ProcessorTime | null = await readProcessorTime(files).catch(() => null);
  return {
    point,
    origin: 'estimate from processor load',
    channels: ['power', 'utilisation'],
    method: describe(processor, curve),
    async look() {
      const load = readProcessorTime(files).then((now) => {
        const before = last;
        last = now;
        return loadBetween(before, now);
      });
      return Promise.all([
        attempt(
          point,
          'power',
          async () => estimatePowerW(processor.logicalProcessors, curve, await load),
          'estimated',
        ),
        attempt(point, 'utilisation', async () => 100 * (await load)),
      ]);
    },
  };
}

/** W, for a load between 0 and 1. */
export function estimatePowerW(logicalProcessors: number, curve: Omit<Curve, 'name'>, load: number): number {
  return logicalProcessors * (curve.idleW + (curve.busyW - curve.idleW) * load);
}

export function curveOf(processor: Pick<Processor, 'vendor' | 'family' | 'model' | 'stepping'>): Curve {
  return (
    families.find(
      (entry) =>
        entry.vendor === processor.vendor &&
        entry.family === processor.family &&
        entry.models.includes(processor.model) &&
        (entry.steppings?.includes(processor.stepping) ?? true),
    ) ?? anyFamily
  );
}

function loadBetween(before: ProcessorTime | null, now: ProcessorTime): number {
  if (before === null || now.total <= before.total || now.busy < before.busy) {
    throw new Error('/proc/stat: no processor time has passed since the last look');
  }
  return Math.min(1, (now.busy - before.busy) / (now.total - before.total));
}

/**
 * The error is that of the line against 58 servers of 2012 to 2019 in the list of SPECpower_ssj2008 results, at 30 % load:
 * the median is 20 %, nine of ten are within 51 %, the worst were 63 % too low and 93 % too high. It says nothing of
 * processors that are not in that list, nor of a share of a machine.
 */
function describe({ logicalProcessors, virtual }: Processor, curve: Curve): string {
  const what = virtual ? 'the share of its host that a virtual machine takes' : 'the whole machine';
  const error = virtual || curve === anyFamily ? 'error unknown' : 'nine of ten servers within ±50 %';
  return (
    `${what}, estimated from load: ${logicalProcessors} logical processors × ${curve.idleW} W idle to ` +
    `${curve.busyW} W busy (SPECpower, ${curve.name}); ${error}`
  );
}

function intel(name: string, idleW: number, busyW: number, models: readonly number[]): Family {
  return { name: `mean of Intel ${name}`, vendor: 'GenuineIntel', family: 6, idleW, busyW, models };
}

function amd(name: string, idleW: number, busyW: number, family: number, models: readonly number[]): Family {
  return { name: `mean of AMD ${name}`, vendor: 'AuthenticAMD', family, idleW, busyW, models };
}
