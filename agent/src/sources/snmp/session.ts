import { isIPv6 } from 'node:net';
import snmp, { type Message, type Session, type User, type Varbind } from 'net-snmp';
import { repairDes } from './des.ts';

/** No answer came in time; SNMP has no other way of refusing a community. */
export class NoAnswer extends Error {
  override name = 'NoAnswer';
}

/** There is no such host, or the device does not let this user read. */
export class Refusal extends Error {
  override name = 'Refusal';
}

export const authProtocols = {
  MD5: snmp.AuthProtocols.md5,
  SHA: snmp.AuthProtocols.sha,
  'SHA-224': snmp.AuthProtocols.sha224,
  'SHA-256': snmp.AuthProtocols.sha256,
  'SHA-384': snmp.AuthProtocols.sha384,
  'SHA-512': snmp.AuthProtocols.sha512,
} as const;

/** AES-256 as net-snmp and most devices make its key (draft-blumenthal-aes-usm-04), AES-256-C as Cisco does (draft-reeder). */
export const privacyProtocols = {
  DES: snmp.PrivProtocols.des,
  AES: snmp.PrivProtocols.aes,
  'AES-128': snmp.PrivProtocols.aes,
  'AES-256': snmp.PrivProtocols.aes256b,
  'AES-256-C': snmp.PrivProtocols.aes256r,
  AES256B: snmp.PrivProtocols.aes256b,
  AES256R: snmp.PrivProtocols.aes256r,
} as const;

export interface Secret<P> {
  readonly protocol: P;
  readonly password: string;
}

export interface UserCredentials {
  readonly version: '3';
  readonly username: string;
  readonly auth?: Secret<keyof typeof authProtocols> | undefined;
  readonly privacy?: Secret<keyof typeof privacyProtocols> | undefined;
  readonly context: string;
}

/** Who asks. */
export type Credentials = { readonly version: '1' | '2c'; readonly community: string } | UserCredentials;

export interface SessionOptions {
  readonly host: string;
  readonly port: number;
  readonly credentials: Credentials;
  /** For each of `retries + 1` datagrams. */
  readonly timeoutMs: number;
  readonly retries: number;
}

type Done = (error: Error | null, varbinds?: Varbind[]) => void;

/** Sends one request and waits for its answer. @throws NoAnswer, Refusal, or the library's error. */
export type Request = (send: (session: Session, done: Done) => void) => Promise<Varbind[]>;

/** The way to one device, one request at a time. */
export interface Line {
  readonly request: Request;
  /** Lets go of what is under way. */
  readonly cancel: () => void;
  readonly close: () => void;
}

export function openLine(options: SessionOptions): Line {
  const { version } = options.credentials;
  let unintelligible = false;
  let session = open();

  function open(): Session {
    const opened = createSession(options);
    opened.on('error', () => {
      unintelligible = true;
    });
    return opened;
  }

  /** Forgets the device's engine, so that it is discovered again: another device may have taken its place. */
  function renew(): void {
    session.close();
    session = open();
  }

  async function request(send: (session: Session, done: Done) => void): Promise<Varbind[]> {
    unintelligible = false;
    try {
      return await once(session, send);
    } catch (error) {
      if (version !== '3' || !(isOutOfStep(error) || isTimeout(error))) throw explain(error, options, unintelligible);
      renew();
      if (isTimeout(error)) throw explain(error, options, unintelligible);
      return await once(session, send).catch((again: unknown) => {
        throw explain(again, options, unintelligible);
      });
    }
  }

  const cancel = () => session.cancelRequests(new Error('given up'));
  return {
    request,
    cancel,
    close() {
      cancel();
      session.close();
    },
  };
}

