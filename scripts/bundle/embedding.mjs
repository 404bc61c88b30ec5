import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const prebuilds = 'node_modules/@serialport/bindings-cpp/prebuilds';

/** Processors whose serial driver is in the bundle, by their name in Node, with the place of the driver. */
const serialDrivers = {
  x64: 'linux-x64/@serialport+bindings-cpp.glibc.node',
  arm64: 'linux-arm64/@serialport+bindings-cpp.armv8.glibc.node',
};

/**
 * Puts into the bundle what the installed agent reads from its own files: the list of its sources, its profiles, its
 * version, and the native code for serial lines.
 * @param {string} root of the repository
 * @returns {import('esbuild').Plugin}
 */
export function embedding(root) {
  const source = join(root, 'agent/src');
  /** Modules with what takes their place. */
  const replacements = new Map([
    [join(source, 'version.ts'), () => versionModule(root)],
    [join(source, 'source-catalog.ts'), () => catalogModule(join(source, 'sources'))],
    [join(source, 'profiles/shipped.ts'), () => profilesModule(join(source, 'profiles'))],
    [join(root, 'scripts/bundle/serial-drivers.mjs'), () => serialDriversModule(join(root, prebuilds))],
  ]);
  return {
    name: 'embedding',
    setup(build) {
      build.onLoad({ filter: /\/(version|source-catalog|shipped|serial-drivers)\.m?[jt]s$/ }, ({ path }) => {
        const contents = replacements.get(path)?.();
        return contents === undefined ? undefined : { contents, loader: 'js', resolveDir: join(path, '..') };
      });
      // The loader of native code looks for it in the package's folders, which a bundle does not have.
      build.onResolve({ filter: /^node-gyp-build$/ }, () => ({
        path: join(root, 'scripts/bundle/serial-driver.mjs'),
      }));
    },
  };
}

/** @param {string} root */
function versionModule(root) {
  const { version } = JSON.parse(readFileSync(join(root, 'agent/package.json'), 'utf8'));
  return `export const version = ${JSON.stringify(version)};`;
}

/** @param {string} directory */
function catalogModule(directory) {
  const kinds = namesIn(directory, '.ts');
  const loaders = kinds.map((kind) => `${JSON.stringify(kind)}: () => import('./sources/${kind}.ts')`);
  return `const loaders = {${loaders.join(',')}};
    export async function openCatalog() {
      return {
        kinds: Object.keys(loaders),
        async load(kind) {
          if (!Object.hasOwn(loaders, kind)) throw new Error(\`there is no source of kind \${kind}\`);
          return (await loaders[kind]()).default;
        },
      };
    }`;
}

/** @param {string} directory */
function profilesModule(directory) {
  const kinds = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const texts = Object.fromEntries(
    kinds.map(({ name: kind }) => {
      const folder = join(directory, kind);
      const read = (/** @type {string} */ name) => JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'));
      return [kind, Object.fromEntries(namesIn(folder, '.json').map((name) => [name, JSON.stringify(read(name))]))];
    }),
  );
  return `const texts = ${JSON.stringify(texts)};
    export const listKinds = () => Object.keys(texts).sort();
    export const listProfiles = (kind) => Object.keys(texts[kind] ?? {});
    export const readProfile = (kind, name) => texts[kind][name];`;
}

/** @param {string} directory */
function serialDriversModule(directory) {
  const packed = Object.entries(serialDrivers).map(([processor, file]) => [
    processor,
    gzipSync(readFileSync(join(directory, file)), { level: 9 }).toString('base64'),
  ]);
  return `export const drivers = ${JSON.stringify(Object.fromEntries(packed))};`;
}

/**
 * Names of the files of a directory that end so, without their end, in alphabetical order.
 * @param {string} directory
 * @param {string} end
 */
function namesIn(directory, end) {
  return readdirSync(directory)
    .filter((file) => file.endsWith(end))
    .map((file) => file.slice(0, -end.length))
    .sort();
}
