// Whether the agent works, for the health of its container: each tick leaves a trace in the spool, and none is a sign.
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const spool = process.argv[2] ?? '/var/lib/wattmark/spool';
const MAX_AGE_MS = 300_000;

const times = readdirSync(spool, { recursive: true, encoding: 'utf8' }).map(
  (name) => statSync(join(spool, name)).mtimeMs,
);
process.exitCode = Math.max(...times) > Date.now() - MAX_AGE_MS ? 0 : 1;
