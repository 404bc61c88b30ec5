/** What a check found out about a point, a source or the surroundings, beside what was read. */
export interface Finding {
  /** Stable, for programs: `power-scale`, `phase-missing`, … */
  readonly code: string;
  /** An `error` falsifies energy or loses readings; a `warning` is to be looked at; an `info` may be meant so. */
  readonly severity: Severity;
  /** What it is about: a point's id, a source's label, `broker`, `clock` or `collector`. */
  readonly about: string;
  readonly message: string;
  /** What the operator can do. */
  readonly remedy: string;
}

export const severities = ['error', 'warning', 'info'] as const;

export type Severity = (typeof severities)[number];
