import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { wattSensorsIn, type WattSensor } from './sdr.ts';
import type { Tool } from './tool.ts';

/** A whole repository over a slow BMC takes up to a minute. */
const TIMEOUT_MS = 120_000;

/** A copy of a BMC's sensor repository: with it a look asks for the values alone. */
export interface RepositoryCopy {
  readonly file: string;
  readonly sensors: readonly WattSensor[];
}

export interface Repository {
  /** Without sensors where the BMC has no repository or does not show it. @throws SourceError where it does not answer. */
  copy(signal: AbortSignal): Promise<RepositoryCopy>;
  close(): Promise<void>;
}

export function createRepository(tool: Tool): Repository {
  let directory: string | null = null;
  return {
    async copy(signal) {
      directory ??= await mkdtemp(join(tmpdir(), 'wattmark-ipmi-'));
      const file = join(directory, 'sdr');
      await rm(file, { force: true });
      await tool(['sdr', 'dump', file], signal, TIMEOUT_MS);
      const bytes = await readFile(file).catch(() => Buffer.alloc(0));
      return { file, sensors: wattSensorsIn(bytes) };
    },
    async close() {
      if (directory !== null) await rm(directory, { recursive: true, force: true });
    },
  };
}
