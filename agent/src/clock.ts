/** Time as the agent sees it. Only the command builds a real one; everything else is given one. */
export interface Clock {
  /** Wall clock, UTC milliseconds; may jump in either direction. */
  now(): number;
  /** Milliseconds from an arbitrary origin; never jumps. */
  monotonicMs(): number;
  /** Resolves after `delayMs`, or at once when `signal` aborts; never rejects. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
}
