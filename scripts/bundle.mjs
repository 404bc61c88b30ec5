import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { requireNode } from './build/node-version.mjs';

requireNode();
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { help: { type: 'boolean', short: 'h' } },
});
if (values.help) {
  console.log(
    'npm run bundle -- [directory]\n\nWrites the agent as one file, wattmark-agent.mjs, into dist or the directory.',
  );
} else {
  const { bundle } = await import('./bundle/bundle.mjs');
  const directory = positionals[0] ?? fileURLToPath(new URL('../dist', import.meta.url));
  const { file, bytes, packages } = await bundle(directory);
  console.log(`${file}: ${(bytes / 1e6).toFixed(1)} MB, with ${packages.length} packages whose licences lie beside it`);
}
