import { execFile, execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Instruction, Stage } from './dockerfile.ts';

const run = promisify(execFile);

/**
 * Builds the stages of a Dockerfile without a container engine: each in a directory that stands for the root of its file system.
 * What is installed is not downloaded again: the repository's own packages, which are of the same lock file, are linked.
 */
export class ImageBuild {
  readonly #stages: readonly Stage[];
  readonly #context: string;
  readonly #ignored: readonly string[];
  readonly #directory: string;

  /** @param ignored lines of .dockerignore */
  constructor(stages: readonly Stage[], context: string, ignored: readonly string[], directory: string) {
    this.#stages = stages;
    this.#context = context;
    this.#ignored = ignored;
    this.#directory = directory;
  }

  /** The root directory of a stage. */
  root(stage: string): string {
    return join(this.#directory, stage);
  }

  async build(): Promise<void> {
    for (const stage of this.#stages) {
      const isOwn = this.#stages.some(({ name }) => name === stage.from);
      if (isOwn) link(this.root(stage.from), this.root(stage.name));
      else mkdirSync(this.root(stage.name), { recursive: true });
      await this.#apply(stage);
    }
  }

  async #apply({ name, from }: Stage): Promise<void> {
    let workdir = this.#workdirOf(from);
    for (const instruction of this.#stages.find((stage) => stage.name === name)?.instructions ?? []) {
      if (instruction.verb === 'WORKDIR') workdir = instruction.text;
      const cwd = join(this.root(name), workdir);
      mkdirSync(cwd, { recursive: true });
      if (instruction.verb === 'COPY') this.#copy(instruction, cwd);
      if (instruction.verb === 'RUN') await this.#run(instruction, this.root(name), cwd);
    }
  }

  #workdirOf(name: string): string {
    const stage = this.#stages.find((candidate) => candidate.name === name);
    const own = stage?.instructions.findLast(({ verb }) => verb === 'WORKDIR')?.text;
    return own ?? (stage === undefined ? '/' : this.#workdirOf(stage.from));
  }

  #copy({ text, flags }: Instruction, cwd: string): void {
    const words = text.split(/\s+/);
    const target = words.at(-1) as string;
    for (const source of words.slice(0, -1)) {
      if (flags['from'] === undefined) this.#copyFromContext(source, target, cwd);
      else {
        const path = join(this.root(flags['from']), source);
        const to = target.endsWith('/') ? join(cwd, target, basename(source)) : join(cwd, target);
        mkdirSync(dirname(to), { recursive: true });
        link(path, to);
      }
    }
  }

  #copyFromContext(source: string, target: string, cwd: string): void {
    const tracked = execFileSync('git', ['ls-files', '-co', '--exclude-standard', source], { cwd: this.#context });
    const files = tracked
      .toString()
      .split('\n')
      .filter((file) => file !== '' && !this.#isIgnored(file));
    for (const file of files) {
      const to = source === '.' ? join(cwd, target, file) : resolve(cwd, target, basename(file));
      cpSync(join(this.#context, file), to, { force: true });
    }
  }

  #isIgnored(file: string): boolean {
    const parts = file.split('/');
    return this.#ignored.some((pattern) => {
      if (!pattern.startsWith('**/')) return file === pattern || file.startsWith(`${pattern}/`);
      const name = pattern.slice(3);
      return parts.some((part) => (name.startsWith('*') ? part.endsWith(name.slice(1)) : part === name));
    });
  }

  async #run({ text }: Instruction, root: string, cwd: string): Promise<void> {
    if (text.startsWith('npm ci')) return this.#install(text, cwd);
    const command = text.replaceAll(/ (\/var\/lib\/\S+)/g, ` ${root}$1`);
    await shell(`umask 022 && ${command}`, cwd);
  }

  async #install(command: string, cwd: string): Promise<void> {
    await shell(`${command} --dry-run --offline`, cwd);
    for (const place of ['.', ...readdirSync(cwd)]) {
      const installed = join(this.#context, place, 'node_modules');
      if (existsSync(installed)) link(installed, join(cwd, place, 'node_modules'));
    }
    // npm writes this one in place.
    const list = 'node_modules/.package-lock.json';
    rmSync(join(cwd, list));
    cpSync(join(this.#context, list), join(cwd, list));
  }
}

/** Runs a command with nothing of the test's own environment, in which a test runner has its hooks. */
async function shell(command: string, cwd: string): Promise<void> {
  const { PATH, HOME } = process.env;
  await run('env', ['-i', `PATH=${PATH}`, `HOME=${HOME}`, 'sh', '-c', command], { cwd, maxBuffer: 16 * 1024 * 1024 });
}

/** Copies a tree without its contents, where the file system can. */
function link(from: string, to: string): void {
  try {
    execFileSync('cp', ['-al', from, to], { stdio: 'pipe' });
  } catch {
    execFileSync('cp', ['-a', from, to]);
  }
}
