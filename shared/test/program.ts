import { accessSync, constants } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import type { Test } from 'tap';

/** Where Debian puts what a user's PATH may not name. */
const systemDirectories = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/local/bin', '/usr/bin', '/bin'];

/**
 * The path of a program that a test needs, by name or absolute path. Where it is not installed the test is skipped,
 * or fails when CI=true, and null is returned: `const path = requireProgram(t, 'mosquitto'); if (path === null) return;`
 */
export function requireProgram(t: Pick<Test, 'fail' | 'skip'>, name: string): string | null {
  const path = findProgram(name);
  if (path !== null) return path;
  const reason = `${name} is not installed`;
  if (process.env['CI'] === 'true') t.fail(reason);
  else void t.skip(reason, () => undefined);
  return null;
}

/** The path of an executable file, or null. */
export function findProgram(name: string): string | null {
  const directories = [...(process.env['PATH'] ?? '').split(delimiter), ...systemDirectories];
  const candidates = isAbsolute(name) ? [name] : directories.filter(isAbsolute).map((path) => join(path, name));
  return candidates.find(isExecutable) ?? null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
