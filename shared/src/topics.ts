import { isId } from './ids.ts';

const ROOT = 'wattmark/v1';

/** The last level of a topic; `kpi` is published by the collector, `ack` is addressed to an agent. */
export type Leaf = 'birth' | 'status' | 'readings' | 'ack' | 'kpi';

const leaves: readonly string[] = ['birth', 'status', 'readings', 'ack', 'kpi'] satisfies Leaf[];

/** Where a message belongs: `wattmark/v1/<group>/<site>/<agent>/<leaf>`. */
export interface Address {
  readonly group: string;
  readonly site: string;
  readonly agent: string;
}

export function topicOf(address: Address, leaf: Leaf): string {
  return `${ROOT}/${address.group}/${address.site}/${address.agent}/${leaf}`;
}

/** Subscription filter for one leaf of every agent of a group. */
export function groupFilter(group: string, leaf: Leaf): string {
  return `${ROOT}/${group}/+/+/${leaf}`;
}

/** The address and leaf that a topic names, or null where it is not a topic of this contract. */
export function parseTopic(topic: string): (Address & { readonly leaf: Leaf }) | null {
  const parts = topic.split('/');
  if (parts.length !== 6 || `${parts[0]}/${parts[1]}` !== ROOT) return null;
  const [, , group, site, agent, leaf] = parts;
  if (!isId(group) || !isId(site) || !isId(agent) || leaf === undefined || !leaves.includes(leaf)) return null;
  return { group, site, agent, leaf: leaf as Leaf };
}
