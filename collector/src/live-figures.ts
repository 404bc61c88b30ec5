import { energyRoles, type Role } from '@wattmark/shared/roles';
import type { Quality } from '@wattmark/shared/messages';
import { registerPowerW, type SlotState } from './accounting/slot.ts';
import type { ChannelValue, Live } from './figures.ts';
import type { Fold } from './fold.ts';
import { type Balance, balanceOf, planOf, type Term } from './site/balance.ts';
import type { Site, SitePoint } from './site/site.ts';
import type { VirtualPlan } from './site/virtual-rows.ts';

/** A listener hears of a site at most this often, on average. */
const NOTIFY_MS = 1_000;

/**
 * An event may come so much sooner where the one before was late. Without that, one late event would make all that follow
 * it late: an agent's next message comes a second after the last one was due, not after it was shown.
 */
const SLACK_MS = 250;

/** A value older than this many intervals of its point is no longer live. */
const STALE_INTERVALS = 3;

interface PointPower {
  readonly powerW: number;
  readonly atMs: number;
  readonly quality: Quality;
}

/** The sites' figures at this moment, from the newest readings, and who wants to hear of them. */
export class LiveFigures {
  readonly #fold: Fold;
  readonly #now: () => number;
  readonly #balances = new WeakMap<Site, Balance>();
  readonly #listeners = new Set<(site: string) => void>();
  /** When a site's next event is due at the earliest, by the average. */
  readonly #nextMs = new Map<number, number>();
  readonly #due = new Map<number, NodeJS.Timeout>();

  constructor(fold: Fold, now: () => number) {
    this.#fold = fold;
    this.#now = now;
  }

  live(site: Site): Live {
    const balance = this.#balanceOf(site);
    const nowMs = this.#now();
    const powers = this.#powersOf(site, balance);
    const powerOf = ({ pointId }: SitePoint): PointPower | undefined =>
      pointId === null ? undefined : powers.get(pointId);
    const isFresh = ({ point }: Term): boolean => {
      const power = powerOf(point);
      return power !== undefined && nowMs - power.atMs <= STALE_INTERVALS * point.intervalMs;
    };
    const sum = (terms: readonly Term[]): number | null => {
      if (terms.length === 0 || !terms.every(isFresh)) return null;
      return terms.reduce((total, { point, weight }) => total + weight * (powerOf(point)?.powerW ?? 0), 0);
    };
    const { total, it, level } = planOf(balance);
    const totalW = sum(total);
    const itW = sum(it);
    const counted = new Set([...total, ...balance.byRole.flat(), ...balance.levels.flatMap((level) => level.it)]);
    const times = Array.from(powers.values(), ({ atMs }) => atMs);
    return {
      site: site.site,
      atMs: times.length === 0 ? null : Math.max(...times),
      totalW,
      itW,
      ratio: totalW !== null && itW !== null && itW > 0 ? totalW / itW : null,
      byRole: byRole(balance, sum),
      stale: [...new Set([...counted].filter((term) => !isFresh(term)).map(({ point }) => point.point))],
      totalFrom: balance.totalFrom,
      level,
    };
  }

  /** The newest value of each of a point's channels; of a virtual one, its power. */
  channelValues(site: Site, pointId: number): ChannelValue[] {
    const { catalogue, accounting } = this.#fold;
    const balance = this.#balanceOf(site);
    if (balance.virtual.some((plan) => plan.pointId === pointId)) {
      const power = this.#powersOf(site, balance).get(pointId);
      if (power === undefined) return [];
      const { powerW: value, atMs, quality } = power;
      return [{ channel: 'power', value, quality, atMs }];
    }
    const owner = accounting.owner(pointId);
    const values: ChannelValue[] = [];
    for (const slotId of catalogue.slotsOf(pointId)) {
      const key = catalogue.slots[slotId];
      const state = accounting.slot(slotId);
      if (key === undefined || state === undefined || key.agentId !== owner || Number.isNaN(state.atMs)) continue;
      const quality = state.estimated ? 'estimated' : 'measured';
      values.push({ channel: key.channel, value: state.value, quality, atMs: state.atMs });
    }
    return values;
  }

