import { spawn } from 'node:child_process';
import { utimesSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { isStale } from '../build/freshness.mjs';
import { prepare } from '../build/prepare.mjs';
import { runStep, StepFailed } from '../build/step.mjs';
import { TapReport } from './report.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const tap = [process.execPath, 'node_modules/tap/dist/esm/run.mjs'];

/**
 * Runs the named test files, or all, after installing and building what is missing.
 * @param {readonly string[]} files
 * @returns {Promise<number>} exit code
 */
export async function test(files) {
  try {
    await prepare(root);
    await prepareTap();
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    console.error(error.message);
    console.log('0 passed, 1 failed');
    return 1;
  }
  const report = new TapReport();
  const exitCode = await runTap(files, report);
  const { passed, failed, skipped, skips } = report.totals(exitCode);
  if (skips.length > 0) console.log(`\nSkipped:\n${skips.map((skip) => `  ${skip}`).join('\n')}`);
  console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  return failed === 0 ? 0 : 1;
}

/** Tap builds its plugins in part into node_modules: a new installation asks for them anew. */
async function prepareTap() {
  const plugins = join(root, '.tap/plugins');
  if (!isStale(plugins, [join(root, 'node_modules/.package-lock.json')])) return;
  await runStep('Preparing tap', [...tap, 'build'], root);
  const now = new Date();
  utimesSync(plugins, now, now);
}

/**
 * @param {readonly string[]} files
 * @param {TapReport} report
 * @returns {Promise<number | null>} tap's exit code; null where a signal ended it
 */
function runTap(files, report) {
  return new Promise((resolve, reject) => {
    const [node = '', ...args] = [...tap, 'run', '--reporter=tap', ...files];
    const child = spawn(node, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
    createInterface({ input: child.stdout }).on('line', (line) => {
      for (const shown of report.read(line)) console.log(shown);
    });
    child.once('error', reject);
    child.once('close', resolve);
  });
}
