import { spawn } from 'node:child_process';

/** A step that did not succeed; the message is for the operator and holds what the program said. */
export class StepFailed extends Error {
  /** @override */
  name = 'StepFailed';
}

const OUTPUT_LIMIT = 1_000_000;
const QUIET_MS = 10_000;

/**
 * Runs a program to its end, showing what is going on and how long it has been.
 * @param {string} title such as `Installing dependencies`
 * @param {readonly string[]} command program and arguments
 * @param {string} directory to run it in
 * @throws {StepFailed} with the program's output where it fails
 */
export async function runStep(title, [program = '', ...args], directory) {
  const startMs = performance.now();
  const elapsed = () => `${((performance.now() - startMs) / 1000).toFixed(1)} s`;
  const live = process.stdout.isTTY;
  if (!live) console.log(`${title} …`);
  const show = () =>
    live ? process.stdout.write(`\r${title} … ${elapsed()}`) : console.log(`${title} … ${elapsed()}`);
  const ticker = setInterval(show, live ? 200 : QUIET_MS);
  const result = await run(program, args, directory).finally(() => clearInterval(ticker));
  console.log(`${live ? '\r' : ''}${title}: ${result.ok ? 'done' : 'failed'} after ${elapsed()}`);
  if (!result.ok) throw new StepFailed(`${title} failed: ${[program, ...args].join(' ')}\n${result.output}`);
}

/**
 * @param {string} program
 * @param {readonly string[]} args
 * @param {string} directory
 * @returns {Promise<{ok: boolean, output: string}>}
 */
function run(program, args, directory) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const collect = (/** @type {Buffer} */ chunk) => {
      output = (output + chunk.toString()).slice(-OUTPUT_LIMIT);
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', (error) => resolve({ ok: false, output: error.message }));
    child.on('close', (code) => resolve({ ok: code === 0, output }));
  });
}