  /** Calls back with a site's id when its figures change, at once but at most once a second on average. */
  onLive(listener: (site: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** To be called when readings were folded. */
  update(): void {
    const touched = this.#fold.takeTouched();
    if (this.#listeners.size === 0) return;
    const nowMs = this.#now();
    for (const siteId of touched) this.#announce(siteId, nowMs);
  }

  close(): void {
    for (const timer of this.#due.values()) clearTimeout(timer);
    this.#due.clear();
    this.#listeners.clear();
  }

  #announce(siteId: number, nowMs: number): void {
    if (this.#due.has(siteId)) return;
    const waitMs = (this.#nextMs.get(siteId) ?? Number.NEGATIVE_INFINITY) - SLACK_MS - nowMs;
    // A clock set back must not silence a site.
    if (waitMs <= 0 || waitMs > NOTIFY_MS) return this.#notify(siteId, nowMs);
    const timer = setTimeout(() => {
      this.#due.delete(siteId);
      this.#notify(siteId, this.#now());
    }, waitMs);
    this.#due.set(siteId, timer.unref());
  }

  #notify(siteId: number, nowMs: number): void {
    const nextMs = Math.min(this.#nextMs.get(siteId) ?? nowMs, nowMs + SLACK_MS);
    this.#nextMs.set(siteId, Math.max(nowMs, nextMs) + NOTIFY_MS);
    const site = this.#fold.catalogue.sites[siteId]?.site;
    if (site !== undefined) for (const listener of this.#listeners) listener(site);
  }

  #balanceOf(site: Site): Balance {
    const found = this.#balances.get(site);
    if (found !== undefined) return found;
    const balance = balanceOf(site);
    this.#balances.set(site, balance);
    return balance;
  }

  /** By the number of the point; without those of which nothing is known. */
  #powersOf(site: Site, { virtual }: Balance): Map<number, PointPower> {
    const powers = new Map<number, PointPower>();
    for (const { pointId } of site.points) {
      const power = this.#power(pointId);
      if (pointId !== null && power !== null) powers.set(pointId, power);
    }
    for (const plan of virtual) {
      const power = virtualPower(plan, powers);
      if (power === null) powers.delete(plan.pointId);
      else powers.set(plan.pointId, power);
    }
    return powers;
  }

  /** A point's power as sampled, or else as its register moved; of a fuel, units per hour. */
  #power(pointId: number | null): PointPower | null {
    if (pointId === null) return null;
    const { catalogue, accounting } = this.#fold;
    const owner = accounting.owner(pointId);
    let fromRegister: PointPower | null = null;
    for (const slotId of catalogue.slotsOf(pointId)) {
      const key = catalogue.slots[slotId];
      const state = accounting.slot(slotId);
      if (key === undefined || state === undefined || key.agentId !== owner) continue;
      if (state.use === 'power' && !Number.isNaN(state.atMs)) return powerAt(state, state.value);
      if (state.use === 'register' && !Number.isNaN(state.meanW)) fromRegister = powerAt(state, registerPowerW(state));
    }
    return fromRegister;
  }
}

function powerAt({ atMs, estimated }: Readonly<SlotState>, powerW: number): PointPower {
  return { powerW, atMs, quality: estimated ? 'estimated' : 'measured' };
}

/** Null where a member's power is not known; as old as the oldest of them. */
function virtualPower({ members, constantW }: VirtualPlan, powers: ReadonlyMap<number, PointPower>): PointPower | null {
  const sum: { powerW: number; atMs: number; quality: Quality } = {
    powerW: constantW,
    atMs: Infinity,
    quality: 'measured',
  };
  for (const { pointId, factor } of members ?? []) {
    const power = powers.get(pointId);
    if (power === undefined) return null;
    sum.powerW += factor * power.powerW;
    sum.atMs = Math.min(sum.atMs, power.atMs);
    if (power.quality === 'estimated') sum.quality = 'estimated';
  }
  return Number.isFinite(sum.atMs) ? sum : null;
}

function byRole(
  balance: Balance,
  sum: (terms: readonly Term[]) => number | null,
): Readonly<Partial<Record<Role, number | null>>> {
  const present = energyRoles.flatMap((role, index) => {
    const terms = balance.byRole[index] ?? [];
    return terms.length === 0 ? [] : [[role, sum(terms)] as const];
  });
  return Object.fromEntries(present);
}
