import { limits, type Meter } from '@wattmark/shared/messages';
import { SourceError } from '../../source.ts';
import { type Client, ROOT } from './client.ts';
import { listIn, objectIn, pathIn, pathsIn, type Resource, textIn } from './resource.ts';
import {
  controlPower,
  energyAt,
  environmentPower,
  isAbsent,
  legacySupply,
  supplyMetrics,
  type SupplyValues,
  type Told,
} from './value.ts';
import { Refused } from './transport.ts';

export type SupplyChannel = keyof SupplyValues;

/** Where a power supply's values are: in a resource of its own, or in the entry with that id of the deprecated one. */
export interface SupplyPlan {
  readonly metrics: string | null;
  readonly member: string;
  readonly channels: readonly SupplyChannel[];
}

/** Where a chassis' values are. */
export interface ChassisPlan {
  readonly id: string;
  readonly path: string;
  /** Chassis that it is a part of, the next one first. */
  readonly containers: readonly string[];
  /** A card, a module or another component: never a machine beside one that is listed. */
  readonly isComponent: boolean;
  readonly meter: Meter;
  /** Resources that have to be read; null for those that say nothing more. */
  readonly environment: string | null;
  readonly power: string | null;
  /** Which of the two tells the power of the chassis. */
  readonly total: 'environment' | 'power' | null;
  readonly hasEnergy: boolean;
  readonly supplies: readonly SupplyPlan[];
}

const MOST_SUPPLIES = 16;

/**
 * Finds out what a service measures, and where. Done once, so that a look needs few requests.
 * @param wanted id of the only chassis that is meant; undefined for all that measure something
 * @throws SourceError where there is none
 */
export async function survey(
  client: Client,
  wanted: string | undefined,
  signal: AbortSignal,
): Promise<readonly ChassisPlan[]> {
  const get = (path: string) => client.get(path, signal);
  const collection = pathIn(await get(ROOT), 'Chassis');
  const members = collection === null ? [] : pathsIn(await get(collection), 'Members');
  const named = members.filter((path) => lastPart(path) === wanted);
  const plans: ChassisPlan[] = [];
  for (const path of named.length > 0 ? named : members) {
    const plan = await surveyChassis(get, path);
    if (plan !== null) plans.push(plan);
  }
  const meant = plans.filter(({ id }) => named.length > 0 || wanted === undefined || id === wanted);
  const ids = plans.map(({ id }) => id).join(', ') || 'none';
  if (meant.length === 0) {
    throw new SourceError('absent', `there is no chassis ${wanted ?? ''}; the service has: ${ids}`);
  }
  const measuring = meant.filter(({ total, hasEnergy }) => total !== null || hasEnergy);
  if (measuring.length > 0) return measuring.map((plan) => ({ ...plan, containers: containersOf(plan, plans) }));
  throw new SourceError(
    'absent',
    `no chassis tells its power, neither in EnvironmentMetrics nor in Power; it has: ${ids}`,
  );
}

/** All the way out: a GPU is in a board that measures nothing, in a machine that does. */
function containersOf(plan: ChassisPlan, plans: readonly ChassisPlan[]): readonly string[] {
  const containers = new Set(plan.containers);
  for (const path of containers) {
    const container = plans.find((other) => plainPath(other.path) === plainPath(path));
    for (const next of container?.containers ?? []) containers.add(next);
  }
  return [...containers];
}

type Get = (path: string) => Promise<Resource>;

/** Null for one that is listed and not there, or that the user may not see. */
async function surveyChassis(get: Get, path: string): Promise<ChassisPlan | null> {
  const chassis = await getIfThere(get, path, hiddenStatuses);
  if (chassis === null) return null;
  const environmentPath = pathIn(chassis, 'EnvironmentMetrics');
  const environment = await getIfThere(get, environmentPath);
  const powerPath = pathIn(chassis, 'Power');
  const power = await getIfThere(get, powerPath);
  const total = betterOf(environmentPower(environment), controlPower(power));
  const hasEnergy = energyAt(environment) !== null;
  const legacy = power === null ? [] : legacySupplies(power);
  // One request for all supplies, where the deprecated resource is read anyway.
  const isLegacyRead = total === 'power' && legacy.length > 0;
  const modern = isLegacyRead ? [] : await modernSupplies(get, chassis);
  const supplies = modern.length > 0 ? modern : legacy;
  const usesPower = total === 'power' || supplies.some(({ metrics }) => metrics === null);
  return {
    id: textIn(chassis, 'Id') ?? lastPart(path),
    path,
    containers: [pathIn(chassis, 'Links', 'ContainedBy')].filter((container) => container !== null),
    isComponent: /^(Card|Module|Component)$/.test(textIn(chassis, 'ChassisType') ?? ''),
    meter: await identify(get, chassis),
    environment: total === 'environment' || hasEnergy ? environmentPath : null,
    power: usesPower ? powerPath : null,
    total,
    hasEnergy,
    supplies: supplies.slice(0, MOST_SUPPLIES),
  };
}

