import { channels, isChannel } from '@wattmark/shared/channels';
import { isId } from '@wattmark/shared/ids';
import {
  type Birth,
  isTime,
  limits,
  type PointDeclaration,
  type Reading,
  type SourcesReport,
  type Status,
} from '@wattmark/shared/messages';
import type { Leaf } from '@wattmark/shared/topics';
import { declarationOf, sourcesReportOf } from './declaration.ts';
import { isCount, isEpoch, isName, isObject, type Json } from './json-checks.ts';

/**
 * The edge: turns the bytes of a message into something that the inside can trust, or says why not. Never throws. One
 * bad reading does not cost the good ones beside it.
 */

/** Why a message, or one of its readings, was not accepted. The names are counters in `/metrics`. */
export const rejectReasons = [
  'not-a-topic',
  'reserved-agent',
  'too-large',
  'not-json',
  'not-an-object',
  'wrong-version',
  'bad-sequence',
  'bad-time',
  'bad-readings',
  'too-many-readings',
  'bad-reading',
  'unknown-channel',
  'not-a-number',
  'out-of-range',
  'bad-birth',
  'bad-status',
  'stale-epoch',
  'site-in-other-group',
  'too-many-agents',
  'too-many-points',
  'backlogged',
] as const;
export type RejectReason = (typeof rejectReasons)[number];

export interface IncomingReadings {
  readonly kind: 'readings';
  /** Null for a publisher that does not number its messages. */
  readonly sequence: { readonly epoch: string; readonly seq: number } | null;
  /** Null where the arrival time counts. */
  readonly atMs: number | null;
  readonly readings: readonly Reading[];
  /** Readings left out, one reason each. */
  readonly rejected: readonly RejectReason[];
  /** Why nothing of a numbered message can be used, although its number counts as received; null where it can. */
  readonly unusable: RejectReason | null;
}

export type Incoming =
  | IncomingReadings
  | { readonly kind: 'birth'; readonly birth: Birth; readonly sources: SourcesReport | null }
  | { readonly kind: 'status'; readonly status: Status }
  | { readonly kind: 'rejected'; readonly reason: RejectReason };

export function accept(leaf: Leaf, payload: Uint8Array): Incoming {
  if (payload.length > limits.payloadBytes) return reject('too-large');
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString('utf8'));
  } catch {
    return reject('not-json');
  }
  if (!isObject(value)) return reject('not-an-object');
  const json = value;
  if (json['v'] !== 1) return reject('wrong-version');
  switch (leaf) {
    case 'readings':
      return acceptReadings(json);
    case 'birth':
      return acceptBirth(json);
    case 'status':
      return acceptStatus(json);
    case 'ack':
    case 'kpi':
      return reject('not-a-topic');
  }
}

function acceptReadings(json: Json): Incoming {
  const sequence = sequenceOf(json);
  if (sequence === undefined) return reject('bad-sequence');
  const atMs = json['at'] === undefined ? null : json['at'];
  const list = json['readings'];
  const unusable = !isTime(atMs) && atMs !== null ? 'bad-time' : unusableList(list);
  if (unusable !== null) {
    if (sequence === null) return reject(unusable);
    return { kind: 'readings', sequence, atMs: null, readings: [], rejected: [], unusable };
  }
  const readings: Reading[] = [];
  const rejected: RejectReason[] = [];
  for (const item of list as unknown[]) {
    const reason = judgeReading(item);
    if (reason === null) readings.push(item as Reading);
    else rejected.push(reason);
  }
  return { kind: 'readings', sequence, atMs: atMs as number | null, readings, rejected, unusable: null };
}

/** The message's place in its agent's sequence, null where it has none, undefined where it is broken. */
function sequenceOf(json: Json): { epoch: string; seq: number } | null | undefined {
  const { epoch, seq } = json as { epoch?: unknown; seq?: unknown };
  if (epoch === undefined && seq === undefined) return null;
  if (!isEpoch(epoch) || !isCount(seq) || seq < 1) return undefined;
  return { epoch, seq };
}

function unusableList(list: unknown): RejectReason | null {
  if (!Array.isArray(list)) return 'bad-readings';
  return list.length > limits.readingsPerMessage ? 'too-many-readings' : null;
}

function judgeReading(item: unknown): RejectReason | null {
  if (!Array.isArray(item) || item.length < 3 || item.length > 4) return 'bad-reading';
  const [point, channel, value, quality] = item as unknown[];
  if (!isId(point)) return 'bad-reading';
  if (!isChannel(channel)) return 'unknown-channel';
  if (typeof value !== 'number' || !Number.isFinite(value)) return 'not-a-number';
  if (quality !== undefined && quality !== 'measured' && quality !== 'estimated') return 'bad-reading';
  const { min, max } = channels[channel];
  return value < min || value > max ? 'out-of-range' : null;
}

function acceptBirth(json: Json): Incoming {
  const { epoch, firstSeq, at, software, points } = json as Record<string, unknown>;
  // An agent whose clock is not set yet still says what its points are: it will not say it again once the clock is set.
  if (!isEpoch(epoch) || !isCount(firstSeq) || firstSeq < 1 || !isCount(at)) return reject('bad-birth');
  if (!Array.isArray(points) || points.length > limits.pointsPerAgent) return reject('bad-birth');
  const declarations = points.map(declarationOf);
  if (declarations.some((declaration) => declaration === null)) return reject('bad-birth');
  const birth: Birth = {
    v: 1,
    epoch,
    firstSeq,
    at,
    software: isName(software) ? software : 'unknown',
    points: declarations as PointDeclaration[],
  };
  return { kind: 'birth', birth, sources: sourcesReportOf(json['sources']) };
}

function acceptStatus(json: Json): Incoming {
  const { state, at, spoolDepth, lost } = json as Record<string, unknown>;
  if ((state !== 'online' && state !== 'offline') || !isCount(at)) return reject('bad-status');
  const sources = sourcesReportOf(json['sources']);
  const status: Status = {
    v: 1,
    state,
    at,
    ...(isCount(spoolDepth) && { spoolDepth }),
    ...(isCount(lost) && { lost }),
    ...(sources !== null && { sources }),
  };
  return { kind: 'status', status };
}

function reject(reason: RejectReason): Incoming {
  return { kind: 'rejected', reason };
}
