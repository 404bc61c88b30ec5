import type { Channel } from '@wattmark/shared/channels';
import { type Sample, SourceError } from '../../source.ts';
import { judge, type Outcome, toSample } from '../support/outcome.ts';
import type { Client } from './client.ts';
import { chassisChannels, type NamedChassis } from './points.ts';
import { listIn, type Resource } from './resource.ts';
import { type ChassisPlan, memberId, type SupplyPlan } from './survey.ts';
import { controlPower, energyAt, environmentPower, legacySupply, supplyMetrics, type Told } from './value.ts';
import { Refused } from './transport.ts';

/** Requests to a BMC at one time: most have one slow processor. */
const AT_ONCE = 2;

/** What a resource said, or why it said nothing. */
type Answer = Resource | Refused;

/**
 * Reads the chassis once.
 * @throws SourceError where the service gave nothing at all
 */
export async function readChassis(
  client: Client,
  chassis: readonly NamedChassis[],
  signal: AbortSignal,
): Promise<{ sample: Sample; isPlanStale: boolean }> {
  const answers = await getAll(client, [...new Set(chassis.flatMap(pathsOf))], signal);
  const refusals = [...answers.values()].filter((answer) => answer instanceof Refused);
  if (refusals[0] !== undefined && refusals.length === answers.size) {
    throw new SourceError('retry', `no value could be read: ${refusals[0].message}`);
  }
  const outcomes = chassis.flatMap((one) => [...chassisOutcomes(one, answers), ...supplyOutcomes(one, answers)]);
  return { sample: toSample(outcomes), isPlanStale: refusals.length > 0 };
}

function pathsOf({ plan }: NamedChassis): readonly string[] {
  const paths = [plan.environment, plan.power, ...plan.supplies.map(({ metrics }) => metrics)];
  return paths.filter((path) => path !== null);
}

async function getAll(
  client: Client,
  paths: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Answer>> {
  const answers = new Map<string, Answer>();
  const waiting = paths.values();
  const work = async (): Promise<void> => {
    for (const path of waiting) answers.set(path, await getAnswer(client, path, signal));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return answers;
}

async function getAnswer(client: Client, path: string, signal: AbortSignal): Promise<Answer> {
  try {
    return await client.get(path, signal);
  } catch (error) {
    if (error instanceof Refused) return error;
    throw error;
  }
}

function chassisOutcomes({ plan, point }: NamedChassis, answers: ReadonlyMap<string, Answer>): Outcome[] {
  const environment = resourceAt(plan.environment, answers);
  const told = { power: totalOf(plan, answers), energy: energyAt(environment) } as const;
  const from = { power: plan.total === 'power' ? plan.power : plan.environment, energy: plan.environment } as const;
  return chassisChannels(plan).map((channel) =>
    outcomeOf(point, channel, told[channel], refusalAt(from[channel], answers)),
  );
}

function totalOf({ total, environment, power }: ChassisPlan, answers: ReadonlyMap<string, Answer>): Told {
  if (total === 'environment') return environmentPower(resourceAt(environment, answers));
  return controlPower(resourceAt(power, answers));
}

function supplyOutcomes({ plan, supplyPoints }: NamedChassis, answers: ReadonlyMap<string, Answer>): Outcome[] {
  const total = totalOf(plan, answers);
  const totalW = total !== null && 'value' in total ? total.value : null;
  return plan.supplies.flatMap((supply, index) => {
    const path = supply.metrics ?? plan.power;
    const resource = resourceAt(path, answers);
    const values = resource === null ? null : valuesOf(supply, resource, totalW);
    const refusal = refusalAt(path, answers);
    return supply.channels.map((channel) =>
      outcomeOf(supplyPoints[index] ?? '', channel, values?.[channel] ?? null, refusal),
    );
  });
}

function valuesOf(supply: SupplyPlan, resource: Resource, totalW: number | null) {
  if (supply.metrics !== null) return supplyMetrics(resource, totalW);
  const entry = listIn(resource, 'PowerSupplies').find((entry, index) => memberId(entry, index) === supply.member);
  return entry === undefined ? null : legacySupply(entry, totalW);
}

function outcomeOf(point: string, channel: Channel, told: Told, refusal: string | undefined): Outcome {
  if (told === null) return { point, channel, reason: refusal ?? 'the service no longer tells it' };
  return 'reason' in told ? { point, channel, reason: told.reason } : judge(point, channel, told.value);
}

function resourceAt(path: string | null, answers: ReadonlyMap<string, Answer>): Resource | null {
  const answer = path === null ? undefined : answers.get(path);
  return answer === undefined || answer instanceof Refused ? null : answer;
}

function refusalAt(path: string | null, answers: ReadonlyMap<string, Answer>): string | undefined {
  const answer = path === null ? undefined : answers.get(path);
  return answer instanceof Refused ? answer.message : undefined;
}
