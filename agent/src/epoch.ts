const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

const TIME_CHARACTERS = 10;

/** Random bytes that `createEpoch` wants. */
export const EPOCH_RANDOM_BYTES = 16;

/**
 * A name for a new spool in the manner of a ULID: ten characters of time, which make names sort by creation, then
 * sixteen of chance.
 */
export function createEpoch(nowMs: number, random: Uint8Array): string {
  let time = '';
  let rest = Math.max(0, Math.floor(nowMs));
  for (let i = 0; i < TIME_CHARACTERS; i++) {
    time = CROCKFORD.charAt(rest % 32) + time;
    rest = Math.floor(rest / 32);
  }
  return time + Array.from(random.subarray(0, EPOCH_RANDOM_BYTES), (byte) => CROCKFORD.charAt(byte % 32)).join('');
}

/** The time in an epoch's name, UTC milliseconds, or null where it is not such a name. */
export function epochTimeMs(epoch: string): number | null {
  if (!/^[0-9A-HJKMNP-TV-Z]{26}$/.test(epoch)) return null;
  let ms = 0;
  for (let i = 0; i < TIME_CHARACTERS; i++) ms = ms * 32 + CROCKFORD.indexOf(epoch.charAt(i));
  return ms;
}
