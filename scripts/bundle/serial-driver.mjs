import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { drivers } from './serial-drivers.mjs';

/**
 * Loads the native code for serial lines that is in the bundle. The linker takes it from a file only: one in a directory
 * that nobody else can enter, and which is gone again as soon as it is loaded.
 * @throws {Error} where there is none for this machine, or it may not be loaded from any place
 */
export default function loadDriver() {
  const packed = drivers[process.arch];
  if (process.platform !== 'linux' || packed === undefined || !isGlibc()) {
    const machines = Object.keys(drivers).join(' or ');
    throw new Error(
      `the single-file agent has no serial driver for this machine (${process.platform}, ${process.arch}): ` +
        `it has one for Linux with glibc on ${machines}. Install the agent from its repository with npm instead`,
    );
  }
  const code = gunzipSync(Buffer.from(packed, 'base64'));
  const failures = [];
  for (const place of places()) {
    try {
      return loadFrom(place, code);
    } catch (error) {
      failures.push(`${place}: ${/** @type {Error} */ (error).message}`);
    }
  }
  const reasons = failures.join('; ');
  throw new Error(`the serial driver cannot be loaded; set TMPDIR to a directory without noexec (${reasons})`);
}

/** What systemd gives the agent comes last: `/tmp` is empty after a crash. */
function places() {
  const state = process.env['STATE_DIRECTORY']?.split(':') ?? [];
  return [tmpdir(), ...state];
}

/**
 * @param {string} place a directory
 * @param {Buffer} code
 */
function loadFrom(place, code) {
  // mkdtemp makes a name that was not there, with mode 0700.
  const directory = mkdtempSync(join(place, 'wattmark-serial-'));
  try {
    const file = join(directory, 'serial.node');
    writeFileSync(file, code, { flag: 'wx', mode: 0o500 });
    return createRequire(import.meta.url)(file);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function isGlibc() {
  const { header } = /** @type {{ header: { glibcVersionRuntime?: string } }} */ (process.report.getReport());
  return header.glibcVersionRuntime !== undefined;
}
