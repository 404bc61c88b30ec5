// Runs on any Node that knows modules: nothing newer may be used here.

const MINIMUM = [20, 18];

/** Ends the process with a sentence where this Node is too old to run anything else of the project. */
export function requireNode(version = process.versions.node) {
  if (isRecent(version)) return;
  process.stderr.write(`Wattmark needs Node ${MINIMUM.join('.')} or newer; this is Node ${version}.\n`);
  process.exit(1);
}

/** @param {string} version such as 20.18.1 */
export function isRecent(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [wantedMajor = 0, wantedMinor = 0] = MINIMUM;
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}
