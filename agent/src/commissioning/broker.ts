import { BrokerConnection } from '../broker-connection.ts';
import type { Clock } from '../clock.ts';
import type { AgentConfig } from '../config.ts';
import type { Finding } from './finding.ts';

/** Patience with the broker: the network is near, or it is no use. */
const TIMEOUT_MS = 5_000;

/** Time for taking leave. */
const END_WITHIN_MS = 1_000;

/** Connects as the agent would, under another name so that a running one is not disconnected, and takes leave. */
export async function judgeBroker({ broker, group, site, agent }: AgentConfig, clock: Clock): Promise<Finding[]> {
  const late = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const connection = await BrokerConnection.open({
      broker,
      clientId: `wattmark-${group}-${site}-${agent}-check`,
      will: null,
      clock,
      signal: late,
      receive: () => {},
      wake: () => {},
    });
    await connection.end(END_WITHIN_MS);
    return [];
  } catch (error) {
    const reason = late.aborted ? `no answer within ${TIMEOUT_MS} ms` : (error as Error).message;
    const message = `no connection to ${broker.url}: ${reason || (error as NodeJS.ErrnoException).code}`;
    const code = (error as NodeJS.ErrnoException).code ?? '';
    const remedy = remedies.find(({ pattern }) => pattern.test(`${code} ${reason}`))?.remedy ?? otherwise;
    return [{ code: 'broker', severity: 'error', about: 'broker', message, remedy }];
  }
}

const otherwise = 'look at broker.url, and at the log of the broker';

const remedies: readonly { readonly pattern: RegExp; readonly remedy: string }[] = [
  {
    pattern: /ECONNREFUSED/,
    remedy:
      'is the broker started, is the port right, and does it listen beyond its own host (broker.embedded.host: 0.0.0.0)?',
  },
  { pattern: /ENOTFOUND|EAI_AGAIN/, remedy: 'there is no host of that name: look at broker.url and at the DNS server' },
  {
    pattern: /not auth|bad user/i,
    remedy: 'look at broker.username and broker.password, and at the users of the broker',
  },
  {
    pattern: /CERT|SELF_SIGNED|UNABLE_TO|ALTNAME|certificate/i,
    remedy: 'name the authority of its certificate with broker.ca',
  },
  { pattern: /no answer|TIMEDOUT|UNREACH/i, remedy: 'is the address right, and does a firewall let this port pass?' },
];
