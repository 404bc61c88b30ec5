import type { Logger } from '@wattmark/shared/logger';
import { SourceError } from '../../source.ts';
import type { HttpAnswer } from '../support/http.ts';
import { messageIn, parseResource, pathIn, type Resource } from './resource.ts';
import { resourceIn, type Transport } from './transport.ts';

export interface Credentials {
  readonly username: string;
  readonly password: string;
  readonly auth: 'session' | 'basic';
}

/** A Redfish service, logged in to when it is first asked for something. */
export interface Client {
  /** Times that it logged in: one more means that the BMC was started anew, or is another one. */
  readonly logins: number;
  /** @throws SourceError where the service does not answer, Refused where it refuses this resource. */
  get(path: string, signal: AbortSignal): Promise<Resource>;
  /** Gives back the session: a BMC has few. */
  close(): Promise<void>;
}

export const ROOT = '/redfish/v1/';

/** Where sessions are when the service root does not say (DSP0266, section 13.3.4). */
const SESSIONS = '/redfish/v1/SessionService/Sessions';

const LOGOUT_MS = 2_000;

interface Session {
  readonly token: string;
  readonly path: string | null;
}

export function createClient(transport: Transport, { username, password, auth }: Credentials, log: Logger): Client {
  const { place } = transport;
  let session: Session | null = null;
  let loggingIn: Promise<void> | null = null;
  let logins = 0;
  let isBasic = auth === 'basic';

  async function logIn(): Promise<void> {
    const answer = await requestSession(transport, username, password);
    const token = answer.headers['x-auth-token'];
    if (answer.status < 300 && typeof token === 'string') {
      session = { token, path: sessionPath(answer) };
      logins += 1;
    } else if (hasNoSession(answer)) {
      isBasic = true;
      log.info({ status: answer.status, reason: messageIn(answer.body) }, 'no session to be had: each request logs in');
    } else {
      throw refusedLogin(place, answer);
    }
  }

  const headersFor = (used: Session | null): Record<string, string> => {
    if (used !== null) return { 'x-auth-token': used.token };
    return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
  };

  /** Of requests under way at once, one logs in. */
  async function currentSession(): Promise<Session | null> {
    if (isBasic || session !== null) return session;
    loggingIn ??= logIn().finally(() => {
      loggingIn = null;
    });
    await loggingIn;
    return session;
  }

  return {
    get logins() {
      return logins;
    },
    async get(path, signal) {
      const used = await currentSession();
      let answer = await transport.send(path, signal, { headers: headersFor(used) });
      if (answer.status === 401 && used !== null) {
        if (session === used) session = null;
        answer = await transport.send(path, signal, { headers: headersFor(await currentSession()) });
      }
      if (answer.status === 401) throw refusedLogin(place, answer);
      return resourceIn(answer, path, place);
    },
    async close() {
      if (session?.path == null) return;
      const how = { method: 'DELETE', headers: headersFor(session) } as const;
      await transport.send(session.path, AbortSignal.timeout(LOGOUT_MS), how).catch(() => {});
    },
  };
}

/** Not given up with the tick or the source: a session whose token never arrived could not be given back. */
async function requestSession(transport: Transport, username: string, password: string): Promise<HttpAnswer> {
  const never = new AbortController().signal;
  const root = resourceIn(await transport.send(ROOT, never), ROOT, transport.place);
  const path = pathIn(root, 'Links', 'Sessions') ?? SESSIONS;
  const body = JSON.stringify({ UserName: username, Password: password });
  return transport.send(path, never, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
}

/** No session service, or no session left. A refused password is not tried again in another way: that locks accounts. */
function hasNoSession({ status, body }: HttpAnswer): boolean {
  return status < 300 || [404, 405, 501].includes(status) || body.includes('SessionLimitExceeded');
}

function refusedLogin(place: string, { status, body }: HttpAnswer): SourceError {
  if (status === 401 || status === 403 || status === 400) {
    return new SourceError('absent', `${place} refuses the user name or the password (HTTP ${status})`);
  }
  return new SourceError('retry', `${place} does not let the agent log in: HTTP ${status} ${messageIn(body)}`.trim());
}

/** Of the new session: a path, or an absolute URL on some services. */
function sessionPath({ headers, body }: HttpAnswer): string | null {
  const path = (headers.location ?? '').replace(/^https?:\/\/[^/]+/, '');
  return pathIn({ at: { '@odata.id': path } }, 'at') ?? pathIn({ at: parseResource(body) ?? {} }, 'at');
}
