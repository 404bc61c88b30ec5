/** Labels of a sample, in their order. */
export type Labels = Readonly<Record<string, string>>;

/** Adds a sample; a value that is null is unknown and has none. */
export type Sampler = (labels: string, value: number | null) => void;

/**
 * Metrics in Prometheus's text format (version 0.0.4). Written by hand because of the number of samples: a library that holds
 * and hashes each of them takes a second for what is a concatenation of strings.
 */
export class Exposition {
  readonly #families: string[][] = [];

  /** A metric `wattmark_<name>`; counters get `_total` behind it. Without samples there are its lines of description. */
  family(name: string, type: 'counter' | 'gauge', help: string): Sampler {
    const full = `wattmark_${name}${type === 'counter' ? '_total' : ''}`;
    const lines = [`# HELP ${full} ${help}`, `# TYPE ${full} ${type}`];
    this.#families.push(lines);
    return (labels, value) => {
      if (value !== null) lines.push(`${full}${labels} ${value}`);
    };
  }

  toString(): string {
    return this.#families.map((lines) => `${lines.join('\n')}\n`).join('');
  }
}

/** No labels. */
export const plain = '';

/** `{site="dc-1",role="it"}` */
export function labelled(labels: Labels): string {
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return `{${parts.join(',')}}`;
}

function escaped(value: string): string {
  return /["\\\n]/.test(value) ? value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n') : value;
}
