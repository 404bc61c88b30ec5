/** Lines of a file and the fields of a line, as places in its bytes. */

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const QUOTE = 0x22;
const SPACE = 0x20;
const TAB = 0x09;

/** Limits of a line; a longer one is no table's. */
export const lineLimits = { bytes: 1_048_576, fields: 10_000 } as const;

/** What is no table at all. */
export class LineError extends Error {
  override name = 'LineError';
}

/** Cuts chunks of bytes into lines. */
export class LineCutter {
  #rest: Buffer = Buffer.alloc(0);

  /**
   * Calls `take` for each whole line, without its end.
   * @throws LineError where a line has no end within the limit.
   */
  cut(chunk: Buffer, take: (bytes: Buffer, from: number, to: number) => void): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let from = 0;
    for (let end = bytes.indexOf(LINE_FEED); end !== -1; end = bytes.indexOf(LINE_FEED, from)) {
      take(bytes, from, withoutReturn(bytes, from, end));
      from = end + 1;
    }
    this.#rest = bytes.subarray(from);
    if (this.#rest.length > lineLimits.bytes) throw new LineError(`a line is longer than ${lineLimits.bytes} bytes`);
  }

  /** The last line, where the file does not end with the end of a line. */
  finish(take: (bytes: Buffer, from: number, to: number) => void): void {
    if (this.#rest.length > 0) take(this.#rest, 0, withoutReturn(this.#rest, 0, this.#rest.length));
    this.#rest = Buffer.alloc(0);
  }
}

function withoutReturn(bytes: Buffer, from: number, to: number): number {
  return to > from && bytes[to - 1] === CARRIAGE_RETURN ? to - 1 : to;
}

/** Where the fields of a line begin and end, without blanks and quotes around them. */
export class Fields {
  readonly from = new Int32Array(lineLimits.fields);
  readonly to = new Int32Array(lineLimits.fields);
  count = 0;

  /**
   * Splits a line; fields beyond the limit are left out.
   * @returns false where a quote is not closed within the line
   */
  split(bytes: Uint8Array, from: number, to: number, separator: number): boolean {
    this.count = 0;
    let at = from;
    while (this.count < lineLimits.fields) {
      while (at < to && isBlank(bytes[at]) && bytes[at] !== separator) at++;
      const end =
        at < to && bytes[at] === QUOTE ? this.#quoted(bytes, at + 1, to) : this.#plain(bytes, at, to, separator);
      if (end < 0) return false;
      at = end;
      while (at < to && bytes[at] !== separator) at++;
      if (at >= to) return true;
      at++;
    }
    return true;
  }

  /** The text of a field. */
  text(bytes: Uint8Array, index: number): string {
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      .toString('utf8', this.from[index], this.to[index])
      .replaceAll('""', '"');
  }

  #plain(bytes: Uint8Array, from: number, to: number, separator: number): number {
    let end = from;
    while (end < to && bytes[end] !== separator) end++;
    let last = end;
    while (last > from && isBlank(bytes[last - 1])) last--;
    this.#add(from, last);
    return end;
  }

  /** @returns the place behind the closing quote; -1 where there is none */
  #quoted(bytes: Uint8Array, from: number, to: number): number {
    for (let end = from; end < to; end++) {
      if (bytes[end] !== QUOTE) continue;
      if (end + 1 < to && bytes[end + 1] === QUOTE) end++;
      else {
        this.#add(from, end);
        return end + 1;
      }
    }
    return -1;
  }

  #add(from: number, to: number): void {
    this.from[this.count] = from;
    this.to[this.count] = to;
    this.count++;
  }
}

function isBlank(byte: number | undefined): boolean {
  return byte === SPACE || byte === TAB;
}
