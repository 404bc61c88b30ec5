import type { Mutant } from './mutants.ts';

/** Which mutants were noticed. */
export class Verdicts {
  readonly killed = new Set<number>();
  /** Runs that the time did not allow. */
  untried = 0;
  readonly #mutants: readonly Mutant[];

  constructor(mutants: readonly Mutant[]) {
    this.#mutants = mutants;
  }

  /** The survivors, and how many there are. */
  report(reached: ReadonlySet<number>): string {
    const survivors = this.#mutants.filter(({ id }) => !this.killed.has(id));
    const lines = survivors.map(({ id, file, line, before, after }) => {
      const change = after === '' ? `without ${shown(before)}` : `${shown(before)}  →  ${shown(after)}`;
      return `${file}:${line}  ${change}${reached.has(id) ? '' : '  (no test comes by)'}\n`;
    });
    const [all, survived] = [this.#mutants.length, survivors.length];
    return `${lines.join('')}\n${all} mutants, ${all - survived} killed, ${survived} survived`;
  }
}

function shown(text: string): string {
  return text.replaceAll(/\s+/g, ' ').slice(0, 100);
}
