import type { PointInterval } from './interval.ts';

/** Rows as plain numbers, ten each, to hand them to another thread without copying; NaN stands for null. */

const WIDTH = 10;

export function packRows(rows: readonly PointInterval[]): Float64Array<ArrayBuffer> {
  const packed = new Float64Array(WIDTH * rows.length);
  let at = 0;
  for (const row of rows) {
    packed[at] = row.pointId;
    packed[at + 1] = row.startMs;
    packed[at + 2] = row.energyWh;
    packed[at + 3] = row.estimatedWh;
    packed[at + 4] = row.exportWh;
    packed[at + 5] = row.minW ?? Number.NaN;
    packed[at + 6] = row.maxW ?? Number.NaN;
    packed[at + 7] = row.measuredMs;
    packed[at + 8] = row.estimatedMs;
    packed[at + 9] = row.bridgedMs;
    at += WIDTH;
  }
  return packed;
}

export function unpackRows(packed: Float64Array): PointInterval[] {
  const number = (at: number): number => packed[at] as number;
  const nullable = (at: number): number | null => (Number.isNaN(number(at)) ? null : number(at));
  return Array.from({ length: packed.length / WIDTH }, (_, index) => {
    const at = index * WIDTH;
    return {
      pointId: number(at),
      startMs: number(at + 1),
      energyWh: number(at + 2),
      estimatedWh: number(at + 3),
      exportWh: number(at + 4),
      minW: nullable(at + 5),
      maxW: nullable(at + 6),
      measuredMs: number(at + 7),
      estimatedMs: number(at + 8),
      bridgedMs: number(at + 9),
    };
  });
}
