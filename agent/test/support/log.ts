import { Writable } from 'node:stream';
import type { Logger } from '@wattmark/shared/logger';
import { pino } from 'pino';

export const silent: Logger = pino({ level: 'silent' });

export interface Entry {
  readonly msg: string;
  readonly reason?: string;
}

/** A logger whose entries end up in an array, and on whose entries a test can wait. */
export function recordingLog() {
  const entries: Entry[] = [];
  const watchers = new Set<() => void>();
  const stream = new Writable({
    write(line: Buffer, _encoding, done) {
      entries.push(JSON.parse(line.toString()) as Entry);
      for (const look of watchers) look();
      done();
    },
  });
  /** Resolves with the first entry that `wanted` accepts. */
  const when = (wanted: (entry: Entry) => boolean): Promise<Entry> =>
    new Promise((resolve) => {
      const look = (): void => {
        const found = entries.find(wanted);
        if (found === undefined) return;
        watchers.delete(look);
        resolve(found);
      };
      watchers.add(look);
      look();
    });
  const log: Logger = pino({ level: 'debug' }, stream);
  return { log, entries, when };
}
