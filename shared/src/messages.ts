import type { Channel } from './channels.ts';
import type { AccuracyClass, Level, Role } from './roles.ts';

/** The wire contract, version 1: what agents and collector say to each other. Times are UTC milliseconds. */

export type Quality = 'measured' | 'estimated';

/** One channel's value at one instant, in the channel's unit; quality defaults to `measured`. */
export type Reading = readonly [point: string, channel: Channel, value: number, quality?: Quality];

/** What an instrument says of itself, or its profile of its model; what nobody says is left out. */
export interface Meter {
  readonly manufacturer?: string;
  readonly model?: string;
  readonly serial?: string;
  readonly firmware?: string;
  /** Primary over secondary current of the current transformers, as the instrument is set: 40 for 200/5 A. */
  readonly ctRatio?: number;
  /** Primary over secondary voltage of the voltage transformers, as the instrument is set. */
  readonly vtRatio?: number;
}

export interface PointDeclaration {
  readonly point: string;
  readonly name?: string;
  /** Absent for a point that is shown but takes no part in the site's balance, such as a host's own counters. */
  readonly role?: Role;
  /** Measuring level of an `it` point. */
  readonly level?: Level;
  /** Points that this one supplies. */
  readonly feeds?: readonly string[];
  readonly channels: readonly Channel[];
  /** Kind of the source that reads the point: `host`, `modbus`, `snmp`, … */
  readonly source?: string;
  readonly accuracyClass?: AccuracyClass;
  readonly intervalMs?: number;
  /** True where the instrument is a simulation; shown wherever its figures are shown. */
  readonly simulated?: boolean;
  /** How an estimated point is estimated, in one sentence. */
  readonly method?: string;
  /** Register value at which `energy` wraps to zero, Wh; absent where the instrument documents none. */
  readonly energyModulusWh?: number;
  readonly meter?: Meter;
}

/** A source that gives no readings, and why. */
export interface SourceFailure {
  /** Kind and place, as configured: `modbus 192.0.2.10 port 502 unit 1`. */
  readonly source: string;
  readonly state: 'retry' | 'absent' | 'fatal';
  /** When it began, UTC milliseconds. */
  readonly since: number;
  readonly reason: string;
}

/** How an agent's sources do: how many there are, and those that fail, at most `limits.failingSources`. */
export interface SourcesReport {
  readonly total: number;
  readonly failing: readonly SourceFailure[];
}

export interface Birth {
  readonly v: 1;
  /** Identity of the spool; sorts by creation. At most 64 characters. */
  readonly epoch: string;
  /** Sequence number of the oldest message that the agent still holds or will send next. */
  readonly firstSeq: number;
  readonly at: number;
  readonly software: string;
  readonly points: readonly PointDeclaration[];
  readonly sources?: SourcesReport;
}

export interface Status {
  readonly v: 1;
  readonly state: 'online' | 'offline';
  readonly at: number;
  /** Messages spooled and not yet acknowledged. */
  readonly spoolDepth?: number;
  /** Messages that this spool dropped at its limits since it was created. */
  readonly lost?: number;
  readonly sources?: SourcesReport;
}

/** The readings of one agent at one tick. Publishers that are not agents may leave out epoch, seq and at. */
export interface ReadingsMessage {
  readonly v: 1;
  readonly epoch: string;
  readonly seq: number;
  readonly at: number;
  readonly readings: readonly Reading[];
}

/** Collector to agent: every message up to and including `seq` of `epoch` is on the collector's disk. */
export interface Ack {
  readonly v: 1;
  readonly epoch: string;
  readonly seq: number;
}

/** Limits of the contract. A message beyond one is rejected with a reason; agents split what would exceed them. */
export const limits = {
  payloadBytes: 1_048_576,
  readingsPerMessage: 10_000,
  pointsPerAgent: 10_000,
  epochLength: 64,
  nameLength: 200,
  failingSources: 100,
  /** UTC milliseconds. Readings before the one, or at the other and later, are those of a broken clock. */
  earliestAt: Date.UTC(2000),
  latestAt: Date.UTC(2100),
} as const;

/** Whether readings can be of that time, UTC milliseconds. */
export function isTime(value: unknown): value is number {
  const at = value as number;
  return Number.isSafeInteger(value) && at >= limits.earliestAt && at < limits.latestAt;
}

/** The acknowledgement in `payload`, or null where it is not one. Never throws. */
export function parseAck(payload: Uint8Array): Ack | null {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString('utf8'));
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const { v, epoch, seq } = value as Record<string, unknown>;
  if (v !== 1 || typeof epoch !== 'string' || !Number.isSafeInteger(seq) || (seq as number) < 0) return null;
  return { v, epoch, seq: seq as number };
}
