import type { Mutant } from './mutants.ts';

/** Which mutants were noticed. */
export class Verdicts {
  readonly killed = new Set<number>();
  /** Tests that come by a mutant and that the time did not allow. */
  readonly #leftOut = new Map<number, number>();
  readonly #mutants: readonly Mutant[];

  constructor(mutants: readonly Mutant[]) {
    this.#mutants = mutants;
  }

  leaveOut(id: number): void {
    this.#leftOut.set(id, (this.#leftOut.get(id) ?? 0) + 1);
  }

  /** The survivors, and how many there are. */
  report(reached: ReadonlySet<number>): string {
    const survivors = this.#mutants.filter(({ id }) => !this.killed.has(id));
    const judged = survivors.filter(({ id }) => !this.#leftOut.has(id));
    const lines = survivors.map(({ id, file, line, before, after }) => {
      const change = after === '' ? `without ${shown(before)}` : `${shown(before)}  →  ${shown(after)}`;
      return `${file}:${line}  ${change}${this.#noteOn(id, reached)}\n`;
    });
    const [all, survived, open] = [this.#mutants.length, judged.length, survivors.length - judged.length];
    const counts = `${all} mutants, ${all - survived - open} killed, ${survived} survived, ${open} not tried by all tests`;
    return `${lines.join('')}\n${counts}`;
  }

  #noteOn(id: number, reached: ReadonlySet<number>): string {
    const leftOut = this.#leftOut.get(id);
    if (leftOut !== undefined) return `  (${leftOut} tests left out)`;
    return reached.has(id) ? '' : '  (no test comes by)';
  }
}

function shown(text: string): string {
  return text.replaceAll(/\s+/g, ' ').slice(0, 100);
}
