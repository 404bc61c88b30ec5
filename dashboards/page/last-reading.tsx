import { useMemo } from 'preact/hooks';
import { age } from './format.ts';
import { useNow } from './use-now.ts';
import { createZone } from './zone.ts';

const TICK_MS = 1000;
/** Beyond this a live figure is not live. */
const OLD_MS = 60_000;

interface LastReadingProps {
  readonly at: string | null;
  readonly stale: readonly string[];
  readonly timezone: string;
  readonly now: () => number;
}

/** When the newest reading was taken, and how many points are behind. */
export function LastReading({ at, stale, timezone, now }: LastReadingProps) {
  const zone = useMemo(() => createZone(timezone), [timezone]);
  const nowMs = useNow(now, TICK_MS);
  if (at === null) return <p class="last-reading">no reading yet</p>;
  const atMs = Date.parse(at);
  const isOld = nowMs - atMs > OLD_MS;
  return (
    <p class="last-reading">
      <span class={isOld ? 'warning' : undefined}>
        read{' '}
        <time class="number" dateTime={at} title={zone.name(atMs)}>
          {isOld ? `${zone.day(atMs)} ${zone.minute(atMs)}, ${age(nowMs - atMs)}` : age(nowMs - atMs)}
        </time>
      </span>
      {stale.length > 0 && (
        <span class="warning">
          {' '}
          · {stale.length} stale {stale.length === 1 ? 'point' : 'points'}
        </span>
      )}
    </p>
  );
}
