/** What of a file is not imported, and why; every one is counted, the first of them are listed. */

/** Why a row, or one value of it, was rejected. */
export const rejections = {
  'open-quote': 'a quote is not closed within the line',
  'too-few-columns': 'the row has fewer columns than the mapping names',
  'too-many-columns': 'the row has more columns than the header. Does a value hold the separator, without quotes?',
  'not-a-time': 'not a time of the format that the mapping says',
  'no-offset': 'the time says no offset, and the mapping no timezone',
  'skipped-time': 'that time never was: clocks were set forward over it. Is the timezone right?',
  'impossible-time': 'the time is before 2000 or after 2099',
  'not-a-number': 'not a number with the decimal mark that the mapping says',
  'out-of-range': 'beyond what an instrument can plausibly say. Is the unit right?',
  conflicting: 'another value of the same time is there already',
  'out-of-order': 'more than 1,000 readings too late: sort the file by its times',
} as const;
export type RejectionReason = keyof typeof rejections;

export interface Rejection {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** Null where the whole row was rejected. */
  readonly series: string | null;
  readonly reason: RejectionReason;
  /** What stands there, cut to 40 characters. */
  readonly text: string;
}

/** Rejections that are listed. */
const MAX_LISTED = 100;

const MAX_TEXT = 40;

export class Rejections {
  readonly counts = new Map<RejectionReason, number>();
  readonly first: Rejection[] = [];

  add(rejection: Rejection): void {
    this.counts.set(rejection.reason, (this.counts.get(rejection.reason) ?? 0) + 1);
    if (this.first.length < MAX_LISTED) this.first.push({ ...rejection, text: rejection.text.slice(0, MAX_TEXT) });
  }

  get total(): number {
    let sum = 0;
    for (const count of this.counts.values()) sum += count;
    return sum;
  }
}
