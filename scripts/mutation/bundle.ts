import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as esbuild from 'esbuild';
import type { MutatedFile } from './mutants.ts';

/** A test file with the sources that it uses, all their mutants in it. */
export interface Bundle {
  /** Path of the test file from the root. */
  readonly test: string;
  /** Path of the bundled module. */
  readonly path: string;
  /** The mutated files in it, from the root. */
  readonly files: readonly string[];
}

/** Bundles a test file, so that importing it once more begins with fresh modules. */
export async function bundleTest(
  root: string,
  test: string,
  mutated: ReadonlyMap<string, MutatedFile>,
  directory: string,
): Promise<Bundle> {
  const path = join(directory, `${test.replaceAll('/', '_')}.mjs`);
  const { metafile } = await esbuild.build({
    absWorkingDir: root,
    entryPoints: [test],
    outfile: path,
    bundle: true,
    metafile: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    logLevel: 'error',
    plugins: [mutation(root, mutated)],
  });
  return { test, path, files: Object.keys(metafile.inputs).filter((file) => mutated.has(file)) };
}

const trialModules = new Map([
  ['tap', 'export default globalThis.$test; export const test = (...given) => globalThis.$test.test(...given);'],
  ['fast-check', 'export default globalThis.$check;'],
]);

/** Puts the mutated text in the place of a file's own, and in that of tap's root and fast-check what the trial makes of them. */
function mutation(root: string, mutated: ReadonlyMap<string, MutatedFile>): esbuild.Plugin {
  return {
    name: 'mutation',
    setup(build) {
      build.onResolve({ filter: /^(tap|fast-check)$/ }, ({ path }) => ({ path, namespace: 'trial' }));
      build.onLoad({ filter: /./, namespace: 'trial' }, ({ path }) => ({ contents: trialModules.get(path) ?? '' }));
      build.onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const text = mutated.get(path.slice(root.length + 1))?.text ?? readFileSync(path, 'utf8');
        const contents = text
          .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href))
          .replaceAll('import.meta.filename', JSON.stringify(path))
          .replaceAll('import.meta.dirname', JSON.stringify(dirname(path)));
        return { contents, loader: 'ts' };
      });
    },
  };
}
