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
  readonly #slotIds: Map<number, Map<Channel, number>>[] = [];
  readonly #agentsOfSite: number[][] = [];
  readonly #slotsOfPoint: number[][] = [];

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
    return this.#slotIds[agentId]?.get(pointId)?.get(channel);
  }

  pointsOf(siteId: number): ReadonlyMap<string, number> {
    return this.#pointIds[siteId] ?? new Map();
  }

  agentsOf(siteId: number): readonly number[] {
    return this.#agentsOfSite[siteId] ?? [];
  }

  slotsOf(pointId: number): readonly number[] {
    return this.#slotsOfPoint[pointId] ?? [];
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
    this.#slotIds[id] = new Map();
    this.#agentsOfSite[siteId]?.push(id);
    return id;
  }

  addPoint(key: PointKey): number {
    const id = this.points.push(key) - 1;
    this.#pointIds[key.siteId]?.set(key.point, id);
    this.#slotsOfPoint[id] = [];
    return id;
  }

  addSlot(key: SlotKey): number {
    const id = this.slots.push(key) - 1;
    const ofAgent = this.#slotIds[key.agentId] ?? new Map<number, Map<Channel, number>>();
    const ofPoint = ofAgent.get(key.pointId) ?? new Map<Channel, number>();
    ofAgent.set(key.pointId, ofPoint.set(key.channel, id));
    this.#slotsOfPoint[key.pointId]?.push(id);
    return id;
  }
}
