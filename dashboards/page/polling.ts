import { useEffect, useRef, useState } from 'preact/hooks';
import { RequestFailed } from './api.ts';

/** What is known so far: the newest answer, kept when a later request fails, and what is wrong at present. */
export interface Poll<T> {
  readonly data: T | null;
  readonly problem: string | null;
  /** The collector's refusal to answer such a question (400 to 499), null otherwise: asking again will not help. */
  readonly refusal: number | null;
}

const asked = { data: null, problem: null, refusal: null };

/** What to ask, under a key that names the question: an answer to another key is never shown. */
export interface Question<T> {
  readonly key: string;
  load(signal: AbortSignal): Promise<T>;
  /** Time to the next request, in ms, given the newest answer. */
  pauseMs(data: T | null): number;
}

/** Asks again and again while the page is visible, one request at a time. */
export function usePolling<T>(question: Question<T>): Poll<T> {
  const latest = useRef(question);
  latest.current = question;
  const [answer, setAnswer] = useState<Poll<T> & { key: string }>({ key: question.key, ...asked });

  useEffect(() => {
    const { key } = question;
    const stop = new AbortController();
    let data: T | null = null;
    const ask = async () => {
      try {
        data = await latest.current.load(stop.signal);
        if (!stop.signal.aborted) setAnswer({ key, data, problem: null, refusal: null });
      } catch (error) {
        const problem = error instanceof Error ? error.message : String(error);
        if (!stop.signal.aborted) setAnswer({ key, data, problem, refusal: refusalOf(error) });
      }
    };
    repeatWhileVisible(ask, () => latest.current.pauseMs(data), stop.signal);
    return () => stop.abort();
  }, [question.key]);

  return answer.key === question.key ? answer : asked;
}

function refusalOf(error: unknown): number | null {
  const status = error instanceof RequestFailed ? error.status : null;
  return status !== null && status >= 400 && status < 500 ? status : null;
}

function repeatWhileVisible(task: () => Promise<void>, pauseMs: () => number, stop: AbortSignal): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isRunning = false;
  const run = async () => {
    clearTimeout(timer);
    if (isRunning || stop.aborted || document.hidden) return;
    isRunning = true;
    await task();
    isRunning = false;
    if (!stop.aborted && !document.hidden) timer = setTimeout(run, pauseMs());
  };
  const followVisibility = () => (document.hidden ? clearTimeout(timer) : void run());
  document.addEventListener('visibilitychange', followVisibility, { signal: stop });
  stop.addEventListener('abort', () => clearTimeout(timer));
  void run();
}
