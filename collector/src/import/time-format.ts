/**
 * Times from bytes. A format is `iso`, `unix-s`, `unix-ms`, or a pattern of yyyy MM M dd d HH H hh h a mm m ss s SSS and of what
 * stands between them: `dd.MM.yyyy HH:mm`. Letters that are none of these stand in single quotes.
 */

/** A time as it was read. */
export interface ReadTime {
  /** What a clock shows, as the UTC milliseconds at which a clock in UTC shows the same. */
  clockMs: number;
  /** By how much that clock is ahead of UTC, ms; NaN where the text does not say. */
  offsetMs: number;
}

/** Reads the time that stands in `bytes[from..to)`; false where it is no time of the format. */
export type TimeReader = (bytes: Uint8Array, from: number, to: number, time: ReadTime) => boolean;

/** Where the parts of a time are put while it is read. */
const fields = { year: 0, month: 1, day: 2, hour: 3, minute: 4, second: 5, milli: 6, half: 7 } as const;

interface Digits {
  readonly field: number;
  readonly least: number;
  readonly most: number;
}

/** Digits of a field, the halves of the day (AM, PM), or a byte that must stand there. */
type Step = Digits | 'half' | number;

const tokens: Readonly<Record<string, Step>> = {
  yyyy: { field: fields.year, least: 4, most: 4 },
  MM: { field: fields.month, least: 2, most: 2 },
  M: { field: fields.month, least: 1, most: 2 },
  dd: { field: fields.day, least: 2, most: 2 },
  d: { field: fields.day, least: 1, most: 2 },
  HH: { field: fields.hour, least: 2, most: 2 },
  H: { field: fields.hour, least: 1, most: 2 },
  hh: { field: fields.hour, least: 2, most: 2 },
  h: { field: fields.hour, least: 1, most: 2 },
  mm: { field: fields.minute, least: 2, most: 2 },
  m: { field: fields.minute, least: 1, most: 2 },
  ss: { field: fields.second, least: 2, most: 2 },
  s: { field: fields.second, least: 1, most: 2 },
  SSS: { field: fields.milli, least: 3, most: 3 },
  a: 'half',
};

const ISO_DATE = stepsOf('yyyy-MM-dd') ?? [];
const ISO_MINUTE = stepsOf('HH:mm') ?? [];
const SECOND = stepsOf('ss') ?? [];

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

export function isTimeFormat(format: string): boolean {
  if (format === 'iso' || unixUnitsMs.has(format)) return true;
  const steps = stepsOf(format);
  if (steps === null) return false;
  const has = (field: number): boolean => steps.some((step) => typeof step === 'object' && step.field === field);
  return has(fields.year) && has(fields.month) && has(fields.day) && (has(fields.hour) || !steps.includes('half'));
}

/** The reader of a format for which `isTimeFormat` holds. */
export function createTimeReader(format: string): TimeReader {
  const parts = new Int32Array(8);
  const dates = new DateMemory();
  const unitMs = unixUnitsMs.get(format);
  if (unitMs !== undefined) return (bytes, from, to, time) => readUnix(bytes, from, to, unitMs, time);
  if (format === 'iso') return (bytes, from, to, time) => readIso(bytes, from, to, parts, dates, time);
  const steps = stepsOf(format) ?? [];
  return (bytes, from, to, time) => {
    resetParts(parts);
    if (walk(steps, bytes, from, to, parts) !== to) return false;
    time.offsetMs = Number.NaN;
    return setClock(parts, dates, time);
  };
}

/** A pattern as the steps that read it; null where it has letters that mean nothing. */
function stepsOf(pattern: string): Step[] | null {
  const steps: Step[] = [];
  for (const [part] of pattern.matchAll(/([a-zA-Z])\1*|'[^']*'|[^a-zA-Z']|'/g)) {
    const token = tokens[part];
    if (token !== undefined) steps.push(token);
    else if (/^[a-zA-Z]/.test(part) || part === "'") return null;
    else steps.push(...Buffer.from(part.replaceAll("'", '')));
  }
  return steps;
}

/** How far the steps read; -1 where the text is another. */
function walk(steps: readonly Step[], bytes: Uint8Array, from: number, to: number, parts: Int32Array): number {
  let at = from;
  for (const step of steps) {
    if (typeof step === 'number') {
      if (at >= to || bytes[at] !== step) return -1;
      at++;
    } else if (step === 'half') {
      const half = (bytes[at] ?? 0) | 0x20;
      if (at + 2 > to || (half !== 0x61 && half !== 0x70) || ((bytes[at + 1] ?? 0) | 0x20) !== 0x6d) return -1;
      parts[fields.half] = half === 0x61 ? 1 : 2;
      at += 2;
    } else {
      const end = Math.min(to, at + step.most);
      let value = 0;
      let digit = 0;
      const first = at;
      for (; at < end && (digit = (bytes[at] ?? 0) - 0x30) >= 0 && digit <= 9; at++) value = value * 10 + digit;
      if (at - first < step.least) return -1;
      parts[step.field] = value;
    }
  }
  return at;
}

