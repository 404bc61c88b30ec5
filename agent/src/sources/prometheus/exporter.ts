import { readFile } from 'node:fs/promises';
import { SourceError } from '../../source.ts';
import { type HttpAnswer, httpRequest } from '../support/http.ts';
import { type Dialect, type Exposition, parseExposition } from './exposition.ts';

/** Longer expositions are not read: the largest exporters say a few MiB. */
const MOST_BYTES = 16 * 1_048_576;

export interface ExporterAccess {
  readonly url: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** Paths of files; read each time, because what is in them is renewed. */
  readonly bearerTokenFile?: string | undefined;
  readonly ca?: string | undefined;
}

export interface Scrape {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly isWanted: (metric: string) => boolean;
}

/** Asks an exporter once. @throws SourceError where there is no exposition. */
export async function scrape(access: ExporterAccess, { timeoutMs, signal, isWanted }: Scrape): Promise<Exposition> {
  const headers = {
    accept: 'text/plain;version=0.0.4, application/openmetrics-text;version=1.0.0;q=0.5',
    ...(await authorization(access)),
  };
  const ca = access.ca === undefined ? undefined : await read(access.ca);
  const answer = await httpRequest(access.url, { headers, timeoutMs, signal, ca, maxBytes: MOST_BYTES });
  if (answer.status !== 200) throw refusal(answer, access.url);
  try {
    return parseExposition(answer.body, dialectOf(answer), isWanted);
  } catch (error) {
    throw new SourceError(
      'absent',
      `${access.url}: ${(error as Error).message}; is the path right? Often it is /metrics`,
    );
  }
}

async function authorization({
  username,
  password = '',
  bearerTokenFile,
}: ExporterAccess): Promise<Record<string, string>> {
  if (bearerTokenFile !== undefined) return { authorization: `Bearer ${(await read(bearerTokenFile)).trim()}` };
  if (username === undefined) return {};
  return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
}

function dialectOf({ headers }: HttpAnswer): Dialect {
  return headers['content-type']?.startsWith('application/openmetrics-text') === true ? 'openmetrics' : 'prometheus';
}

function refusal({ status, headers }: HttpAnswer, url: string): SourceError {
  if (status === 401 || status === 403)
    return new SourceError('absent', `${url} answers ${status}: are username and password, or bearerTokenFile, right?`);
  if (status >= 500) return new SourceError('retry', `${url} answers ${status}`);
  const elsewhere = headers.location === undefined ? '' : ` and points to ${headers.location}`;
  return new SourceError('absent', `${url} answers ${status}${elsewhere}: is the path right? Often it is /metrics`);
}

/** @throws SourceError of kind `absent` where the file cannot be read: it may come later. */
async function read(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new SourceError('absent', `cannot be read: ${(error as Error).message}`);
  }
}
