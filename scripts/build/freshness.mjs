import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Whether `target` is missing or older than something in `sources`, files or directories with all that is in them.
 * @param {string} target
 * @param {readonly string[]} sources
 */
export function isStale(target, sources) {
  const builtMs = modifiedMs(target);
  return builtMs === null || sources.some((source) => newestMs(source) > builtMs);
}

/**
 * A directory counts itself, so that a deleted file is noticed.
 * @param {string} path
 * @returns {number}
 */
function newestMs(path) {
  const stats = statSync(path);
  if (!stats.isDirectory()) return stats.mtimeMs;
  return Math.max(stats.mtimeMs, ...readdirSync(path).map((name) => newestMs(join(path, name))));
}

/** @param {string} path */
function modifiedMs(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? null;
}