function resetParts(parts: Int32Array): void {
  parts.fill(0);
}

/** False where no calendar or clock shows that. 24:00 is the end of its day (ISO 8601). */
function setClock(parts: Int32Array, dates: DateMemory, time: ReadTime): boolean {
  const [year = 0, month = 0, day = 0, stated = 0, minute = 0, second = 0, milli = 0, half = 0] = parts;
  if (half !== 0 && (stated < 1 || stated > 12)) return false;
  const hour = half === 0 ? stated : (stated % 12) + (half === 2 ? 12 : 0);
  const inDayMs = hour * HOUR_MS + minute * MINUTE_MS + second * 1000 + milli;
  if (minute > 59 || second > 59 || inDayMs > DAY_MS) return false;
  time.clockMs = dates.startOf(year, month, day) + inDayMs;
  return !Number.isNaN(time.clockMs);
}

/** Remembers the date asked for last: rows of a day follow one another. */
class DateMemory {
  #key = -1;
  #startMs = Number.NaN;

  /** When a date begins in UTC; NaN where no calendar has it. */
  startOf(year: number, month: number, day: number): number {
    const key = (year * 100 + month) * 100 + day;
    if (key === this.#key) return this.#startMs;
    const date = new Date(Date.UTC(year, month - 1, day));
    const isReal = year >= 1000 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
    this.#key = key;
    this.#startMs = isReal ? date.getTime() : Number.NaN;
    return this.#startMs;
  }
}

/** `2026-01-31`, `2026-01-31T12:00`, `2026-01-31 12:00:00.250+08:00`, `…Z` */
function readIso(
  bytes: Uint8Array,
  from: number,
  to: number,
  parts: Int32Array,
  dates: DateMemory,
  time: ReadTime,
): boolean {
  resetParts(parts);
  time.offsetMs = Number.NaN;
  let at = walk(ISO_DATE, bytes, from, to, parts);
  if (at === to) return setClock(parts, dates, time);
  if (at < 0 || (bytes[at] !== 0x54 && bytes[at] !== 0x20)) return false;
  at = walk(ISO_MINUTE, bytes, at + 1, to, parts);
  if (at > 0 && bytes[at] === 0x3a && at < to) at = walk(SECOND, bytes, at + 1, to, parts);
  if (at > 0 && at < to && (bytes[at] === 0x2e || bytes[at] === 0x2c)) at = readFraction(bytes, at + 1, to, parts);
  if (at < 0 || !setClock(parts, dates, time)) return false;
  if (at === to) return true;
  time.offsetMs = readOffset(bytes, at, to);
  return !Number.isNaN(time.offsetMs);
}

/** Tenths to billionths of a second, cut to milliseconds. */
function readFraction(bytes: Uint8Array, from: number, to: number, parts: Int32Array): number {
  let at = from;
  let weight = 100;
  let milli = 0;
  for (; at < to && at < from + 9; at++) {
    const digit = (bytes[at] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) break;
    milli += digit * weight;
    weight = Math.floor(weight / 10);
  }
  parts[fields.milli] = milli;
  return at === from ? -1 : at;
}

/** `Z`, `+08:00`, `+0800` or `+08`; NaN for anything else. */
function readOffset(bytes: Uint8Array, from: number, to: number): number {
  const text = String.fromCharCode(...bytes.subarray(from, Math.min(to, from + 10)));
  if (text === 'Z') return 0;
  const [, sign, hours, minutes = '0'] = /^([+-])(\d\d)(?::?(\d\d))?$/.exec(text) ?? [];
  const offsetMs = Number(hours) * HOUR_MS + Number(minutes) * MINUTE_MS;
  return Number(minutes) < 60 && offsetMs <= 18 * HOUR_MS ? (sign === '-' ? -offsetMs : offsetMs) : Number.NaN;
}

const unixUnitsMs: ReadonlyMap<string, number> = new Map([
  ['unix-s', 1000],
  ['unix-ms', 1],
]);

/** Digits with at most one decimal point, rounded to milliseconds. */
function readUnix(bytes: Uint8Array, from: number, to: number, unitMs: number, time: ReadTime): boolean {
  let whole = 0;
  let weight = 0;
  for (let at = from; at < to; at++) {
    const digit = (bytes[at] ?? 0) - 0x30;
    if (digit >= 0 && digit <= 9) {
      whole = weight === 0 ? whole * 10 + digit : whole + digit * weight;
      weight /= 10;
    } else if (bytes[at] === 0x2e && weight === 0 && at > from) weight = 0.1;
    else return false;
  }
  time.clockMs = Math.round(whole * unitMs);
  time.offsetMs = 0;
  return to > from && to - from <= 20;
}
