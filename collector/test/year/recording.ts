import type { Change } from '../../src/corrections/change.ts';
import { MINUTE_MS, type Span } from '../../src/accounting/interval.ts';
import { emptySiteFile } from '../../src/site/site-file.ts';
import { Rig } from '../support/rig.ts';
import { type Events, eventsOf, type Plan } from './events.ts';
import { type AgentName, hash, MeterFace, metersOf, tickMs } from './plant.ts';

/** Pushes a plan's readings through the collector itself: ingest, evidence log, fold, store, snapshots and restarts. */

const TIMEZONE = 'Europe/Berlin';

const DAY_MINUTES = 1440;
const DAY_MS = DAY_MINUTES * MINUTE_MS;

/** Messages of an agent that it sends twice, as one does that missed an acknowledgement. */
const SENT_AGAIN = 5;

export interface Recorded {
  /** When each correction was put on record, UTC ms, in their order. */
  readonly correctedMs: readonly number[];
  readonly endMs: number;
  /** Messages dropped because they came twice. */
  readonly duplicates: number;
}

/** Leaves a data directory as a collector would that had run for the plan's days and was stopped cleanly. */
export async function record(data: string, plan: Plan): Promise<Recorded> {
  const run = new Run(data, plan);
  await run.begin();
  for (let day = 0; day < plan.days; day++) await run.day(day);
  return run.end();
}

class Run {
  readonly #data: string;
  readonly #plan: Plan;
  readonly #events: Events;
  readonly #faces: ReadonlyMap<AgentName, readonly MeterFace[]>;
  readonly #epochs = new Map<AgentName, { epoch: string; seq: number }>();
  readonly #last = new Map<AgentName, string[]>();
  readonly #correctedMs: number[] = [];
  #rig!: Rig;
  #oldLast = 0;
  #duplicates = 0;

