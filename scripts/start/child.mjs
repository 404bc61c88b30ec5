import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { severeMessage } from './log-line.mjs';

const STOP_WITHIN_MS = 5_000;
const TAIL_LINES = 20;
const REPEAT_AFTER_MS = 60_000;

/**
 * @typedef {object} Child
 * @property {string} name
 * @property {Promise<string>} ended how it ended, such as `exit code 1`
 * @property {() => string} tail the last lines of its log
 * @property {() => Promise<void>} stop SIGTERM, and SIGKILL to one that has not ended within 5 s
 */

/**
 * Starts a program whose log goes to a file; its warnings and errors are shown too.
 * @param {string} name
 * @param {readonly string[]} args of Node
 * @param {string} logFile
 * @returns {Child}
 */
export function startChild(name, args, logFile) {
  // A group of its own: a terminal's Ctrl-C reaches this process only, which stops the children in order.
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const log = createWriteStream(logFile);
  /** @type {string[]} */
  const tail = [];
  const show = showSevere(name);
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      log.write(`${line}\n`);
      tail.push(line);
      if (tail.length > TAIL_LINES) tail.shift();
      show(line);
    });
  }
  /** @type {Promise<string>} */
  const ended = new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => {
      log.end(() => resolve(signal === null ? `exit code ${code}` : `signal ${signal}`));
    });
  });
  return { name, ended, tail: () => tail.join('\n'), stop: () => stop(child, ended) };
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @param {Promise<string>} ended
 */
async function stop(child, ended) {
  child.kill('SIGTERM');
  const last = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
  await ended;
  clearTimeout(last);
}

/** @param {string} name */
function showSevere(name) {
  let last = { message: '', atMs: 0 };
  return (/** @type {string} */ line) => {
    const message = severeMessage(line);
    const nowMs = performance.now();
    if (message === null || (message === last.message && nowMs - last.atMs < REPEAT_AFTER_MS)) return;
    last = { message, atMs: nowMs };
    console.log(`${name}: ${message}`);
  };
}
