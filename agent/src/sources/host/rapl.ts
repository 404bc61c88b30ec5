import { attempt } from '../support/outcome.ts';
import { type Files, readInteger, readOptional } from './files.ts';
import { MICROJOULES_PER_WATT_HOUR, type Part } from './part.ts';

const POWERCAP = '/sys/class/powercap';

/** Zones that are one point together. */
interface Domain {
  readonly suffix: string;
  readonly name: RegExp;
  readonly origin: string;
  /** Most that one zone of it draws, W: what tells a wrap of its counter from a reset. */
  readonly maxW: number;
  /** Zones beyond so many are other views of the same. */
  readonly count: number;
}

/**
 * What Linux shows below the powercap class. `core` and `uncore` are parts of their package. Memory is not, although it is
 * shown below it (Intel SDM volume 3B, RAPL Domains and Platform Specificity: servers have package, PP0 and DRAM). The
 * platform, `psys`, contains them all, and counts on one package only (Linux f1e8d7560d30). So none is added to another.
 */
const domains: readonly Domain[] = [
  { suffix: 'cpu', name: /^package-\d+(-die-\d+)?$/, origin: 'processor packages (RAPL)', maxW: 1000, count: 64 },
  { suffix: 'dram', name: /^dram$/, origin: 'memory (RAPL dram)', maxW: 500, count: 64 },
  { suffix: 'psys', name: /^psys/, origin: 'platform as the processor sees it (RAPL psys)', maxW: 20_000, count: 1 },
];

/**
 * The processor's own energy counters (RAPL), a point for each domain: the sum of its zones. The memory-mapped twin
 * `intel-rapl-mmio` shows the same package once more and is left out. Counters are µJ and wrap after
 * `max_energy_range_uj` (Linux, Documentation/ABI/testing/sysfs-class-powercap).
 */
export async function findRapl(files: Files, point: string, nowMs: number): Promise<Part[]> {
  const zones = await findZones(files);
  const parts = domains.map(async (domain) => {
    const own = zones.filter(({ name }) => domain.name.test(name)).slice(0, domain.count);
    return own.length === 0 ? [] : [await createCounterPart(files, `${point}-${domain.suffix}`, domain, own, nowMs)];
  });
  return (await Promise.all(parts)).flat();
}

interface Zone {
  readonly path: string;
  readonly name: string;
}

async function createCounterPart(
  files: Files,
  point: string,
  { origin, maxW }: Domain,
  zones: readonly Zone[],
  nowMs: number,
): Promise<Part> {
  const counters = zones.map(({ path }) => createCounter(files, path, maxW));
  await Promise.all(counters.map((counter) => counter(nowMs).catch(() => null)));
  return {
    point,
    origin,
    channels: ['power', 'energy'],
    async look(at) {
      const steps = Promise.all(counters.map((counter) => counter(at)));
      return Promise.all([
        attempt(point, 'power', async () => sum((await steps).map(powerOfW))),
        attempt(point, 'energy', async () => sum((await steps).map((step) => step.energyWh))),
      ]);
    },
  };
}

/** A package that is shown twice is taken once. */
async function findZones(files: Files): Promise<Zone[]> {
  const names = (await files.list(POWERCAP)).filter((name) => /^(intel|amd)-rapl:\d+(:\d+)?$/.test(name));
  const zones = await Promise.all(
    names.map(async (zone) => ({
      path: `${POWERCAP}/${zone}`,
      name: (await readOptional(files, `${POWERCAP}/${zone}/name`)) ?? '',
    })),
  );
  const isTwin = ({ name }: Zone, index: number) =>
    name.startsWith('package-') && zones.findIndex((zone) => zone.name === name) < index;
  return zones.filter((zone, index) => !isTwin(zone, index));
}

/** The counters move every millisecond, and nothing that is switched on draws no power. */
const STILL_MS = 500;

/** What a counter gained since the look before (unknown at the first), and since the source was opened. */
interface Step {
  readonly powerW: number | null;
  readonly energyWh: number;
}

/**
 * A zone's counter as a register that begins at 0 and survives wraps. Where the counter was reset, or may have
 * wrapped more than once, what it missed is unknown: the register begins at 0 again, so that nobody books the gap.
 */
function createCounter(files: Files, zone: string, maxW: number): (nowMs: number) => Promise<Step> {
  let last: { uj: number; ms: number } | null = null;
  let rangeUj: number | null = null;
  let totalUj = 0;
  return async (nowMs) => {
    const uj = await readInteger(files, `${zone}/energy_uj`);
    rangeUj ??= await readInteger(files, `${zone}/max_energy_range_uj`, 1);
    const before = last;
    last = { uj, ms: nowMs };
    if (before === null) return { powerW: null, energyWh: 0 };
    const elapsedMs = nowMs - before.ms;
    const gainUj = uj - before.uj + (uj < before.uj ? rangeUj : 0);
    const limitUj = Math.min(maxW * 1000 * elapsedMs, rangeUj);
    if (gainUj < 0 || gainUj > limitUj || limitUj === rangeUj) {
      totalUj = 0;
      throw new Error(
        `${zone}: from ${before.uj} to ${uj} µJ in ${elapsedMs} ms the counter was reset or wrapped unseen`,
      );
    }
    if (gainUj === 0 && elapsedMs >= STILL_MS)
      throw new Error(`${zone}: the counter stands still: this processor does not count what the kernel shows`);
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
