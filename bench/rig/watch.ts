import { setTimeout as sleep } from 'node:timers/promises';
import type { Child } from './child.ts';

const MIB = 1_048_576;

export interface Watched {
  readonly mib: number;
  readonly percent: number;
}

/** The highest memory of each process, by samples taken each second, and its processor time in percent of a core. */
export async function watch(children: readonly Child[], ms: number): Promise<Watched[]> {
  const highest = children.map(() => 0);
  const before = children.map((child) => child.cpuMs());
  const startMs = performance.now();
  while (performance.now() - startMs < ms) {
    await sleep(1_000);
    for (const [index, child] of children.entries())
      highest[index] = Math.max(highest[index] ?? 0, child.rssBytes() / MIB);
  }
  const elapsedMs = performance.now() - startMs;
  return children.map((child, index) => ({
    mib: highest[index] ?? 0,
    percent: ((child.cpuMs() - (before[index] ?? 0)) / elapsedMs) * 100,
  }));
}
