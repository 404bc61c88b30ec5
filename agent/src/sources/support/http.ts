import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { SourceError } from '../../source.ts';

export interface HttpOptions {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** PEM of the authorities that may vouch for the server, instead of the usual ones. */
  readonly ca?: string | undefined;
  /** False takes any certificate. */
  readonly verify?: boolean | undefined;
  readonly maxBytes?: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

const MAX_BYTES = 16 * 1_048_576;

/**
 * One request, without redirects. Any status is an answer.
 * @throws SourceError: `absent` where nothing listens, the name is unknown or the certificate is not to be trusted;
 * `retry` where no answer comes in time or it is longer than `maxBytes`.
 */
export function httpRequest(url: string, options: HttpOptions): Promise<HttpAnswer> {
  const { method = 'GET', headers = {}, body, timeoutMs, signal, ca, verify = true } = options;
  const { host, protocol } = new URL(url);
  return new Promise((resolve, reject) => {
    const tls = { ...(ca !== undefined && { ca }), rejectUnauthorized: verify };
    const sent = { ...headers, ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }) };
    const late = AbortSignal.timeout(timeoutMs);
    const send = protocol === 'https:' ? requestHttps : requestHttp;
    const request = send(url, { method, headers: sent, signal: AbortSignal.any([signal, late]), agent: false, ...tls });
    const fail = (error: Error) => reject(failureOf(error, host, timeoutMs, late.aborted));
    request.on('error', fail);
    request.on('response', (response) => {
      readBody(response, options.maxBytes ?? MAX_BYTES).then(
        (text) => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
        fail,
      );
    });
    request.end(body);
  });
}

async function readBody(response: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) {
      response.destroy();
      throw new SourceError('retry', `the answer is longer than ${maxBytes} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function failureOf(error: Error, host: string, timeoutMs: number, isLate: boolean): SourceError {
  if (error instanceof SourceError) return error;
  const { code = '' } = error as NodeJS.ErrnoException;
  if (isLate) return new SourceError('retry', `${host} did not answer within ${timeoutMs} ms`);
  if (error.name === 'AbortError') return new SourceError('retry', `${host} did not answer before the tick's deadline`);
  if (isDistrust(code)) {
    const remedy = 'name the authority that signed it with ca';
    return new SourceError('absent', `the certificate of ${host} is not to be trusted (${code}): ${remedy}`);
  }
  const isMissing = ['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'ENETUNREACH', 'EAI_AGAIN'].includes(code);
  return new SourceError(
    isMissing ? 'absent' : 'retry',
    `no answer from ${host}: ${code === '' ? error.message : code}`,
  );
}

function isDistrust(code: string): boolean {
  return /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ALTNAME/.test(code);
}
