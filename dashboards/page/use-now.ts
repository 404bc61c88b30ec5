import { useEffect, useState } from 'preact/hooks';

/** The present time, anew every `everyMs`, for ages that grow. */
export function useNow(now: () => number, everyMs: number): number {
  const [nowMs, setNowMs] = useState(now);
  useEffect(() => {
    const ticker = setInterval(() => setNowMs(now()), everyMs);
    return () => clearInterval(ticker);
  }, [everyMs]);
  return nowMs;
}
