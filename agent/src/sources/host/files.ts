import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Below a root, the files in which the kernel tells its measurements. Paths are as they are where the root is `/`. */
export interface Files {
  /** @throws Error whose message says what is wrong and what to do about it. */
  readText(path: string): Promise<string>;
  /** Names in a directory in alphabetical order, none where it does not exist. */
  list(path: string): Promise<string[]>;
}

/** Reads the content of a file, as `readFile` of node:fs/promises does. */
export type ReadFile = (path: string) => Promise<string>;

const readUtf8: ReadFile = (path) => readFile(path, 'utf8');

export function createFiles(root: string, read: ReadFile = readUtf8): Files {
  return {
    async readText(path) {
      try {
        return (await read(join(root, path))).trim();
      } catch (error) {
        throw new Error(`${path}: ${explain(error as NodeJS.ErrnoException)}`, { cause: error });
      }
    },
    async list(path) {
      const names = await readdir(join(root, path)).catch((): string[] => []);
      return names.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
    },
  };
}

/** A whole number of at least `min`. @throws Error where the file says anything else. */
export async function readInteger(files: Files, path: string, min = 0): Promise<number> {
  const text = await files.readText(path);
  const value = Number(text);
  if (!/^-?\d+$/.test(text) || value < min)
    throw new Error(`${path}: the kernel said ${JSON.stringify(text.slice(0, 40))}`);
  return value;
}

/** The text of a file, or null where it cannot be read. */
export async function readOptional(files: Files, path: string): Promise<string | null> {
  return files.readText(path).catch(() => null);
}

function explain(error: NodeJS.ErrnoException): string {
  if (error.code === 'EACCES' || error.code === 'EPERM') {
    return (
      'permission denied; run the agent as root or with CAP_DAC_READ_SEARCH, or let its group read the file ' +
      '(a line "z <file> 0440 root <group>" in /etc/tmpfiles.d, or a udev rule)'
    );
  }
  if (error.code === 'ENOENT') return 'it is no longer there';
  return error.message;
}
