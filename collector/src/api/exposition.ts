/** Adds a sample; a value that is null is unknown and has none. Labels are as `labelText` writes them. */
export type Sampler = (labels: string, value: number | null) => void;

/** Lines that are made one text at a time: single ones would live until the end, and there are hundreds of thousands. */
const LINES_AT_ONCE = 500;

/**
 * Metrics in Prometheus's text format (version 0.0.4). Written by hand because of the number of samples: a library that holds
 * and hashes each of them takes a second for what is a concatenation of strings.
 */
export class Exposition {
  readonly #families: Family[] = [];

  /** A metric `wattmark_<name>`; counters get `_total` behind it. Without samples there are its lines of description. */
  family(name: string, type: 'counter' | 'gauge', help: string): Sampler {
    const full = `wattmark_${name}${type === 'counter' ? '_total' : ''}`;
    const family = new Family([`# HELP ${full} ${help}\n`, `# TYPE ${full} ${type}\n`]);
    this.#families.push(family);
    return (labels, value) => {
      if (value !== null) family.add(labels === '' ? `${full} ${value}\n` : `${full}{${labels}} ${value}\n`);
    };
  }

  toString(): string {
    return this.#families.map((family) => family.toString()).join('');
  }
}

class Family {
  readonly #texts: string[] = [];
  #lines: string[];

  constructor(lines: string[]) {
    this.#lines = lines;
  }

  add(line: string): void {
    if (this.#lines.push(line) < LINES_AT_ONCE) return;
    this.#texts.push(this.#lines.join(''));
    this.#lines = [];
  }

  toString(): string {
    return [...this.#texts, ...this.#lines].join('');
  }
}

/** No labels. */
export const plain = '';

/** `site="dc-1",role="it"` */
export function labelText(labels: Readonly<Record<string, string>>): string {
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return parts.join(',');
}

function escaped(value: string): string {
  return /["\\\n]/.test(value) ? value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n') : value;
}
