import { Writable } from 'node:stream';
import { pino } from 'pino';
import type { Logger } from '@wattmark/shared/logger';

export const silent: Logger = pino({ level: 'silent' });

/** A logger whose messages end up in the array. */
export function recordingLog(): { readonly log: Logger; readonly messages: string[] } {
  const messages: string[] = [];
  const stream = new Writable({
    write(line: Buffer, _encoding, done) {
      messages.push((JSON.parse(line.toString()) as { msg: string }).msg);
      done();
    },
  });
  return { log: pino({ level: 'debug' }, stream), messages };
}
