import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { embedding } from './embedding.mjs';
import { collectLicences } from './licences.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Packages written for CommonJS expect what modules do not have. */
const prelude = [
  "import { createRequire as createRequireOfBundle } from 'node:module';",
  'const require = createRequireOfBundle(import.meta.url);',
  'const __dirname = import.meta.dirname;',
].join('\n');

/**
 * Writes the agent as one file that needs nothing but Node, and the licences of what is in it.
 * @param {string} directory which is made where it does not exist
 */
export async function bundle(directory) {
  const file = join(directory, 'wattmark-agent.mjs');
  mkdirSync(directory, { recursive: true });
  const { metafile } = await build({
    stdin: { contents: "import './main.ts';", resolveDir: join(root, 'agent/src'), sourcefile: 'entry.mjs' },
    absWorkingDir: root,
    outfile: file,
    bundle: true,
    platform: 'node',
    target: 'node20.18',
    format: 'esm',
    conditions: ['@wattmark/source'],
    banner: { js: `${firstLine()}\n${prelude}` },
    // Names are kept as they are: what goes wrong is reported with its place.
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
    plugins: [embedding(root)],
  });
  chmodSync(file, 0o755);
  const { packages, text } = collectLicences(root, Object.keys(metafile.inputs));
  writeFileSync(join(directory, 'wattmark-agent.licences.txt'), text);
  return { file, bytes: statSync(file).size, packages, metafile };
}

/** Of the installed program: the flags of Node that keep it small. */
function firstLine() {
  return readFileSync(join(root, 'agent/bin/wattmark-agent.js'), 'utf8').split('\n')[0];
}
