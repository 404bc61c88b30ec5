import type { Agent } from 'node:http';
import type { Clock } from '../../clock.ts';
import { SourceError } from '../../source.ts';
import { type HttpAnswer, httpRequest } from '../support/http.ts';
import { hostAndPort } from '../support/place.ts';
import { messageIn, parseResource, type Resource } from './resource.ts';

export interface TransportOptions {
  readonly host: string;
  readonly port: number;
  /** For each request. */
  readonly timeoutMs: number;
  readonly agent: Agent;
  readonly ca?: string | undefined;
  readonly verify: boolean;
  readonly clock: Clock;
}

export interface Sending {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Requests to one service, which may ask to be left alone for a while. */
export interface Transport {
  /** Host and port, for messages. */
  readonly place: string;
  /** Any answer but that the service is busy. @throws SourceError */
  send(path: string, signal: AbortSignal, how?: Sending): Promise<HttpAnswer>;
}

/** The service asks to be left alone for a while. */
export class Busy extends SourceError {
  override name = 'SourceError';
}

/** The service answers, but not with this resource. */
export class Refused extends Error {
  override name = 'Refused';
  readonly status: number;
  constructor(path: string, status: number, said: string) {
    super(`${path}: HTTP ${status}${said === '' ? '' : `, ${said}`}`);
    this.status = status;
  }
}

/** A rack server's greatest resource has some 100 kB. */
const MAX_BYTES = 1_048_576;
const LONGEST_PAUSE_MS = 300_000;

export function createTransport(options: TransportOptions): Transport {
  const { host, port, timeoutMs, agent, ca, verify, clock } = options;
  const place = hostAndPort({ host, port });
  let quietUntilMs = Number.NEGATIVE_INFINITY;
  return {
    place,
    async send(path, signal, how = {}) {
      const pauseMs = quietUntilMs - clock.monotonicMs();
      if (pauseMs > 0) throw busy(place, pauseMs);
      const headers = { accept: 'application/json', 'odata-version': '4.0', ...how.headers };
      const connection = { agent, ca, verify, timeoutMs, signal, maxBytes: MAX_BYTES };
      const answer = await httpRequest(`https://${place}${path}`, { ...connection, ...how, headers });
      if (answer.status !== 503 && answer.status !== 429) return answer;
      const wantedMs = pauseIn(answer);
      quietUntilMs = clock.monotonicMs() + wantedMs;
      throw busy(place, wantedMs);
    },
  };
}

/** @throws SourceError where the answer is none of Redfish, Refused where it is a refusal. */
export function resourceIn(answer: HttpAnswer, path: string, place: string): Resource {
  if (answer.status !== 200) throw new Refused(path, answer.status, messageIn(answer.body));
  const resource = parseResource(answer.body);
  if (resource !== null) return resource;
  throw new SourceError('retry', `${place} does not answer in JSON: is there Redfish on this port?`);
}

function pauseIn({ headers }: HttpAnswer): number {
  const seconds = Number(headers['retry-after']);
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds * 1_000, LONGEST_PAUSE_MS) : 0;
}

function busy(place: string, pauseMs: number): Busy {
  const pause = pauseMs > 0 ? ` and wants no request for ${Math.ceil(pauseMs / 1_000)} s` : '';
  return new Busy('retry', `${place} is busy${pause}`);
}
