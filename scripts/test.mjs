import { requireNode } from './build/node-version.mjs';

requireNode();
const { test } = await import('./tap/test.mjs');
process.exitCode = await test(process.argv.slice(2));
