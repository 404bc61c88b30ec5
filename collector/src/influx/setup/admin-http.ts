import { failureOf, influxError, type InfluxTarget, reasonOf, TIMEOUT_MS } from '../client.ts';
import { SetupError } from './database-admin.ts';

export interface AdminCall {
  readonly method: 'GET' | 'POST' | 'PATCH';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: object;
}

/**
 * The answer to a call of a server's own API, as JSON; null where it is empty, or where what was asked for is not there.
 * @throws InfluxError, SetupError
 */
export async function ask(target: InfluxTarget, { method, path, query = {}, body }: AdminCall): Promise<unknown> {
  const { url, version, token } = target;
  const search = new URLSearchParams(query).toString();
  const headers = {
    ...(body !== undefined && { 'content-type': 'application/json' }),
    ...(token !== null && { authorization: `${version === 3 ? 'Bearer' : 'Token'} ${token}` }),
  };
  const init = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) };
  let status: number;
  let text: string;
  try {
    const answer = await fetch(`${url}${path}${search && `?${search}`}`, {
      ...init,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    [status, text] = [answer.status, await answer.text()];
  } catch (error) {
    const { message, cause } = error as Error;
    throw influxError(target, 'unreachable', cause instanceof Error ? cause.message || message : message);
  }
  if (status === 404 && method === 'GET') return null;
  if (status >= 300) throw influxError(target, failureOf(status) ?? 'refused', reasonOf(text));
  return parse(text, target);
}

function parse(text: string, { url, version }: InfluxTarget): unknown {
  if (text.trim() === '') return null;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new SetupError(`${url} does not answer as InfluxDB ${version}: check \`url\` and \`version\``);
  }
}