  constructor(data: string, plan: Plan) {
    this.#data = data;
    this.#plan = plan;
    this.#events = eventsOf(plan);
    const { resetMinute, swapMs, swapTo } = this.#events;
    const jumps = new Map([
      ['utility-a', [{ minute: resetMinute, toWh: 0 }]],
      ['ups-out', [{ minute: Math.ceil(swapMs / MINUTE_MS), toWh: swapTo + 420 }]],
    ]);
    const faces = metersOf(plan.points).map(
      (meter, index) => new MeterFace(meter, index, jumps.get(meter.point) ?? []),
    );
    this.#faces = new Map(
      (['meters', 'hall', 'lamp'] as const).map((name) => [name, faces.filter(({ meter }) => meter.agent === name)]),
    );
  }

  async begin(): Promise<void> {
    this.#rig = await Rig.open(this.#data, this.#plan.fromMs);
    const points = metersOf(this.#plan.points).map(({ point, role, level, feeds }) => ({
      point,
      role,
      ...(level !== undefined && { level }),
      feeds: [...feeds],
      interval: MINUTE_MS,
    }));
    const file = { ...emptySiteFile({ site: 'dc-1', group: 'default' }), timezone: TIMEZONE, points };
    this.#rig.ingest.setSites([file], this.#plan.fromMs);
    this.#rig.pipeline.tick();
    await this.#rig.settle();
    for (const agent of ['meters', 'hall'] as const) this.#install(agent, 'E1');
  }

  async day(day: number): Promise<void> {
    const firstMinute = this.#plan.fromMs / MINUTE_MS + day * DAY_MINUTES;
    this.#rig.nowMs = Math.max(this.#rig.nowMs, this.#nowAt(firstMinute));
    for (const agent of ['meters', 'hall'] as const) this.#sendAgain(agent);
    const minutes = Array.from({ length: DAY_MINUTES }, (_, index) => firstMinute + index);
    for (const minute of minutes) {
      this.#rig.nowMs = this.#nowAt(minute);
      for (const agent of ['meters', 'hall'] as const) this.#tick(agent, minute);
      if (isIn(this.#events.live, minute * MINUTE_MS)) await this.#commit();
    }
    for (const index of minutes.keys()) this.#tick('lamp', firstMinute + this.#lampOrder(firstMinute, index));
    await this.#commit();
    for (const { afterDay, change } of this.#events.corrections) if (afterDay === day) await this.#correct(change);
    if (this.#events.crashesAfter.includes(day)) await this.#crash();
  }

  async end(): Promise<Recorded> {
    this.#duplicates += this.#rig.ingest.counters.duplicates;
    const endMs = this.#rig.nowMs;
    await this.#rig.close();
    return { correctedMs: this.#correctedMs, endMs, duplicates: this.#duplicates };
  }

  /** Most days come as one backlog after they are over; of one day an hour comes as it is read. */
  #nowAt(minute: number): number {
    const { live } = this.#events;
    const ms = minute * MINUTE_MS;
    const dayEndMs = ms - (ms % DAY_MS) + DAY_MS;
    if (isIn(live, ms)) return ms + 5_000;
    return live.fromMs > ms && live.fromMs < dayEndMs ? live.fromMs : dayEndMs + 2 * MINUTE_MS;
  }

  #install(agent: AgentName, epoch: string): void {
    const points = (this.#faces.get(agent) ?? []).map(({ meter: { point, role, channels } }) => ({
      point,
      role,
      channels,
      intervalMs: MINUTE_MS,
    }));
    this.#epochs.set(agent, { epoch, seq: 0 });
    this.#rig.send('birth', { v: 1, epoch, firstSeq: 1, at: this.#rig.nowMs, software: 'test', points }, agent);
  }

  #tick(agent: AgentName, minute: number): void {
    const faces = this.#faces.get(agent) ?? [];
    const atMs = tickMs(agent, minute);
    if (agent !== 'lamp') for (const face of faces) face.advance(minute, atMs - tickMs(agent, minute - 1));
    else for (const face of faces) face.advance(minute, MINUTE_MS);
    const { outages, newEpochMs, swapMs } = this.#events;
    if (minute * MINUTE_MS === newEpochMs) this.#install('hall', 'E2');
    if (agent === 'hall' && minute === Math.floor(swapMs / MINUTE_MS)) {
      this.#oldLast = (faces.find(({ meter }) => meter.point === 'ups-out')?.read('energy') ?? 0) + 650;
    }
    if (outages.some((outage) => outage.agent === agent && isIn(outage, minute * MINUTE_MS))) return;
    const readings = faces.flatMap((face) => this.#readings(face, atMs));
    const head = this.#epochs.get(agent);
    const number = head === undefined ? '' : `"epoch":"${head.epoch}","seq":${++head.seq},`;
    const message = `{"v":1,${number}"at":${atMs},"readings":[${readings.join(',')}]}`;
    this.#rig.send('readings', message, agent);
    const last = this.#last.get(agent) ?? [];
    this.#last.set(agent, [...last.slice(1 - SENT_AGAIN), message]);
  }

  #readings(face: MeterFace, atMs: number): string[] {
    const { point, channels } = face.meter;
    const quality = point === 'server-2' && isIn(this.#events.estimated, atMs) ? ',"estimated"' : '';
    const isNonsense = point === 'ups-out' && isIn(this.#events.nonsense, atMs);
    return channels.map((channel) => {
      const value = isNonsense && channel === 'energy' ? 9e9 + atMs / 1000 : face.read(channel);
      return `["${point}","${channel}",${value}${quality}]`;
    });
  }

  /** Within half an hour any order, where the plan says so. */
  #lampOrder(firstMinute: number, index: number): number {
    if (!isIn(this.#events.shuffled, firstMinute * MINUTE_MS)) return index;
    const block = index - (index % 30);
    return block + (((index % 30) * 7 + Math.floor(5 * hash(block, 1))) % 30);
  }

  #sendAgain(agent: AgentName): void {
    for (const message of this.#last.get(agent) ?? []) this.#rig.send('readings', message, agent);
  }

  async #commit(): Promise<void> {
    this.#rig.pipeline.tick();
    await this.#rig.settle();
    const rejects = this.#rig.ingest.rejects.toRecord();
    if (Object.values(rejects).some((count) => count > 0)) throw new Error(`rejected: ${JSON.stringify(rejects)}`);
  }

  async #correct(change: Change | 'swap'): Promise<void> {
    const { swapMs, swapTo } = this.#events;
    const replacement = { at: swapMs, channel: 'energy', oldLast: this.#oldLast, newFirst: swapTo } as const;
    const made = await this.#rig.pipeline.correct(0, {
      by: 'auditor',
      reason: 'test',
      change: change === 'swap' ? { kind: 'replacement', point: 'ups-out', ...replacement } : change,
    });
    this.#correctedMs.push(made.recordedMs);
  }

  async #crash(): Promise<void> {
    this.#duplicates += this.#rig.ingest.counters.duplicates;
    await this.#rig.recorder.idle();
    await this.#rig.crash();
    this.#rig = await Rig.open(this.#data, this.#rig.nowMs);
  }
}

function isIn({ fromMs, toMs }: Span, ms: number): boolean {
  return ms >= fromMs && ms < toMs;
}
