import { decimalIn } from '../support/decimal.ts';

/** One line of the InfluxDB line protocol; the time as written, in whatever precision. */
export interface Line {
  readonly measurement: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly fields: Readonly<Record<string, number | string | boolean>>;
  readonly time: string | null;
}

/**
 * The lines of a text in the InfluxDB line protocol (InfluxDB 1.8 and 2 reference, "Line protocol"): comments and empty
 * lines are left out.
 * @throws Error naming the line that cannot be read.
 */
export function parseLines(text: string): Line[] {
  const lines: Line[] = [];
  const scanner = new Scanner(text);
  for (scanner.skip('\r\n \t'); !scanner.isAtEnd; scanner.skip('\r\n \t')) {
    if (scanner.next === '#') scanner.until('\n', '');
    else lines.push(readLine(scanner));
  }
  return lines;
}

const booleans: Readonly<Record<string, boolean>> = {
  ...Object.fromEntries(['t', 'T', 'true', 'True', 'TRUE'].map((word) => [word, true])),
  ...Object.fromEntries(['f', 'F', 'false', 'False', 'FALSE'].map((word) => [word, false])),
};

function readLine(scanner: Scanner): Line {
  const measurement = scanner.until(', \n', ', ');
  if (measurement === '') throw scanner.error('a measurement');
  const tags = new Map<string, string>();
  while (scanner.take(',')) {
    const key = scanner.until(',= \n', ',= ');
    if (!scanner.take('=')) throw scanner.error(`= after the tag ${key}`);
    tags.set(key, scanner.until(',= \n', ',= '));
  }
  if (!scanner.take(' ')) throw scanner.error('a space before the fields');
  scanner.skip(' ');
  const fields = readFields(scanner);
  scanner.skip(' ');
  const time = scanner.until(' \r\n', '');
  scanner.skip(' \r');
  if (!/^(-?\d+)?$/.test(time)) throw scanner.error(`a time, not ${time}`);
  if (!scanner.isAtEnd && !scanner.take('\n')) throw scanner.error('the end of the line');
  return { measurement, tags: Object.fromEntries(tags), fields, time: time === '' ? null : time };
}

function readFields(scanner: Scanner): Record<string, number | string | boolean> {
  const fields = new Map<string, number | string | boolean>();
  do {
    const key = scanner.until(',= \n', ',= ');
    if (key === '' || !scanner.take('=')) throw scanner.error('a field');
    if (scanner.take('"')) {
      fields.set(key, scanner.until('"', '"\\'));
      if (!scanner.take('"')) throw scanner.error('the end of a text');
    } else {
      fields.set(key, readValue(scanner));
    }
  } while (scanner.take(','));
  return Object.fromEntries(fields);
}

function readValue(scanner: Scanner): number | boolean {
  const word = scanner.until(', \r\n', '');
  if (Object.hasOwn(booleans, word)) return booleans[word] === true;
  // A whole number ends with i, an unsigned one with u.
  const number = decimalIn(/^[+-]?\d+[iu]$/.test(word) ? word.slice(0, -1) : word);
  if (number === null) throw scanner.error(`a value, not ${word}`);
  return number;
}

/** A place in a text. */
class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  get next(): string {
    return this.#text.charAt(this.#at);
  }

  skip(characters: string): void {
    while (!this.isAtEnd && characters.includes(this.next)) this.#at++;
  }

  take(character: string): boolean {
    if (this.next !== character) return false;
    this.#at++;
    return true;
  }

  /** What stands before the first of `ends`; a backslash before one of `escaped` makes it part of the word. */
  until(ends: string, escaped: string): string {
    let word = '';
    while (!this.isAtEnd && !ends.includes(this.next)) {
      const following = this.#text.charAt(this.#at + 1);
      const isEscape = this.next === '\\' && following !== '' && escaped.includes(following);
      word += isEscape ? following : this.next;
      this.#at += isEscape ? 2 : 1;
    }
    return word;
  }

  error(wanted: string): Error {
    const line = this.#text.slice(0, this.#at).split('\n').length;
    return new Error(`line ${line} is not line protocol: it lacks ${wanted.slice(0, 80)}`);
  }
}
