import { connect, isIP } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { hostAndPort } from '../support/place.ts';
import { Conversation } from './conversation.ts';
import { quote, wordsOf } from './words.ts';

/** upsd answers, and says no: `ERR <code>`. */
export class Refusal extends Error {
  override name = 'Refusal';
  readonly code: string;
  constructor(question: string, code: string) {
    super(`upsd answers ${question} with ERR ${code}${remedies[code] ?? ''}`);
    this.code = code;
  }
}

export interface UpsdOptions {
  readonly host: string;
  readonly port: number;
  /** For each answer; the first includes the connection. */
  readonly timeoutMs: number;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly tls: 'off' | 'starttls';
  /** PEM of the authorities that may vouch for the server, instead of the usual ones. */
  readonly ca?: string | undefined;
  readonly verify: boolean;
}

/** A server of Network UPS Tools, which speaks RFC 9271 on TCP port 3493. */
export interface Upsd {
  /**
   * The way to ask, over the connection that there is or a new one.
   * @throws as `List` does
   */
  connect(signal: AbortSignal): Promise<List>;
  close(): void;
}

/**
 * What `LIST <query>` lists: of each row the words after those of the query. Several should be asked at once: upsd sends
 * line by line, so that each list alone takes as long as the kernel delays an acknowledgement, 40 ms.
 * @throws Refusal; SourceError where the signal aborts; Error saying why there is no answer.
 */
export type List = (query: string) => Promise<string[][]>;

export function createUpsd(options: UpsdOptions): Upsd {
  const { host, port, timeoutMs } = options;
  const where = hostAndPort(options);
  let current: Conversation | null = null;

  async function connected(signal: AbortSignal): Promise<Conversation> {
    if (current?.ended === false) return current;
    const socket = connect({ host, port, noDelay: true });
    let conversation = new Conversation(socket, where);
    current = conversation;
    const tell = async (line: string) => accepted(await conversation.ask(line, timeoutMs, signal), line);
    try {
      if (options.tls === 'starttls') {
        await tell('STARTTLS');
        conversation.release();
        const name = isIP(host) === 0 ? { servername: host } : {};
        const trust = { rejectUnauthorized: options.verify, ...(options.ca !== undefined && { ca: options.ca }) };
        const secure: TLSSocket = connectTls({ socket, host, ...name, ...trust });
        conversation = new Conversation(secure, where);
        current = conversation;
      }
      if (options.username !== undefined) await tell(`USERNAME ${quote(options.username)}`);
      if (options.password !== undefined) await tell(`PASSWORD ${quote(options.password)}`);
      return conversation;
    } catch (error) {
      conversation.end();
      throw error;
    }
  }

  return {
    async connect(signal) {
      const conversation = await connected(signal);
      return async (query) => {
        const lines = await conversation.ask(`LIST ${query}`, timeoutMs, signal);
        return rowsOf(query, accepted(lines, `LIST ${query}`));
      };
    },
    close: () => current?.end(),
  };
}

/** What can be done about a refusal (RFC 9271, section 4.2). */
const remedies: Readonly<Record<string, string>> = {
  'ACCESS-DENIED': ': are username and password those of upsd.users, and may this host connect?',
  'DATA-STALE': ': its driver runs, but has lost the UPS; check the cable or the network between them',
  'DRIVER-NOT-CONNECTED': ': its driver does not run; see upsdrvctl start on the server',
  'FEATURE-NOT-CONFIGURED': ': name a certificate with CERTFILE or CERTPATH in its upsd.conf',
  'UNKNOWN-UPS': ': its ups.conf has no such section',
  'FEATURE-NOT-SUPPORTED': ': it was built without TLS',
};

/** @throws Refusal, in which no secret is repeated. */
function accepted(lines: string[], question: string): string[] {
  const [verb, code = ''] = wordsOf(lines[0] ?? '');
  if (verb === 'ERR') throw new Refusal(question.startsWith('LIST ') ? question : (question.split(' ')[0] ?? ''), code);
  return lines;
}

function rowsOf(query: string, lines: readonly string[]): string[][] {
  if (lines[0] !== `BEGIN LIST ${query}` || lines.at(-1) !== `END LIST ${query}`) {
    throw new Error(`upsd answers LIST ${query} with another list`);
  }
  const head = query.split(' ').length;
  return lines.slice(1, -1).map((line) => wordsOf(line).slice(head));
}
