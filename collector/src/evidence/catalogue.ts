import type { Channel } from '@wattmark/shared/channels';

export interface SiteKey {
  readonly group: string;
  readonly site: string;
}

export interface AgentKey {
  readonly agent: string;
  readonly siteId: number;
}

export interface PointKey {
  readonly siteId: number;
  readonly point: string;
}

/** One channel of one point as one agent reports it: what a reading in the log refers to. */
export interface SlotKey {
  readonly agentId: number;
  readonly pointId: number;
  readonly channel: Channel;
}

/**
 * The small numbers by which the evidence log speaks of sites, agents, points and slots. Each number is defined by a
 * record of the log before it is used, so that the log alone rebuilds the catalogue.
 */
export class Catalogue {
  readonly sites: SiteKey[] = [];
  readonly agents: AgentKey[] = [];
  readonly points: PointKey[] = [];
  readonly slots: SlotKey[] = [];
  readonly #siteIds = new Map<string, number>();
  readonly #agentIds: Map<string, number>[] = [];
  readonly #pointIds: Map<string, number>[] = [];
  readonly #agentsOfSite: number[][] = [];
  readonly #slotsOfPoint: (readonly number[])[] = [];

  siteId(site: string): number | undefined {
    return this.#siteIds.get(site);
  }

  agentId(siteId: number, agent: string): number | undefined {
    return this.#agentIds[siteId]?.get(agent);
  }

  pointId(siteId: number, point: string): number | undefined {
    return this.#pointIds[siteId]?.get(point);
  }

  slotId(agentId: number, pointId: number, channel: Channel): number | undefined {
    // A point has a handful of slots; a map of each point's would be most of a large catalogue's memory.
    return this.slotsOf(pointId).find(
      (id) => this.slots[id]?.agentId === agentId && this.slots[id].channel === channel,
    );
  }

  pointsOf(siteId: number): ReadonlyMap<string, number> {
    return this.#pointIds[siteId] ?? new Map();
  }

  agentsOf(siteId: number): readonly number[] {
    return this.#agentsOfSite[siteId] ?? [];
  }

  slotsOf(pointId: number): readonly number[] {
    return this.#slotsOfPoint[pointId] ?? none;
  }

  addSite(key: SiteKey): number {
    const id = this.sites.push(key) - 1;
    this.#siteIds.set(key.site, id);
    this.#pointIds[id] = new Map();
    this.#agentIds[id] = new Map();
    this.#agentsOfSite[id] = [];
    return id;
  }

  addAgent(agent: string, siteId: number): number {
    const id = this.agents.push({ agent, siteId }) - 1;
    this.#agentIds[siteId]?.set(agent, id);
    this.#agentsOfSite[siteId]?.push(id);
    return id;
  }

  addPoint(key: PointKey): number {
    const id = this.points.push(key) - 1;
    this.#pointIds[key.siteId]?.set(key.point, id);
    return id;
  }

  addSlot(key: SlotKey): number {
    const id = this.slots.push(key) - 1;
    this.#slotsOfPoint[key.pointId] = [...this.slotsOf(key.pointId), id];
    return id;
  }
}

const none: readonly number[] = [];
