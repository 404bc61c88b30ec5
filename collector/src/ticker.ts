/** Each minute is put on record this long after its end, when its readings have arrived. */
const AFTER_MINUTE_MS = 2_000;
const MINUTE_MS = 60_000;

/** Calls `tick` shortly after every full minute of the wall clock, until the returned function is called. */
export function startTicker(now: () => number, tick: () => void): () => void {
  let timer: NodeJS.Timeout;
  const schedule = (): void => {
    const sinceTickMs = (((now() - AFTER_MINUTE_MS) % MINUTE_MS) + MINUTE_MS) % MINUTE_MS;
    timer = setTimeout(() => {
      tick();
      schedule();
    }, MINUTE_MS - sinceTickMs);
  };
  schedule();
  return () => clearTimeout(timer);
}
