import { useMemo } from 'preact/hooks';
import type { Connection, LiveStream } from './live-stream.ts';
import { createZone } from './zone.ts';

const words: Record<Connection, string> = {
  connecting: 'connecting …',
  live: 'live',
  reconnecting: 'reconnecting …',
  paused: 'paused',
};

/** Only the word is announced; the time beside it changes every second. */
export function ConnectionState({ stream, timezone }: { readonly stream: LiveStream; readonly timezone: string }) {
  const zone = useMemo(() => createZone(timezone), [timezone]);
  const { connection, receivedAtMs } = stream;
  return (
    <div class={`connection connection-${connection}`}>
      <p role="status">{words[connection]}</p>
      {receivedAtMs !== null && (
        <p class="connection-time">
          <span class="unseen">last update </span>
          <time class="number" dateTime={new Date(receivedAtMs).toISOString()}>
            {zone.clock(receivedAtMs)}
          </time>{' '}
          <span class="connection-zone">{zone.name(receivedAtMs)}</span>
        </p>
      )}
    </div>
  );
}