function createSession({ host, port, credentials, timeoutMs, retries }: SessionOptions): Session {
  const transport = isIPv6(host) ? 'udp6' : 'udp4';
  const options = { port, timeout: timeoutMs, retries, transport } as const;
  if (credentials.version === '3') {
    if (credentials.privacy?.protocol === 'DES') repairDes();
    const { context } = credentials;
    return new StrictSession(host, userOf(credentials), { ...options, version: snmp.Version3, context });
  }
  const version = credentials.version === '1' ? snmp.Version1 : snmp.Version2c;
  return snmp.createSession(host, credentials.community, { ...options, version });
}

type Question = Parameters<Session['onSimpleGetResponse']>[0];

/** Takes no answer that is less secure than its question (RFC 3414, 3.2); the library would take one without any key. */
class StrictSession extends snmp.Session {
  override onSimpleGetResponse(req: Question, answer: Message): void {
    const { message } = req;
    const isWeaker =
      (message.hasAuthentication() && !answer.hasAuthentication()) || (message.hasPrivacy() && !answer.hasPrivacy());
    if (isWeaker)
      (req.responseCb as Done)(new Error('an answer without the authentication or privacy of its question'));
    else super.onSimpleGetResponse(req, answer);
  }
}

function userOf({ username, auth, privacy }: UserCredentials): User {
  if (auth === undefined) return { name: username, level: snmp.SecurityLevel.noAuthNoPriv };
  const authenticated = { name: username, authProtocol: authProtocols[auth.protocol], authKey: auth.password };
  if (privacy === undefined) return { ...authenticated, level: snmp.SecurityLevel.authNoPriv };
  return {
    ...authenticated,
    level: snmp.SecurityLevel.authPriv,
    privProtocol: privacyProtocols[privacy.protocol],
    privKey: privacy.password,
  };
}

function once(session: Session, send: (session: Session, done: Done) => void): Promise<Varbind[]> {
  return new Promise((resolve, reject) => {
    send(session, (error, varbinds) => {
      if (error === null && varbinds !== undefined) resolve(varbinds);
      else reject(error ?? new Error('an answer without objects'));
    });
  });
}

function isTimeout(error: unknown): boolean {
  return (error as Error).name === 'RequestTimedOutError';
}

/** What a version 3 session may fail with because the device was restarted or replaced. */
function isOutOfStep(error: unknown): boolean {
  return (error as Error).name === 'ResponseInvalidError';
}

/** What the library says of the reports of RFC 3414, and what the operator can do about them. */
const reports: readonly (readonly [says: RegExp, meaning: string])[] = [
  [/^Unknown User/, 'is username right?'],
  [/^Unsupported Security/, 'the device wants other auth and privacy of it: are both set as on the device?'],
  [/^Wrong Digest|^Authentication digest/, 'are auth.password and auth.protocol right?'],
  [/^Decryption Error|^Failed to decrypt/, 'are privacy.password and privacy.protocol right?'],
];

function explain(error: unknown, options: SessionOptions, unintelligible: boolean): Error {
  const { message, code } = error as NodeJS.ErrnoException;
  if (isTimeout(error)) return noAnswer(options, unintelligible);
  const isUnreachable = ['ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'].includes(String(code));
  if (isUnreachable) return new Refusal(`the host cannot be reached (${code}): is host right?`);
  const { credentials } = options;
  const report = reports.find(([says]) => says.test(message));
  if (credentials.version !== '3' || report === undefined) return error as Error;
  return new Refusal(`the device refuses user ${credentials.username}: ${report[1]}`);
}

function noAnswer({ credentials, timeoutMs, retries }: SessionOptions, unintelligible: boolean): NoAnswer {
  if (unintelligible) return new NoAnswer('unintelligible answer: does this port speak SNMP?');
  const tries = retries === 0 ? '' : ` to ${retries + 1} requests`;
  const isOn = `and SNMP v${credentials.version} switched on?`;
  const doubt =
    credentials.version === '3'
      ? `are username, privacy and context right, ${isOn} (some devices do not answer a wrong one)`
      : `is the community right, ${isOn} (a wrong community is never answered)`;
  return new NoAnswer(`no answer${tries} within ${timeoutMs} ms: ${doubt}`);
}
