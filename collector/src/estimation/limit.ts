/** Estimating would take too much work; the message says so to whoever asked. What is measured is answered all the same. */
export class EstimationLimitError extends Error {
  override name = 'EstimationLimitError';
  constructor(what: string) {
    super(`too much to estimate at once: ${what}; ask for a shorter range`);
  }
}

/** Points' quarter-hours that one answer may look at: some seconds' work. */
export const MAX_ROWS = 400_000;

/** Days in which one answer may look for gaps: ten years. */
export const MAX_DAYS = 3_700;
