import { type Poll, usePolling } from '../polling.ts';

const REFRESH_MS = 300_000;
const RETRY_MS = 15_000;

/** An answer that is read and compared, not watched: asked for again now and then, sooner where there is none. */
export function useAnswer<T>(key: string, load: (signal: AbortSignal) => Promise<T>): Poll<T> {
  return usePolling({ key, load, pauseMs: (data) => (data === null ? RETRY_MS : REFRESH_MS) });
}
