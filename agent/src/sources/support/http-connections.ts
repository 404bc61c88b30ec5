import { Agent, type AgentOptions } from 'node:https';
import type { Duplex } from 'node:stream';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { WRONG_FINGERPRINT } from './http.ts';

/** Idle connections are given back before most servers would drop them. */
const IDLE_MS = 60_000;

/** Some servers accept connections and never shake hands. */
const HANDSHAKE_MS = 10_000;

/**
 * Connections to one HTTPS server that stay open between requests: a handshake costs a small controller seconds.
 * @param most how many at a time
 * @param fingerprint256 of the only certificate that is taken, whoever signed it: 32 octets in hexadecimal
 */
export function keepConnections(most: number, fingerprint256?: string): Agent {
  const options: AgentOptions = { keepAlive: true, maxSockets: most, timeout: IDLE_MS };
  return fingerprint256 === undefined ? new Agent(options) : new PinningAgent(options, fingerprint256);
}

/** Looks at the certificate before a request, and with it a password, is written to a new connection. */
class PinningAgent extends Agent {
  readonly #fingerprint: string;
  readonly #opening = new Set<TLSSocket>();

  constructor(options: AgentOptions, fingerprint256: string) {
    // A resumed session shows no certificate.
    super({ ...options, maxCachedSessions: 0 });
    this.#fingerprint = plain(fingerprint256);
  }

  override createConnection(
    options: ConnectionOptions,
    callback: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    const socket = connect({ ...options, rejectUnauthorized: false, timeout: HANDSHAKE_MS });
    this.#opening.add(socket);
    const finish = (error: Error | null): void => {
      if (!this.#opening.delete(socket)) return;
      socket.removeListener('timeout', giveUp);
      socket.setTimeout(IDLE_MS);
      if (error !== null) socket.destroy();
      callback(error, socket);
    };
    const giveUp = (): void => finish(new Error('no TLS handshake'));
    socket.once('timeout', giveUp);
    socket.once('error', finish);
    socket.once('close', () => finish(new Error('the connection was closed')));
    socket.once('secureConnect', () => finish(this.#judge(socket.getPeerCertificate().fingerprint256)));
  }

  override destroy(): void {
    for (const socket of this.#opening) socket.destroy();
    super.destroy();
  }

  #judge(shown: string | undefined): Error | null {
    if (plain(shown ?? '') === this.#fingerprint) return null;
    const message = `the certificate's SHA-256 fingerprint is ${shown}, not the one in fingerprint256`;
    return Object.assign(new Error(message), { code: WRONG_FINGERPRINT });
  }
}

function plain(fingerprint: string): string {
  return fingerprint.replaceAll(':', '').toLowerCase();
}

/** The certificate that a server shows. */
export interface ShownCertificate {
  /** SHA-256, `AA:BB:…`. */
  readonly fingerprint256: string;
  /** Whether an authority that this host knows vouches for it. */
  readonly isTrusted: boolean;
}

/** Asks a server for its certificate and nothing else; null where it shows none. Never rejects. */
export function lookAtCertificate(host: string, port: number, signal: AbortSignal): Promise<ShownCertificate | null> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, rejectUnauthorized: false, ...(!isAddress(host) && { servername: host }) });
    const finish = (certificate: ShownCertificate | null): void => {
      signal.removeEventListener('abort', giveUp);
      socket.destroy();
      resolve(certificate);
    };
    const giveUp = (): void => finish(null);
    socket.once('error', giveUp);
    socket.once('secureConnect', () => {
      const { fingerprint256 } = socket.getPeerCertificate();
      finish(fingerprint256 === undefined ? null : { fingerprint256, isTrusted: socket.authorized });
    });
    if (signal.aborted) giveUp();
    else signal.addEventListener('abort', giveUp, { once: true });
  });
}

function isAddress(host: string): boolean {
  return /^[\d.]+$/.test(host) || host.includes(':');
}
