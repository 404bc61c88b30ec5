import { energyRoles } from '@wattmark/shared/roles';
import type { PointInterval } from '../accounting/interval.ts';
import { noLevel } from '../site/interval-sum.ts';
import { LEVEL_COUNT, type LevelEnergies, overheadParts, type SiteInterval } from '../site/site.ts';
import { levelKeys } from './lines.ts';
import { levelFields, roleField } from './schema.ts';

/** Makes a row of the cells of an answer: the time, and then the fields that were asked for. */
export type CellReader<Row> = (cells: readonly unknown[]) => Row;

/** Cells of a point's interval, after the time: energies, power, times, `absent`. */
export function readPoint(pointId: number, cells: readonly unknown[]): PointInterval {
  const [startMs, energyWh, estimatedWh, exportWh, minW, maxW, measuredMs, estimatedMs, bridgedMs, absent] =
    cells as readonly number[] as PointCells;
  return {
    pointId,
    startMs,
    energyWh,
    estimatedWh,
    exportWh,
    minW: hasBit(absent, 0) ? null : minW,
    maxW: hasBit(absent, 1) ? null : maxW,
    measuredMs,
    estimatedMs,
    bridgedMs,
  };
}

type PointCells = [number, number, number, number, number | null, number | null, number, number, number, number];

/** The fields that a site's interval is read from; those of the level that counts are not among them. */
export const siteCells: readonly string[] = [
  'supply_wh',
  'supply_ms',
  ...energyRoles.map(roleField),
  ...overheadParts.flatMap((part) => [`overhead_${part}_wh`, `overhead_${part}_ms`]),
  ...Array.from({ length: LEVEL_COUNT }, (_, level) => levelFields.map((name) => `l${level}_${name}`)).flat(),
  'absent',
];

const ROLES_FROM = 3;
const OVERHEAD_FROM = ROLES_FROM + energyRoles.length;
const LEVELS_FROM = OVERHEAD_FROM + 2 * overheadParts.length;
const ABSENT_AT = LEVELS_FROM + LEVEL_COUNT * levelFields.length;
/** Bits of a level: itself, its parts, its IT. */
const LEVEL_BITS = 3;

/** Cells of `siteCells`, after the time. */
export function readSite(siteId: number, partial: string | null, cells: readonly unknown[]): SiteInterval {
  const values = cells as readonly (number | null)[];
  const absent = values[ABSENT_AT] ?? 0;
  const unless = (bit: number, value: number | null | undefined): number | null =>
    hasBit(absent, bit) ? null : (value ?? null);
  return {
    siteId,
    partial,
    startMs: values[0] as number,
    supplyWh: unless(0, values[1]),
    supplyMs: values[2] ?? 0,
    levels: Array.from({ length: LEVEL_COUNT }, (_, level) => {
      const bit = 1 + energyRoles.length + level * LEVEL_BITS;
      return hasBit(absent, bit) ? noLevel : readLevel(values, LEVELS_FROM + level * levelFields.length, bit, unless);
    }),
    roleWh: energyRoles.map((_, index) => unless(1 + index, values[ROLES_FROM + index])),
    overhead: overheadParts.map((_, index) => ({
      energyWh: values[OVERHEAD_FROM + 2 * index] ?? 0,
      measuredMs: values[OVERHEAD_FROM + 2 * index + 1] ?? 0,
    })),
  };
}

function readLevel(
  values: readonly (number | null)[],
  from: number,
  bit: number,
  unless: (bit: number, value: number | null | undefined) => number | null,
): LevelEnergies {
  const level = { ...noLevel } as Record<keyof LevelEnergies, number | null>;
  levelFields.forEach((name, index) => {
    const key = levelKeys[name];
    const value = values[from + index];
    if (key === 'partsWh') level[key] = unless(bit + 1, value);
    else if (key === 'itWh') level[key] = unless(bit + 2, value);
    else level[key] = value ?? 0;
  });
  return level as LevelEnergies;
}

function hasBit(bits: number, bit: number): boolean {
  return Math.floor(bits / 2 ** bit) % 2 === 1;
}
