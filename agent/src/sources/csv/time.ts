import { DateTime, type DateTimeOptions, IANAZone } from 'luxon';

export interface TimeFormat {
  /** `iso`, `unix-s`, `unix-ms`, or a format of luxon such as `dd.MM.yyyy HH:mm`. */
  readonly format: string;
  /** IANA name; for times that do not say their own offset. */
  readonly timezone: string;
}

/**
 * The instant that a text tells, UTC milliseconds.
 * @param after the instant before it in the same column; a local time that occurs twice, when clocks are set back, is
 * the first one that comes later
 * @throws Error saying what is wrong with the text.
 */
export type ReadTime = (text: string, after: number) => number;

export function isTimezone(name: string): boolean {
  return IANAZone.isValidZone(name);
}

export function createTimeReader({ format, timezone }: TimeFormat): ReadTime {
  if (format === 'unix-s') return (text) => Math.round(numberOf(text) * 1000);
  if (format === 'unix-ms') return (text) => Math.round(numberOf(text));
  const zone = IANAZone.create(timezone);
  const parse = format === 'iso' ? parseIso : (text: string, zone: string) => parseAs(text, format, zone);
  return (text, after) => {
    const local = parse(text, 'UTC');
    if (local === null) throw new Error(`"${text.slice(0, 40)}" is not a time of the format ${format}`);
    // A text that says its own offset is the same instant wherever it is read.
    if (parse(text, 'UTC+1') === local) return local;
    const instants = instantsOf(local, zone);
    const instant = instants.find((candidate) => candidate > after) ?? instants.at(-1);
    if (instant === undefined) throw new Error(`${text} never was in ${timezone}: clocks were set forward over it`);
    return instant;
  };
}

/**
 * The instants at which clocks of a zone show a local time, in their order: none, one or two.
 * @param local what the clocks show, as UTC milliseconds of a clock in UTC that shows the same
 */
function instantsOf(local: number, zone: IANAZone): number[] {
  const dayMs = 86_400_000;
  const offsets = new Set([local - dayMs, local + dayMs].map((instant) => zone.offset(instant)));
  return [...offsets]
    .filter((offset) => zone.offset(local - offset * 60_000) === offset)
    .map((offset) => local - offset * 60_000)
    .sort((a, b) => a - b);
}

function parseIso(text: string, zone: string): number | null {
  // Between date and time most programs write a space.
  return millisOf(DateTime.fromISO(text.replace(/^(\d{4}-?\d\d-?\d\d) /, '$1T'), { zone }));
}

function parseAs(text: string, format: string, zone: string): number | null {
  const options: DateTimeOptions = { zone, locale: 'en' };
  return millisOf(DateTime.fromFormat(text, format, options));
}

function millisOf(time: DateTime): number | null {
  return time.isValid ? time.toMillis() : null;
}

function numberOf(text: string): number {
  if (!/^\d+(\.\d+)?$/.test(text)) throw new Error(`"${text.slice(0, 40)}" is not a time in seconds or milliseconds`);
  return Number(text);
}
