import { useEffect, useState } from 'preact/hooks';
import type { Live } from './contract.ts';

export type Connection = 'connecting' | 'live' | 'reconnecting' | 'paused';

export interface LiveStream {
  readonly connection: Connection;
  /** The newest figures of each site since the page was opened. */
  readonly lives: ReadonlyMap<string, Live>;
  /** When the newest event arrived, by the reader's clock. */
  readonly receivedAtMs: number | null;
}

/** A server may refuse a stream for good, after which a browser does not try again by itself. */
const RETRY_MS = 5000;
/** Hundreds of sites send hundreds of events a second, which are drawn together. */
const DRAW_MS = 200;

/** Listens while the page is visible: a browser has few connections per host, which hidden pages are not to hold. */
export function useLiveStream(open: () => EventSource, now: () => number): LiveStream {
  const [stream, setStream] = useState<LiveStream>({ connection: 'connecting', lives: new Map(), receivedAtMs: null });

  useEffect(() => {
    const stop = new AbortController();
    const arrived = new Map<string, Live>();
    let drawing: ReturnType<typeof setTimeout> | undefined;
    const draw = () => {
      drawing = undefined;
      const news = [...arrived];
      arrived.clear();
      setStream((before) => ({ ...before, lives: new Map([...before.lives, ...news]), receivedAtMs: now() }));
    };
    const close = listen(
      open,
      (connection) => setStream((before) => ({ ...before, connection })),
      (live) => {
        arrived.set(live.site, live);
        drawing ??= setTimeout(draw, DRAW_MS);
      },
      stop.signal,
    );
    return () => {
      stop.abort();
      clearTimeout(drawing);
      close();
    };
  }, []);

  return stream;
}

function listen(
  open: () => EventSource,
  onConnection: (connection: Connection) => void,
  onLive: (live: Live) => void,
  stop: AbortSignal,
): () => void {
  let source: EventSource | null = null;
  let retry: ReturnType<typeof setTimeout> | undefined;
  const close = () => {
    clearTimeout(retry);
    source?.close();
    source = null;
  };
  const connect = () => {
    close();
    const opened = open();
    source = opened;
    opened.addEventListener('open', () => onConnection('live'));
    opened.addEventListener('live', (event) => {
      const live = parseLive(event.data);
      if (live !== null) onLive(live);
    });
    opened.addEventListener('error', () => {
      onConnection('reconnecting');
      if (opened.readyState === EventSource.CLOSED) retry = setTimeout(connect, RETRY_MS);
    });
  };
  const followVisibility = () => {
    if (!document.hidden) return connect();
    close();
    onConnection('paused');
  };
  document.addEventListener('visibilitychange', followVisibility, { signal: stop });
  followVisibility();
  return close;
}

function parseLive(data: unknown): Live | null {
  try {
    const live = JSON.parse(String(data)) as Partial<Live> | null;
    return typeof live?.site === 'string' ? (live as Live) : null;
  } catch {
    return null;
  }
}
