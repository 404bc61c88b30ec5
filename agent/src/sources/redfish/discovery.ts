import type { Found, Search } from '../../source.ts';
import { httpRequest } from '../support/http.ts';
import { lookAtCertificate } from '../support/http-connections.ts';
import { hostAndPort, placeIn } from '../support/place.ts';
import { ROOT } from './client.ts';
import { parseResource, textIn } from './resource.ts';

const PORT = 443;
const TIMEOUT_MS = 3_000;
const AT_ONCE = 16;
const MAX_BYTES = 262_144;

/** The Redfish services at the named addresses: a service root is shown to anybody (DSP0266, section 9.2). */
export async function findServices({ addresses, signal, progress }: Search): Promise<readonly Found[]> {
  const found = new Map<string, Found>();
  if (addresses.length > 0) progress(`looking for Redfish at ${addresses.length} addresses`);
  const waiting = addresses.values();
  const work = async (): Promise<void> => {
    for (const address of waiting) {
      const service = signal.aborted ? null : await look(address, signal).catch(() => null);
      if (service !== null) found.set(address, service);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return addresses.flatMap((address) => found.get(address) ?? []).map(numbered);
}

async function look(address: string, signal: AbortSignal): Promise<Found | null> {
  const { host, port } = placeIn(address, PORT);
  // No password travels yet, so that any certificate will do.
  const options = { timeoutMs: TIMEOUT_MS, signal, verify: false, maxBytes: MAX_BYTES };
  const answer = await httpRequest(`https://${hostAndPort({ host, port })}${ROOT}`, options);
  const root = answer.status === 200 ? parseResource(answer.body) : null;
  if (root === null || textIn(root, 'RedfishVersion') === undefined) return null;
  const certificate = await lookAtCertificate(host, port, AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]));
  const isPinned = certificate !== null && !certificate.isTrusted;
  const product = [textIn(root, 'Vendor'), textIn(root, 'Product')].filter((text) => text !== undefined).join(' ');
  const uuid = textIn(root, 'UUID');
  return {
    title: `Redfish at ${host}${port === PORT ? '' : `:${port}`}${product === '' ? '' : `: ${product}`}`,
    notes: [
      'EDIT: name and password of a user of the BMC; a read-only one is enough',
      ...(uuid === undefined ? [] : [`UUID ${uuid}`]),
      ...(isPinned
        ? ['no known authority vouches for its certificate: compare fingerprint256 with what the BMC says itself']
        : []),
    ],
    entry: {
      kind: 'redfish',
      host,
      ...(port !== PORT && { port }),
      ...(isPinned && { fingerprint256: certificate.fingerprint256 }),
      username: 'EDIT',
      password: 'EDIT',
      point: 'server-1',
    },
  };
}

function numbered(found: Found, index: number): Found {
  return { ...found, entry: { ...found.entry, point: `server-${index + 1}` } };
}
