import type { Found, Search } from '../../source.ts';
import { hostAndPort, type NetworkPlace, placeIn } from '../support/place.ts';
import { slugOf } from '../support/slug.ts';
import { createUpsd, type List, Refusal } from './upsd.ts';
import { estimateMethod, identify, tell, type Variables, variablesOf } from './variables.ts';

const PORT = 3493;

/** Longest that a server may take to answer. */
const PATIENCE_MS = 2000;

/** Addresses that are tried at the same time. */
const ABREAST = 32;

/** The servers on this machine and at the addresses that the operator named, with all their UPSs. */
export async function discoverUpsds({ addresses, signal, progress }: Search): Promise<readonly Found[]> {
  const places = ['127.0.0.1', ...addresses].map((address) => placeIn(address, PORT));
  const found: Found[] = [];
  for (let begin = 0; begin < places.length && !signal.aborted; begin += ABREAST) {
    const batch = places.slice(begin, begin + ABREAST).map((place) => look(place, signal, progress));
    found.push(...(await Promise.all(batch)).flat());
  }
  return found;
}

async function look(place: NetworkPlace, signal: AbortSignal, progress: Search['progress']): Promise<Found[]> {
  const upsd = createUpsd({ ...place, timeoutMs: PATIENCE_MS, tls: 'off', verify: true });
  try {
    return await describe(await upsd.connect(signal), place);
  } catch (error) {
    progress(`no upsd at ${hostAndPort(place)}: ${(error as Error).message}`);
    return [];
  } finally {
    upsd.close();
  }
}

async function describe(list: List, { host, port }: NetworkPlace): Promise<Found[]> {
  const names = (await list('UPS')).map(([name = '']) => name);
  if (names.length === 0) return [];
  const notes = await Promise.all(names.map(async (name) => `${name}: ${await summary(list, name)}`));
  const ids = new Set<string>();
  const points = names.map((name) => ({ point: freeId(name, ids), from: name }));
  const place = { host, ...(port !== PORT && { port }) };
  return [
    {
      title: `${names.length === 1 ? '1 UPS' : `${names.length} UPSs`} of Network UPS Tools at ${hostAndPort({ host, port })}`,
      notes: [...notes, 'where a UPS feeds IT equipment, give its point role: it and level: ups-output'],
      entry: { kind: 'nut', ...place, points },
    },
  ];
}

async function summary(list: List, name: string): Promise<string> {
  try {
    return characterise(variablesOf(await list(`VAR ${name}`)));
  } catch (error) {
    if (error instanceof Refusal) return error.message;
    throw error;
  }
}

function characterise(variables: Variables): string {
  const { manufacturer = '', model = 'unnamed model', serial = 'untold' } = identify(variables);
  const power = tell('output', variables).get('power');
  const what = power === undefined ? 'tells no power in W' : (estimateMethod(variables) ?? 'measures its power');
  return `${manufacturer} ${model}`.trim() + `, serial number ${serial}; ${what}`;
}

function freeId(name: string, taken: Set<string>): string {
  const id = slugOf(name).slice(0, 50).replace(/-$/, '') || 'ups';
  let free = id;
  for (let number = 2; taken.has(free); number++) free = `${id}-${number}`;
  taken.add(free);
  return free;
}
