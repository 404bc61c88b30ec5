import type { Logger } from '@wattmark/shared/logger';
import { connect, type IClientOptions } from 'mqtt';
import type { Link, Receive } from './link.ts';

export type Credentials = Pick<IClientOptions, 'username' | 'password' | 'ca' | 'cert' | 'key'>;

export interface ExternalOptions {
  readonly url: string;
  readonly credentials: Credentials;
  /** Fixed, so that the broker keeps the session, and what third parties publish, while the collector restarts. */
  readonly clientId: string;
  readonly filters: readonly string[];
  readonly log: Logger;
}

const RECONNECT_MS = 1_000;

/** Connects to a broker elsewhere, and again whenever the connection is lost. Does not wait for the first connection. */
export function openExternalBroker(options: ExternalOptions, receive: Receive): Link {
  const { url, filters, log, clientId, credentials } = options;
  const client = connect(url, { ...sessionOptions, ...credentials, clientId });
  let problem: string | null = `not connected to the broker ${url} yet`;
  client.handleMessage = (packet, done) => {
    const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload;
    const held = receive({ topic: packet.topic, payload, retained: packet.retain });
    if (held === undefined) done();
    else void held.then(() => done());
  };
  client.on('connect', () => {
    client.subscribe([...filters], { qos: 1 }, (error, granted) => {
      const refused = granted?.filter(({ qos }) => qos > 2).map(({ topic }) => topic) ?? [];
      problem = error?.message ?? (refused.length > 0 ? `the broker refused to subscribe ${refused.join(', ')}` : null);
      if (problem === null) log.info({ url }, 'connected to the broker');
      else log.error({ url, problem }, 'subscription failed');
    });
  });
  client.on('close', () => {
    if (problem === null) log.warn({ url }, 'connection to the broker lost');
    problem = `no connection to the broker ${url}`;
  });
  client.on('error', (error) => log.warn({ url, error: error.message }, 'broker error'));
  return {
    get problem() {
      return problem;
    },
    publish(topic, payload, { retain }) {
      if (client.connected) client.publish(topic, payload, { qos: 1, retain }, () => {});
    },
    async close() {
      await client.endAsync(true);
    },
  };
}

const sessionOptions: IClientOptions = {
  protocolVersion: 4,
  clean: false,
  reconnectPeriod: RECONNECT_MS,
  connectTimeout: 10_000,
  keepalive: 30,
  resubscribe: false,
  queueQoSZero: false,
};