/** A number before a reason why there is none, and that before nothing at all. */
function betterOf(environment: Told, power: Told): 'environment' | 'power' | null {
  const rank = (told: Told): number => (told === null ? 0 : 'reason' in told ? 1 : 2);
  if (rank(environment) === 0 && rank(power) === 0) return null;
  return rank(environment) >= rank(power) ? 'environment' : 'power';
}

function legacySupplies(power: Resource): SupplyPlan[] {
  return listIn(power, 'PowerSupplies').flatMap((entry, index) => {
    const channels = channelsOf(legacySupply(entry, null));
    return isAbsent(entry) || channels.length === 0
      ? []
      : [{ metrics: null, member: memberId(entry, index), channels }];
  });
}

/** How an entry of a list is found again when others have come or gone. */
export function memberId(entry: Resource, index: number): string {
  return textIn(entry, 'MemberId') ?? String(index);
}

async function modernSupplies(get: Get, chassis: Resource): Promise<SupplyPlan[]> {
  const subsystem = await getIfThere(get, pathIn(chassis, 'PowerSubsystem'));
  const collection = await getIfThere(get, pathIn(subsystem ?? {}, 'PowerSupplies'));
  const plans: SupplyPlan[] = [];
  for (const path of pathsIn(collection ?? {}, 'Members').slice(0, MOST_SUPPLIES)) {
    const supply = await getIfThere(get, path);
    if (supply === null || isAbsent(supply)) continue;
    const metrics = pathIn(supply, 'Metrics');
    const values = await getIfThere(get, metrics);
    const channels = values === null ? [] : channelsOf(supplyMetrics(values, null));
    if (channels.length > 0) plans.push({ metrics, member: textIn(supply, 'Id') ?? lastPart(path), channels });
  }
  return plans;
}

function channelsOf(values: SupplyValues): SupplyChannel[] {
  return (['power', 'energy', 'voltage'] as const).filter((channel) => values[channel] !== null);
}

/** What the chassis says of itself; the system in it where the chassis is silent. */
async function identify(get: Get, chassis: Resource): Promise<Meter> {
  const facts = { manufacturer: 'Manufacturer', model: 'Model', serial: 'SerialNumber' } as const;
  const links = objectIn(chassis, 'Links') ?? {};
  const isSilent = Object.values(facts).some((key) => textIn(chassis, key) === undefined);
  const system = isSilent ? await getIfThere(get, pathsIn(links, 'ComputerSystems')[0] ?? null) : null;
  const manager = await getIfThere(get, pathsIn(links, 'ManagedBy')[0] ?? null);
  const told = Object.entries(facts).map(([name, key]) => [name, textIn(chassis, key) ?? textIn(system, key)] as const);
  const all = [...told, ['firmware', textIn(manager, 'FirmwareVersion')] as const];
  return Object.fromEntries(
    all.flatMap(([name, text]) => (text === undefined ? [] : [[name, text.slice(0, limits.nameLength)]])),
  ) as Meter;
}

const hiddenStatuses: readonly number[] = [403, 404];

/** Null where the service refuses it, with one of `statuses` or any: links to what is not there are common. */
async function getIfThere(get: Get, path: string | null, statuses?: readonly number[]): Promise<Resource | null> {
  if (path === null) return null;
  try {
    return await get(path);
  } catch (error) {
    if (error instanceof Refused && (statuses?.includes(error.status) ?? true)) return null;
    throw error;
  }
}

function lastPart(path: string): string {
  return plainPath(path).split('/').at(-1) ?? '';
}

export function plainPath(path: string): string {
  return path.replace(/\/$/, '');
}
