import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '@wattmark/shared/config';

/** Where the token lies that whoever writes through the API must know. */
const tokenFile = (data: string): string => join(data, 'token');

const TOKEN_BYTES = 32;

/**
 * The token of a data directory, made at the first start. Only the collector's own user can read the file: whoever can read it
 * could write to the evidence log anyway.
 * @throws ConfigError where the file holds no token
 */
export function openToken(data: string): string {
  const file = tokenFile(data);
  try {
    writeFileSync(file, `${randomBytes(TOKEN_BYTES).toString('base64url')}\n`, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return readToken(data);
}

/** @throws ConfigError where there is none, or it cannot be read */
export function readToken(data: string): string {
  const file = tokenFile(data);
  let token: string;
  try {
    token = readFileSync(file, 'utf8').trim();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const advice =
      code === 'EACCES'
        ? 'only the user that the collector runs as may read it'
        : code === 'ENOENT'
          ? 'the collector makes it at its first start'
          : message;
    throw new ConfigError(file, [`the token cannot be read: ${advice}`]);
  }
  if (/^[\w-]{43}$/.test(token)) return token;
  throw new ConfigError(file, ['is no token: remove the file, and the collector makes a new one at its next start']);
}
