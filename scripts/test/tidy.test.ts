import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const root = fileURLToPath(new URL('../..', import.meta.url));
const workspaces = ['shared', 'agent', 'collector', 'dashboards', 'demo'] as const;

const files = trackedFiles();
const code = files.filter((file) => /\.(ts|tsx|mjs|js)$/.test(file));
const source = code.filter((file) => !file.includes('/test/') && !file.startsWith('bench/'));

t.test('there is something to look at', async (t) => {
  for (const workspace of workspaces)
    t.ok(
      source.some((file) => file.startsWith(`${workspace}/`)),
      workspace,
    );
});

t.test('a source file has at most 300 lines, a line at most 130 characters', async (t) => {
  t.same(
    offenders(source, (text) => text.split('\n').length > 301),
    [],
  );
  t.same(
    linesOf(source, (line) => line.length > 130),
    [],
  );
});

t.test('functions are short: the linter measures them', async (t) => {
  const { rules, overrides } = JSON.parse(read('.oxlintrc.json')) as LintConfig;
  t.same(rules['max-lines-per-function'], ['error', { max: 60 }]);
  t.same(rules['typescript/no-explicit-any'], 'error');
  t.same(rules['import/no-cycle'], 'error');
  const lifted = overrides.filter((override) => override.rules?.['max-lines-per-function'] !== undefined);
  t.same(
    lifted.flatMap((override) => override.files),
    ['**/test/**', 'bench/**'],
  );
  t.same(
    linesOf(source, (line) => /(oxlint|eslint|biome)-(disable|ignore)|@ts-(ignore|nocheck)/.test(line)),
    [],
  );
});

t.test('no any, no enum, nothing left to do', async (t) => {
  t.same(
    linesOf(code, (line) => /(:|<|\bas) any\b/.test(stripped(line))),
    [],
  );
  t.same(
    linesOf(code, (line) => /^\s*(export )?(declare )?(const )?enum /.test(line)),
    [],
  );
  t.same(
    linesOf(source, (line) => /(\/\/|^\s*\/?\*).*\b(TODO|FIXME|XXX|HACK)\b/.test(line)),
    [],
  );
});

t.test('files are nouns in kebab-case, and none is a drawer or a barrel', async (t) => {
  t.same(
    code.filter((file) => !/^[a-z0-9-]+(\.test)?\.(ts|tsx|mjs|js)$/.test(basename(file))),
    [],
  );
  t.same(
    code.filter((file) => /^(utils?|helpers?|common|misc|index)\.[a-z]+$/.test(basename(file))),
    [],
  );
  t.same(offenders(source, isBarrel), []);
});

t.test('imports run one way', async (t) => {
  const forbidden: Record<string, readonly string[]> = {
    shared: ['agent', 'collector', 'dashboards', 'demo'],
    agent: ['collector', 'dashboards', 'demo'],
    collector: ['agent', 'demo'],
    dashboards: ['agent', 'collector', 'shared', 'demo'],
    demo: ['agent', 'collector', 'dashboards'],
    'collector/src/accounting': ['collector/src/store', 'collector/src/api', 'collector/src/ingest'],
    'collector/src/kpi': ['collector/src/api', 'collector/src/ingest', 'collector/src/broker'],
    'collector/src/store': ['collector/src/api', 'collector/src/ingest', 'collector/src/broker'],
    'collector/src/evidence': ['collector/src/store', 'collector/src/api', 'collector/src/ingest', 'collector/src/kpi'],
  };
  for (const [place, others] of Object.entries(forbidden)) {
    const wrong = source
      .filter((file) => file.startsWith(`${place}/`))
      .flatMap((file) => importsOf(file).map((imported) => ({ file, imported })))
      .filter(({ imported }) => others.some((other) => imported.startsWith(`${other}/`)));
    t.same(wrong, [], place);
  }
});

t.test('accounting and figures take time as an argument', async (t) => {
  const timeless = source.filter((file) => /^collector\/src\/(accounting|kpi|site)\//.test(file));
  t.ok(timeless.length > 5);
  t.same(
    linesOf(timeless, (line) => /Date\.now|new Date\(\)|performance\.now|Temporal\.Now|hrtime/.test(line)),
    [],
  );
});

t.test('nothing names the machine that it was written on', async (t) => {
  const texts = files.filter((file) => /\.(ts|tsx|mjs|js|json|md|ya?ml|css|html)$/.test(file) || file === '.ci/run');
  t.same(
    linesOf(texts, (line) => line.includes(root) || line.includes(`${homedir()}/`)),
    [],
  );
  const locked = ['package-lock.json', '.npmrc'];
  t.same(
    linesOf(locked, (line) => /"resolved": "http|registry *=/.test(line)),
    [],
    'no registry is written down',
  );
});

t.test('links in documents lead to files', async (t) => {
  const documents = files.filter((file) => file.endsWith('.md'));
  const broken = documents.flatMap((file) =>
    linksIn(read(file))
      .filter((link) => !existsSync(resolve(root, dirname(file), link)))
      .map((link) => `${file}: ${link}`),
  );
  t.same(broken, []);
});

interface LintConfig {
  readonly rules: Readonly<Record<string, unknown>>;
  readonly overrides: readonly { files: readonly string[]; rules?: Readonly<Record<string, unknown>> }[];
}

/** What git knows or would add, without what was deleted and not yet committed. */
function trackedFiles(): string[] {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: root });
  return listed
    .toString()
    .split('\n')
    .filter((file) => file !== '' && existsSync(join(root, file)));
}

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

function offenders(of: readonly string[], isWrong: (text: string) => boolean): string[] {
  return of.filter((file) => isWrong(read(file)));
}

function linesOf(of: readonly string[], isWrong: (line: string) => boolean): string[] {
  return of.flatMap((file) =>
    read(file)
      .split('\n')
      .flatMap((line, index) => (isWrong(line) ? [`${file}:${index + 1}: ${line.trim()}`] : [])),
  );
}

/** A line without its comments and strings. */
function stripped(line: string): string {
  return line.replace(/'[^']*'|"[^"]*"|`[^`]*`|\/\/.*|\/?\*.*/g, '');
}

/** Nothing but re-exports. */
function isBarrel(text: string): boolean {
  const statements = text.split(/;\s*/).filter((statement) => statement.trim() !== '');
  return statements.length > 0 && statements.every((statement) => /^export [^=]* from '/.test(statement.trim()));
}

/** Paths from the root of what a file imports from this repository. */
function importsOf(file: string): string[] {
  const specifiers = [...read(file).matchAll(/(?:from|import\()\s*'([^']+)'/g)].map(([, specifier]) => specifier ?? '');
  return specifiers.flatMap((specifier) => {
    if (specifier.startsWith('.')) return [relative(root, resolve(root, dirname(file), specifier))];
    return specifier.startsWith('@wattmark/') ? [`${specifier.slice('@wattmark/'.length)}/`] : [];
  });
}

/** Targets of links and pictures that are files of this repository. */
function linksIn(markdown: string): string[] {
  return [...markdown.matchAll(/\]\(([^)\s]+)\)|<img[^>]+src="([^"]+)"/g)]
    .map(([, link, picture]) => (link ?? picture ?? '').replace(/#.*$/, ''))
    .filter((link) => link !== '' && !/^[a-z]+:/.test(link));
}
