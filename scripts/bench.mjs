import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { requireNode } from './build/node-version.mjs';

requireNode();
const { prepare } = await import('./build/prepare.mjs');
const root = fileURLToPath(new URL('..', import.meta.url));
await prepare(root);

const node = ['--conditions=@wattmark/source', '--import', 'tsx', 'bench/main.ts'];
const bench = spawn(process.execPath, [...node, ...process.argv.slice(2)], { cwd: root, stdio: 'inherit' });
// A terminal's Ctrl-C reaches both; bench puts everything away before it ends, and this waits for it.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => {});
bench.once('close', (code) => {
  process.exitCode = code ?? 1;
});
