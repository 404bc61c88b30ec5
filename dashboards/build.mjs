// Bundles the page to dist/page, or to the folder named: index.html, app-<hash>.js, app-<hash>.css, favicon.svg and
// the licences of what is bundled.
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const LIMIT_BYTES = 60_000;

const here = dirname(fileURLToPath(import.meta.url));
const source = join(here, 'page');
const target = process.argv[2] ?? join(here, 'dist', 'page');

const { metafile } = await build({
  entryPoints: [
    { in: join(source, 'main.tsx'), out: 'app' },
    { in: join(source, 'style', 'page.css'), out: 'app' },
  ],
  outdir: target,
  entryNames: '[name]-[hash]',
  bundle: true,
  minify: true,
  format: 'esm',
  target: ['es2022'],
  jsx: 'automatic',
  jsxImportSource: 'preact',
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
});

const files = Object.keys(metafile.outputs).map((path) => basename(path));
const nameOf = (suffix) => files.find((file) => file.endsWith(suffix));
const html = await readFile(join(source, 'index.html'), 'utf8');
await writeFile(join(target, 'index.html'), html.replace('app.js', nameOf('.js')).replace('app.css', nameOf('.css')));
await writeFile(join(target, 'favicon.svg'), await readFile(join(source, 'favicon.svg')));
const { resolve } = createRequire(import.meta.url);
const licences = ['preact', 'uplot'].map(async (name) => {
  const licence = await readFile(join(dirname(resolve(`${name}/package.json`)), 'LICENSE'), 'utf8');
  return `${name}\n\n${licence.trim()}\n`;
});
await writeFile(join(target, 'licences.txt'), (await Promise.all(licences)).join('\n\n'));

// What an older build left behind goes last, so that a collector can serve the folder all the while.
const isStale = (file) => /^app-\w+\.(js|css)$/.test(file) && !files.includes(file);
for (const file of (await readdir(target)).filter(isStale)) await rm(join(target, file));

let totalBytes = 0;
for (const file of [...files, 'index.html', 'favicon.svg', 'licences.txt']) {
  const bytes = gzipSync(await readFile(join(target, file)), { level: 9 }).length;
  totalBytes += bytes;
  console.log(`${file.padEnd(20)} ${(bytes / 1000).toFixed(1).padStart(6)} kB gzipped`);
}
console.log(`${'in all'.padEnd(20)} ${(totalBytes / 1000).toFixed(1).padStart(6)} kB gzipped`);
if (totalBytes > LIMIT_BYTES) {
  console.error(`The page is larger than ${LIMIT_BYTES / 1000} kB.`);
  process.exitCode = 1;
}
