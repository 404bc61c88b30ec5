/** Times written in one time zone, in the order of ISO 8601, which no reader takes for another date. */
export interface Zone {
  /** IANA name. */
  readonly id: string;
  /** `Asia/Shanghai (UTC+8)` at that instant. */
  name(timeMs: number): string;
  /** `14:03:22` */
  clock(timeMs: number): string;
  /** `14:03` */
  minute(timeMs: number): string;
  /** `2026-10-05` */
  day(timeMs: number): string;
  /** `5 Oct` */
  shortDay(timeMs: number): string;
  /** `Oct 2026` */
  month(timeMs: number): string;
  /** `2026-10-05 14:03–14:04`; whole days and months without the clock. */
  span(startMs: number, endMs: number): string;
  /** `2026-10-05T14:03`, as a field for date and time has it. */
  wall(timeMs: number): string;
  /** The instant of such a local time; null where it is none. Of an hour that comes twice it is the second. */
  instant(wall: string): number | null;
  /** The last local midnight at or before an instant. */
  dayStart(timeMs: number): number;
  /** The beginning of the local month `months` after the one of an instant. */
  monthStart(timeMs: number, months: number): number;
}

interface Fields {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

/** A zone that the browser does not know is replaced by UTC, which then is what `name` says. */
export function createZone(timezone: string): Zone {
  const id = isTimeZone(timezone) ? timezone : 'UTC';
  const formatter = fieldsFormatter(id);
  const offset = new Intl.DateTimeFormat('en-GB', { timeZone: id, timeZoneName: 'shortOffset' });
  const fields = (timeMs: number) => fieldsOf(formatter, timeMs);

  const minute = (timeMs: number) => clockText(fields(timeMs)).slice(0, 5);
  const day = (timeMs: number) => dayText(fields(timeMs));
  const isMidnight = (timeMs: number) => clockText(fields(timeMs)) === '00:00:00';
  const instantOf = (wallMs: number) => wallMs - offsetMs(fields, wallMs - offsetMs(fields, wallMs));
  const startOf = (year: number, month: number, date: number) => instantOf(Date.UTC(year, month - 1, date));
  const span = (startMs: number, endMs: number) => {
    if (!isMidnight(startMs) || !isMidnight(endMs)) {
      const end = day(startMs) === day(endMs - 1) ? minute(endMs) : `${day(endMs)} ${minute(endMs)}`;
      return `${day(startMs)} ${minute(startMs)}–${end}`;
    }
    const last = day(endMs - 1);
    const isWholeMonth = day(startMs).endsWith('-01') && day(endMs).endsWith('-01');
    if (isWholeMonth && day(startMs).slice(0, 7) === last.slice(0, 7)) return last.slice(0, 7);
    return day(startMs) === last ? last : `${day(startMs)} to ${last}`;
  };

  return {
    id,
    name: (timeMs) => {
      const part = offset.formatToParts(timeMs).find(({ type }) => type === 'timeZoneName')?.value ?? '';
      return id === 'UTC' ? 'UTC' : `${id} (${part.replace('GMT', 'UTC')})`;
    },
    clock: (timeMs) => clockText(fields(timeMs)),
    minute,
    day,
    shortDay: (timeMs) => `${fields(timeMs).day} ${monthName(fields(timeMs))}`,
    month: (timeMs) => `${monthName(fields(timeMs))} ${fields(timeMs).year}`,
    span,
    wall: (timeMs) => `${day(timeMs)}T${minute(timeMs)}`,
    instant: (wall) => {
      const wallMs = Date.parse(`${wall}Z`);
      return Number.isNaN(wallMs) ? null : instantOf(wallMs);
    },
    dayStart: (timeMs) => startOf(fields(timeMs).year, fields(timeMs).month, fields(timeMs).day),
    monthStart: (timeMs, months) => startOf(fields(timeMs).year, fields(timeMs).month + months, 1),
  };
}

/** The zone of the reader's own clock. */
export function ownTimezone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

const monthNames = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function isTimeZone(timezone: string): boolean {
  try {
    new Intl.DateTimeFormat('en-GB', { timeZone: timezone });
    return true;
  } catch {
    return false;
  }
}

function fieldsFormatter(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
}

function fieldsOf(formatter: Intl.DateTimeFormat, timeMs: number): Fields {
  const parts = formatter.formatToParts(timeMs);
  const field = (type: Intl.DateTimeFormatPartTypes) => Number(parts.find((part) => part.type === type)?.value);
  return {
    year: field('year'),
    month: field('month'),
    day: field('day'),
    hour: field('hour'),
    minute: field('minute'),
    second: field('second'),
  };
}

function offsetMs(fields: (timeMs: number) => Fields, timeMs: number): number {
  const { year, month, day, hour, minute, second } = fields(timeMs);
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(timeMs / 1000) * 1000;
}

function clockText({ hour, minute, second }: Fields): string {
  return [hour, minute, second].map(twoDigits).join(':');
}

function dayText({ year, month, day }: Fields): string {
  return [String(year), twoDigits(month), twoDigits(day)].join('-');
}

function monthName({ month }: Fields): string {
  return monthNames[month - 1] ?? '';
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
