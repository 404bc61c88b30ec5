import { fileURLToPath } from 'node:url';
import { requireNode } from './build/node-version.mjs';

requireNode();
const { bundle } = await import('./bundle/bundle.mjs');
const directory = process.argv[2] ?? fileURLToPath(new URL('../dist', import.meta.url));
const { file, bytes, packages } = await bundle(directory);
console.log(`${file}: ${(bytes / 1e6).toFixed(1)} MB, with ${packages.length} packages whose licences lie beside it`);
