import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { API } from 'typescript/unstable/sync';
import { type Bundle, bundleTest } from './bundle.ts';
import { type MutatedFile, mutate } from './mutants.ts';
import { Trial } from './trial.ts';
import { Verdicts } from './verdicts.ts';

/**
 * Mutation testing: changes the collector's arithmetic in small ways, and names the changes that no test notices.
 * docs/mutation.md explains those that are known.
 */

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
const places = ['accounting', 'corrections', 'kpi', 'restatement', 'site'].map((name) => `collector/src/${name}`);

/** A test that takes more processor time than this is not run for mutants. */
const longestTestMs = 15_000;

/** After so many mutants a trial begins anew: every import of a bundle stays in its memory. */
const mutantsPerTrial = 150;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    help: { type: 'boolean', default: false },
    minutes: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    tests: { type: 'string', default: '' },
  },
});
const [minutes, seed] = [Number(values.minutes), Number(values.seed)];
const wanted = positionals.length === 0 ? places : positionals;

if (values.help || !(minutes > 0) || !Number.isInteger(seed)) {
  console.error('npm run mutate -- [--minutes N] [--seed N] [--tests pattern] [collector/src/file-or-directory …]');
  process.exitCode = 2;
} else {
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  await run(Date.now() + minutes * 60_000);
}

async function run(untilMs: number): Promise<void> {
  const directory = join(root, 'collector/node_modules/.mutation');
  mkdirSync(directory, { recursive: true });
  try {
    const mutated = mutateFiles();
    const bundles = await Promise.all(testFiles().map((test) => bundleTest(root, test, mutated, directory)));
    const verdicts = new Verdicts([...mutated.values()].flatMap(({ mutants }) => mutants));
    const tests = await learn(bundles.filter(({ files }) => files.length > 0));
    for (const test of tests) {
      const before = verdicts.killed.size;
      await tryOut(test, verdicts, untilMs);
      console.log(
        `${test.bundle.test}: ${verdicts.killed.size - before} killed, ${test.cpuMs} ms of processor time a run`,
      );
    }
    console.log(verdicts.report(new Set(tests.flatMap(({ reached }) => reached))));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function mutateFiles(): Map<string, MutatedFile> {
  const api = new API({ cwd: root });
  const snapshot = api.updateSnapshot({ openProject: join(root, 'collector/tsconfig.json') });
  const mutated = new Map<string, MutatedFile>();
  let nextId = 1;
  for (const { program } of snapshot.getProjects())
    for (const name of program.getSourceFileNames()) {
      const file = name.slice(root.length + 1);
      const source = program.getSourceFile(name);
      // A table's numbers are held against their sources by readers, not by tests.
      if (name.endsWith('.json')) continue;
      if (source === undefined || !wanted.some((place) => file === place || file.startsWith(`${place}/`))) continue;
      mutated.set(file, mutate(source, root, nextId));
      nextId += mutated.get(file)?.mutants.length ?? 0;
    }
  api.close();
  return mutated;
}

/** Tests of the collector within one process. */
function testFiles(): string[] {
  return readdirSync(join(root, 'collector/test'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts') && !file.startsWith('chaos/') && new RegExp(values.tests).test(file))
    .map((file) => `collector/test/${file}`)
    .sort();
}

/** A test that passes without a mutant, and the mutants that it comes by. */
interface KnownTest {
  readonly bundle: Bundle;
  /** Processor time of a run, ms. */
  readonly cpuMs: number;
  readonly reached: readonly number[];
}

/** Runs every test without a mutant. Answers the quickest first, so that few mutants are left for the slow ones. */
async function learn(bundles: readonly Bundle[]): Promise<KnownTest[]> {
  const tests: KnownTest[] = [];
  for (const bundle of bundles) {
    const trial = new Trial(bundle);
    const answer = await trial.ask(0, longestTestMs);
    trial.end();
    if (answer?.passed === true) tests.push({ bundle, cpuMs: answer.cpuMs, reached: answer.reached });
    else console.log(`not used: ${bundle.test} ${answer === null ? 'takes too long' : 'fails'}`);
  }
  return tests.sort((a, b) => a.cpuMs - b.cpuMs);
}

/** Tries the mutants that a test comes by and that no test has noticed yet. */
async function tryOut({ bundle, cpuMs, reached }: KnownTest, verdicts: Verdicts, untilMs: number): Promise<void> {
  let trial = new Trial(bundle);
  let tried = 0;
  for (const id of shuffled(reached.filter((id) => !verdicts.killed.has(id)))) {
    if (Date.now() > untilMs) {
      verdicts.leaveOut(id);
      continue;
    }
    const answer = await trial.ask(id, 2 * cpuMs + 2_000);
    if (answer?.passed !== true) verdicts.killed.add(id);
    tried += 1;
    if (answer !== null && tried % mutantsPerTrial !== 0) continue;
    trial.end();
    trial = new Trial(bundle);
  }
  trial.end();
}

/** The ids in an order that depends on the seed alone: where the time is short, a sample is tried. */
function shuffled(ids: readonly number[]): number[] {
  const rank = (id: number): number => Math.imul(id ^ (seed << 16), 0x9e37_79b1) >>> 0;
  return ids.toSorted((a, b) => rank(a) - rank(b));
}
