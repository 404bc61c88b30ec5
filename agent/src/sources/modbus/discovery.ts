import { listProfiles, loadProfile } from '../../profiles/catalogue.ts';
import type { Found, Search } from '../../source.ts';
import { placeIn } from '../support/place.ts';
import { acquireBus } from './bus.ts';
import { createDevice } from './device.ts';
import { networkPlace, type Place, serialPlace } from './place.ts';
import { modbusProfile } from './profile.ts';
import { answers, type Candidate, type Recognised, recognise } from './recognition.ts';
import { DEFAULT_PORT } from './settings.ts';

/** Places that are searched at a time. */
const AT_ONCE = 32;

/** Units that are tried: what makers ship their devices with, and what installers count from. */
const networkUnits = [1, 2, 3, 4, 10, 100, 126, 240, 247, 255];
const serialUnits = [1, 2, 3, 4, 5, 247];
/** Nobody's choice: a device that answers to it too answers to all. */
const UNLIKELY_UNIT = 246;

/** Long enough for a gateway to say that a unit is not there. */
const NETWORK_TIMEOUT_MS = 1000;
const SERIAL_TIMEOUT_MS = 300;

/** How serial lines are mostly set: what makers ship, and what Modbus over Serial Line 1.02 asks for. */
const serialSettings = [
  { baudRate: 9600, parity: 'none' },
  { baudRate: 19_200, parity: 'even' },
  { baudRate: 9600, parity: 'even' },
  { baudRate: 19_200, parity: 'none' },
] as const;

/** A place to look at, and the keys by which agent.yaml names it. */
interface Spot {
  readonly place: Place;
  readonly keys: Readonly<Record<string, unknown>>;
  readonly units: readonly number[];
  readonly timeoutMs: number;
}

/** Looks for meters at the named addresses: of hosts, or of serial lines where one begins with `/`. */
export async function discoverMeters(search: Search): Promise<readonly Found[]> {
  const candidates = listProfiles('modbus').map((name) => ({
    name,
    profile: loadProfile('modbus', name, modbusProfile, ''),
  }));
  const found: Found[][] = [];
  const next = search.addresses.entries();
  const work = async (): Promise<void> => {
    for (const [index, address] of next) {
      if (search.signal.aborted) return;
      found[index] = await searchAddress(address, candidates, search);
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, search.addresses.length) }, work));
  return found.flat();
}

async function searchAddress(address: string, candidates: readonly Candidate[], search: Search): Promise<Found[]> {
  for (const spot of spotsOf(address)) {
    const found = await searchSpot(spot, candidates, search);
    // A line has one setting for all its devices.
    if (found.length > 0) return found;
  }
  return [];
}

function spotsOf(address: string): Spot[] {
  if (address.startsWith('/')) {
    return serialSettings.map(({ baudRate, parity }) => ({
      place: serialPlace({ device: address, baudRate, parity, dataBits: 8, stopBits: 1 }),
      keys: { device: address, baudRate, parity },
      units: serialUnits,
      timeoutMs: SERIAL_TIMEOUT_MS,
    }));
  }
  const { host, port } = placeIn(address, DEFAULT_PORT);
  const keys = { host, ...(port !== DEFAULT_PORT && { port }) };
  const place = networkPlace({ host, port, framing: 'tcp' });
  return [{ place, keys, units: networkUnits, timeoutMs: NETWORK_TIMEOUT_MS }];
}

async function searchSpot(spot: Spot, candidates: readonly Candidate[], search: Search): Promise<Found[]> {
  const bus = acquireBus(spot.place, search.clock);
  // One for each place, or the many listeners on the search's own would look like a leak.
  const signal = AbortSignal.any([search.signal]);
  const asking = (unit: number) => createDevice(bus, unit, spot.timeoutMs).asking(signal);
  const found: Found[] = [];
  let answered = 0;
  try {
    for (const unit of spot.units) {
      if (search.signal.aborted) break;
      search.progress(`Modbus: ${spot.place.name}, unit ${unit}`);
      const recognised = await recognise(asking(unit), candidates).catch((error: Error) => {
        search.progress(`Modbus: ${error.message}`);
      });
      const nobodyListens = bus.connections === 0;
      if (nobodyListens) break;
      if (recognised === undefined) continue;
      if (recognised === null) search.progress(`Modbus: ${spot.place.name}, unit ${unit} answers, but is not known`);
      else found.push(foundAs(recognised, spot, unit));
      answered += 1;
      if (answered === 1 && 'host' in spot.keys && (await answers(asking(UNLIKELY_UNIT)))) break;
    }
  } finally {
    bus.release();
  }
  return found;
}

function foundAs(
  { profile, title, notes, sections, alternatives }: Recognised,
  { place, keys }: Spot,
  unit: number,
): Found {
  const id = `${profile}-${unit}`;
  return {
    title: `${title} at ${place.name}, unit ${unit}`,
    notes: alternatives.length === 0 ? notes : [...notes, `or one of the profiles ${alternatives.join(', ')}`],
    entry: {
      kind: 'modbus',
      profile,
      ...keys,
      unit,
      points: sections.map((from, index) => ({
        point: index === 0 ? id : `${id}-${from}`,
        ...(from.startsWith('inverter') && { role: 'solar' }),
        from,
      })),
    },
  };
}
