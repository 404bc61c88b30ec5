import { type Agent, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { SourceError } from '../../source.ts';
import { distrustIn } from './distrust.ts';

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
  /** Keeps connections open between requests; each request has its own otherwise. */
  readonly agent?: Agent | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

const MAX_BYTES = 16 * 1_048_576;

/** Code of the error by which an agent refuses a server whose certificate is not the pinned one. */
export const WRONG_FINGERPRINT = 'WRONG_CERT_FINGERPRINT';

/**
 * One request, without redirects. Any status is an answer.
 * @throws SourceError: `absent` where nothing listens, the name is unknown or the certificate is not to be trusted;
 * `retry` where no answer comes in time or it is longer than `maxBytes`.
 */
export async function httpRequest(url: string, options: HttpOptions): Promise<HttpAnswer> {
  const over = new AbortController();
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    over.abort();
  }, options.timeoutMs);
  const giveUp = (): void => over.abort();
  if (options.signal.aborted) giveUp();
  options.signal.addEventListener('abort', giveUp, { once: true });
  try {
    return await requestAgain(url, options, over.signal);
  } catch (error) {
    throw failureOf(error as Error, new URL(url).host, options, isLate);
  } finally {
    clearTimeout(timer);
    options.signal.removeEventListener('abort', giveUp);
  }
}

interface Attempt {
  isReused: boolean;
}

/** Connections that a server may have closed, each at the instant at which it was used again. */
const MOST_STALE = 4;

async function requestAgain(url: string, options: HttpOptions, signal: AbortSignal): Promise<HttpAnswer> {
  const isRepeatable = (options.method ?? 'GET') === 'GET';
  for (let stale = 0; ; stale++) {
    const attempt: Attempt = { isReused: false };
    try {
      return await requestOnce(url, options, signal, attempt);
    } catch (error) {
      if (!attempt.isReused || !isRepeatable || !isReset(error) || stale === MOST_STALE) throw error;
    }
  }
}

function requestOnce(url: string, options: HttpOptions, signal: AbortSignal, attempt: Attempt): Promise<HttpAnswer> {
  const { method = 'GET', headers = {}, body, ca, verify = true, agent = false } = options;
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(new Error('given up'));
    const tls = { ...(ca !== undefined && { ca }), rejectUnauthorized: verify };
    const sent = { ...headers, ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }) };
    const send = new URL(url).protocol === 'https:' ? requestHttps : requestHttp;
    const request = send(url, { method, headers: sent, signal, agent, ...tls });
    // A request that still waits for its connection says nothing when it is given up.
    signal.addEventListener('abort', () => reject(new Error('given up')), { once: true });
    request.on('error', (error) => {
      attempt.isReused = request.reusedSocket;
      reject(error);
    });
    request.on('response', (response) => {
      readBody(response, options.maxBytes ?? MAX_BYTES).then(
        (text) => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
        reject,
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

function isReset(error: unknown): boolean {
  return ['ECONNRESET', 'EPIPE'].includes((error as NodeJS.ErrnoException).code ?? '');
}

function failureOf(error: Error, host: string, { signal, timeoutMs }: HttpOptions, isLate: boolean): SourceError {
  if (error instanceof SourceError) return error;
  const { code = '' } = error as NodeJS.ErrnoException;
  if (signal.aborted) return new SourceError('retry', `${host} did not answer before the tick's deadline`);
  if (isLate) return new SourceError('retry', `${host} did not answer within ${timeoutMs} ms`);
  if (code === WRONG_FINGERPRINT) return new SourceError('absent', `${host}: ${error.message}`);
  const distrust = distrustIn(code, host);
  if (distrust !== null) return new SourceError('absent', distrust);
  if (/^(EPROTO|ERR_SSL_)/.test(code)) {
    const isOld = /protocol version|unsupported protocol/.test(error.message);
    const hint = isOld ? 'it knows no TLS since 1.2: newer firmware is needed' : 'does it speak HTTPS on this port?';
    return new SourceError('retry', `no answer from ${host}: ${code}: ${hint}`);
  }
  const isMissing = ['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'ENETUNREACH', 'EAI_AGAIN'].includes(code);
  return new SourceError(
    isMissing ? 'absent' : 'retry',
    `no answer from ${host}: ${code === '' ? error.message : code}`,
  );
}
