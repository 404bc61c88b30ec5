import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The packages that files of a bundle come from, and their licences, which must go where the bundle goes.
 * @param {string} root of the repository
 * @param {readonly string[]} inputs paths from the root
 */
export function collectLicences(root, inputs) {
  const folders = inputs.map((input) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0]);
  const packages = [...new Set(folders.filter((folder) => folder !== undefined))].sort();
  const own = readFileSync(join(root, 'LICENSE'), 'utf8');
  const texts = packages.map((folder) => licenceOf(join(root, folder)));
  return { packages, text: [`Wattmark\n\n${own}`, ...texts].join(`\n${'-'.repeat(80)}\n\n`) };
}

/** @param {string} folder of a package */
function licenceOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|notice|copying)/i.test(file));
  const texts = files
    .filter((file) => existsSync(join(folder, file)))
    .map((file) => readFileSync(join(folder, file), 'utf8'));
  return `${name} ${version} (${license ?? 'see below'})\n\n${texts.join('\n')}`;
}
