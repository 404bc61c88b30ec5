/** What became of readings that are not simply booked, in numbers of readings. */
export interface AccountingCounters {
  late: number;
  ahead: number;
  conflicting: number;
  resets: number;
  gaps: number;
  /** Readings that a correction says do not count. */
  voided: number;
}

export function newCounters(): AccountingCounters {
  return { late: 0, ahead: 0, conflicting: 0, resets: 0, gaps: 0, voided: 0 };
}
