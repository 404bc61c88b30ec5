import { attempt } from '../support/outcome.ts';
import { type Files, readInteger, readOptional } from './files.ts';
import { MICROJOULES_PER_WATT_HOUR, type Part } from './part.ts';

const POWERCAP = '/sys/class/powercap';

/** Most that one processor package draws, W: what tells a wrap of its counter from a reset. */
const MAX_PACKAGE_W = 1000;

/**
 * The processor's own energy counters (RAPL) below the powercap class: the sum of the top-level package zones.
 * Their children (core, dram) are parts of them and psys contains them, so neither is added; nor is the memory-mapped
 * twin `intel-rapl-mmio`, which shows the same package once more. Null where the processor has no such counters.
 * Counters are µJ and wrap after `max_energy_range_uj` (Linux, Documentation/ABI/testing/sysfs-class-powercap).
 */
export async function findRapl(files: Files, point: string, nowMs: number): Promise<Part | null> {
  const zones = await findPackages(files);
  if (zones.length === 0) return null;
  const packages = zones.map((zone) => createCounter(files, zone));
  await Promise.all(packages.map((counter) => counter(nowMs).catch(() => null)));
  return {
    point,
    channels: ['power', 'energy'],
    async look(at) {
      const steps = Promise.all(packages.map((counter) => counter(at)));
      return Promise.all([
        attempt(point, 'power', async () => sum((await steps).map(powerOfW))),
        attempt(point, 'energy', async () => sum((await steps).map((step) => step.energyWh))),
      ]);
    },
  };
}

async function findPackages(files: Files): Promise<string[]> {
  const zones = (await files.list(POWERCAP)).filter((name) => /^(intel|amd)-rapl:\d+$/.test(name));
  const named = await Promise.all(
    zones.map(async (zone) => [zone, await readOptional(files, `${POWERCAP}/${zone}/name`)] as const),
  );
  const first = new Map<string, string>();
  for (const [zone, name] of named) {
    if (name !== null && /^package-\d+(-die-\d+)?$/.test(name) && !first.has(name)) first.set(name, zone);
  }
  return [...first.values()].map((zone) => `${POWERCAP}/${zone}`);
}

/** What a counter gained since the look before (unknown at the first), and since the source was opened. */
interface Step {
  readonly powerW: number | null;
  readonly energyWh: number;
}

/**
 * A zone's counter as a register that begins at 0 and survives wraps. Where the counter was reset, or may have
 * wrapped more than once, what it missed is unknown: the register begins at 0 again, so that nobody books the gap.
 */
function createCounter(files: Files, zone: string): (nowMs: number) => Promise<Step> {
  let last: { uj: number; ms: number } | null = null;
  let totalUj = 0;
  return async (nowMs) => {
    const uj = await readInteger(files, `${zone}/energy_uj`);
    const rangeUj = await readInteger(files, `${zone}/max_energy_range_uj`, 1);
    const before = last;
    last = { uj, ms: nowMs };
    if (before === null) return { powerW: null, energyWh: 0 };
    const elapsedMs = nowMs - before.ms;
    const gainUj = uj - before.uj + (uj < before.uj ? rangeUj : 0);
    const limitUj = Math.min(MAX_PACKAGE_W * 1000 * elapsedMs, rangeUj);
    if (gainUj < 0 || gainUj > limitUj || limitUj === rangeUj) {
      totalUj = 0;
      throw new Error(
        `${zone}: from ${before.uj} to ${uj} µJ in ${elapsedMs} ms the counter was reset or wrapped unseen`,
      );
    }
    totalUj += gainUj;
    return { powerW: elapsedMs > 0 ? gainUj / elapsedMs / 1000 : null, energyWh: totalUj / MICROJOULES_PER_WATT_HOUR };
  };
}

function powerOfW({ powerW }: Step): number {
  if (powerW === null) throw new Error('the counter has not been looked at before, so its difference is unknown');
  return powerW;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
