import { requireNode } from './build/node-version.mjs';

requireNode();
const { start } = await import('./start/start.mjs');
process.exit(await start(process.argv.slice(2)));
