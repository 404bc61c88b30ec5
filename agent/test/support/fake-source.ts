import type { PointDeclaration } from '@wattmark/shared/messages';
import * as v from 'valibot';
import type { ConfiguredSource } from '../../src/config.ts';
import type { Sample, Source, SourceModule } from '../../src/source.ts';

export const nothing: Sample = { readings: [], noData: [] };

export function powerOf(point: string, valueW: number): Sample {
  return { readings: [[point, 'power', valueW]], noData: [] };
}

/** A configured source whose reads are answered by `read`. */
export function fakeSource(
  point: string,
  read: Source['read'],
  options: {
    intervalMs?: number;
    deadlineMs?: number;
    open?: () => Promise<void>;
    close?: () => void | Promise<void>;
  } = {},
): ConfiguredSource {
  const points: PointDeclaration[] = [{ point, channels: ['power'], source: 'fake' }];
  const module: SourceModule = {
    schema: v.strictObject({}),
    async open() {
      await options.open?.();
      return { points, read, close: async () => options.close?.() };
    },
  };
  const { intervalMs = 10_000, deadlineMs = 3_000 } = options;
  return { kind: 'fake', label: `fake ${point}`, intervalMs, deadlineMs, module, settings: {} };
}
