import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A directory that goes with the test. */
export function scratch(test: { teardown(fn: () => void): void }): string {
  const directory = mkdtempSync(join(tmpdir(), 'wattmark-agent-'));
  test.teardown(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}
