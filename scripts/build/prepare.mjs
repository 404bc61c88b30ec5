import { existsSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { isStale } from './freshness.mjs';
import { runStep } from './step.mjs';

/**
 * Installs and builds what is missing or older than what it is made from.
 * @param {string} root of the repository
 * @throws {import('./step.mjs').StepFailed}
 */
export async function prepare(root) {
  await install(root);
  await runStep('Compiling', [process.execPath, 'node_modules/typescript/bin/tsc', '-b'], root);
  const page = ['dashboards/page', 'dashboards/build.mjs'].map((path) => join(root, path));
  if (isStale(join(root, 'dashboards/dist/page/index.html'), page))
    await runStep('Building the page', [process.execPath, 'build.mjs'], join(root, 'dashboards'));
}

/**
 * From the lock file alone: the versions are those that were tested.
 * @param {string} root
 */
async function install(root) {
  // npm writes this file when an installation is complete.
  const installed = join(root, 'node_modules/.package-lock.json');
  if (!isStale(installed, [join(root, 'package-lock.json')])) return;
  const mode = existsSync(installed) ? ['install', '--no-save'] : ['ci'];
  await runStep('Installing dependencies', [...npm(), ...mode, '--loglevel=error', '--no-audit', '--no-fund'], root);
  const now = new Date();
  utimesSync(installed, now, now);
}

/** The npm that runs this script, where one does. */
function npm() {
  const script = process.env['npm_execpath'];
  return script?.endsWith('.js') ? [process.execPath, script] : ['npm'];
}
