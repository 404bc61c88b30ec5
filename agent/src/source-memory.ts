import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Memory } from './source.ts';

/**
 * What sources remember, a file each in `directory`. A file that is missing or torn, as after a power failure, is
 * nothing remembered: what a source then says again, the collector drops as known.
 * @param settle makes sure of what the sources said before: what was lost must not be remembered as said
 */
export function createMemory(directory: string, settle: () => Promise<void>): (name: string) => Memory {
  return (name) => {
    const file = join(directory, `${createHash('sha256').update(name).digest('hex').slice(0, 32)}.json`);
    return {
      async load() {
        try {
          return JSON.parse(await readFile(file, 'utf8')) as unknown;
        } catch {
          return null;
        }
      },
      async save(value) {
        await settle();
        await mkdir(directory, { recursive: true });
        await writeFile(`${file}.new`, JSON.stringify(value));
        await rename(`${file}.new`, file);
      },
    };
  };
}

/** For one who only looks: a history is shown from its beginning, and what is saved is forgotten. */
export function forgetful(): Memory {
  return { load: async () => null, save: async () => {} };
}
