import { listProfiles, loadProfile } from '../../profiles/catalogue.ts';
import type { Found, Search } from '../../source.ts';
import { hostAndPort, placeIn } from '../support/place.ts';
import { slugOf } from '../support/slug.ts';
import { type Client, createClient } from './client.ts';
import { isBelow } from './oid.ts';
import { findRows } from './presence.ts';
import { type SnmpProfile, snmpProfile } from './profile.ts';
import { textOf } from './value.ts';

/** Devices that are asked at a time. */
const AT_ONCE = 32;

const TIMEOUT_MS = 1000;

/** Rows of a table that are named one by one. */
const LISTED_ROWS = 8;

const PORT = 161;

const SYS_DESCR = '1.3.6.1.2.1.1.1.0';
const SYS_OBJECT_ID = '1.3.6.1.2.1.1.2.0';
const SYS_NAME = '1.3.6.1.2.1.1.5.0';

/** How a device was reached, and what it says of itself. */
interface Device {
  readonly host: string;
  readonly port: number;
  readonly version: '1' | '2c';
  readonly objectId: string;
  readonly description: string;
  readonly name: string;
}

interface Candidate {
  readonly name: string;
  readonly profile: SnmpProfile;
}

/** A part of a device that a point can read. */
interface Part {
  /** As `from` in agent.yaml. */
  readonly from: string;
  /** Where it is the profile's first section at its default row. */
  readonly isMain: boolean;
}

/** Asks the devices at the named addresses what they are, and finds the profile by which each can be read. */
export async function discoverDevices(search: Search): Promise<readonly Found[]> {
  const { addresses, signal, progress } = search;
  if (addresses.length === 0) return [];
  progress(`SNMP: asking ${addresses.length} ${addresses.length === 1 ? 'address' : 'addresses'}`);
  const candidates = listProfiles('snmp').map((name) => ({
    name,
    profile: loadProfile('snmp', name, snmpProfile, ''),
  }));
  const found: (Found | null)[] = [];
  const next = addresses.entries();
  const work = async () => {
    for (const [index, address] of next) {
      if (signal.aborted) return;
      found[index] = await examine(address, candidates, search);
      if (found[index] !== null) progress(`SNMP: ${found[index].title}`);
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, addresses.length) }, work));
  return found.filter((one) => one !== null && one !== undefined);
}

async function examine(address: string, candidates: readonly Candidate[], search: Search): Promise<Found | null> {
  const { host, port } = placeIn(address, PORT);
  for (const version of ['2c', '1'] as const) {
    const client = createClient({
      host,
      port,
      credentials: { version, community: search.community },
      timeoutMs: TIMEOUT_MS,
      retries: 0,
    });
    const giveUp = () => client.cancel();
    search.signal.addEventListener('abort', giveUp, { once: true });
    try {
      const [objectId, description, name] = await client.get([SYS_OBJECT_ID, SYS_DESCR, SYS_NAME], search.signal);
      const device: Device = {
        host,
        port,
        version,
        objectId: textOf(objectId) ?? '',
        description: textOf(description) ?? '',
        name: textOf(name) ?? '',
      };
      return await recognise(device, client, candidates, search);
    } catch {
      if (search.signal.aborted) return null;
    } finally {
      search.signal.removeEventListener('abort', giveUp);
      client.close();
    }
  }
  return null;
}

async function recognise(
  device: Device,
  client: Client,
  candidates: readonly Candidate[],
  { community, signal, progress }: Search,
): Promise<Found | null> {
  let second: Found | null = null;
  for (const { name, profile } of await inOrder(device, client, candidates)) {
    const { parts, others, hasPower } = await findParts(profile, client, signal);
    if (parts.length === 0) continue;
    const found = foundAs(device, community, { name, profile }, parts, others);
    // A UPS may tell its power by the standard MIB alone, though it has some of its maker's.
    if (hasPower) return found;
    second ??= found;
  }
  if (second !== null) return second;
  const { host, objectId, description } = device;
  const what = `sysObjectID ${objectId || 'none'}${description === '' ? '' : `, ${description}`}`;
  progress(`SNMP: ${host} answers, but there is no profile for it (${what})`);
  return null;
}

