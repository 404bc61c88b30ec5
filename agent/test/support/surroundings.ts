import type { Clock } from '../../src/clock.ts';
import type { Memory, Surroundings } from '../../src/source.ts';

/** What sources of an agent share, with a memory that lasts as long as the object. */
export function surroundings(clock: Clock, directory = '/nonexistent'): Surroundings {
  const saved = new Map<string, string>();
  const memory = (name: string): Memory => ({
    load: async () => JSON.parse(saved.get(name) ?? 'null') as unknown,
    save: async (value) => void saved.set(name, JSON.stringify(value)),
  });
  return { clock, directory, memory };
}