/** The profiles that may fit: those that know the device's sysObjectID, the most exact first, then those it has a table of. */
async function inOrder(device: Device, client: Client, candidates: readonly Candidate[]): Promise<Candidate[]> {
  const exactness = ({ profile }: Candidate) =>
    Math.max(0, ...profile.identify.filter((id) => isSameOrBelow(device.objectId, id)).map((id) => id.length));
  const known = candidates.filter((one) => exactness(one) > 0).sort((a, b) => exactness(b) - exactness(a));
  const others: Candidate[] = [];
  for (const candidate of candidates) {
    const { probe } = candidate.profile;
    if (probe !== undefined && !known.includes(candidate) && (await client.has(probe))) others.push(candidate);
  }
  return [...known, ...others];
}

function isSameOrBelow(oid: string, parent: string): boolean {
  return oid === parent || isBelow(oid, parent);
}

/** The parts that a site wants to see, and those that one can ask for by name. */
async function findParts(profile: SnmpProfile, client: Client, signal: AbortSignal) {
  const parts: Part[] = [];
  const tables: { readonly name: string; readonly rows: readonly string[] }[] = [];
  let hasPower = false;
  for (const [position, [name, section]] of Object.entries(profile.sections).entries()) {
    const { rows, hasPower: isMeasured } = await findRows(section, client, signal);
    const { index } = section;
    hasPower ||= isMeasured;
    if (index?.includes('*') === true && position > 0) {
      if (rows.length > 0) tables.push({ name, rows });
      continue;
    }
    for (const row of rows) {
      const isDefault = index === undefined || row === index;
      parts.push({ from: isDefault ? name : `${name}-${row}`, isMain: isDefault && position === 0 });
    }
  }
  const [first, ...more] = tables;
  if (parts.length > 0 || first === undefined) return { parts, others: tables.map(offer), hasPower };
  // A model that measures its phases only, and not their total.
  const phases = first.rows.map((row) => ({ from: `${first.name}-${row}`, isMain: false }));
  return { parts: phases, others: more.map(offer), hasPower };
}

/** `more can be read, from: outlet-1, outlet-2, outlet-7`; of a long table its ends. */
function offer({ name, rows }: { readonly name: string; readonly rows: readonly string[] }): string {
  const names = rows.map((row) => `${name}-${row}`);
  const shown = names.length > LISTED_ROWS ? [`${names[0]} to ${names.at(-1)} (${names.length})`] : names;
  return `more can be read, from: ${shown.join(', ')}`;
}

function foundAs(
  device: Device,
  community: string,
  { name, profile }: Candidate,
  parts: readonly Part[],
  others: readonly string[],
): Found {
  const { host, port, version, description } = device;
  const where = port === PORT ? host : hostAndPort({ host, port });
  const id = idOf(device.name || host);
  return {
    title: `${profile.manufacturer === 'any' ? '' : `${profile.manufacturer} `}${profile.model} at ${where}`,
    notes: [
      ...(description === '' ? [] : [`says: ${description}`]),
      'give each point its role, and leave out those that are not wanted',
      ...others,
    ],
    entry: {
      kind: 'snmp',
      profile: name,
      host,
      ...(port !== PORT && { port }),
      ...(version === '1' && { version }),
      community,
      points: parts.map(({ from, isMain }) => ({
        point: isMain ? id : idOf(`${id}-${from}`),
        from,
        ...(isMain && device.name !== '' && { name: device.name }),
      })),
    },
  };
}

/** An id of the contract from a name or address. */
function idOf(text: string): string {
  return slugOf(text) || 'device';
}
