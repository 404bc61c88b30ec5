import type { Clock } from '../../clock.ts';
import type { Format, Message, News, Slot } from './format.ts';
import {
  decodePayload,
  encodeRebirth,
  numberOf,
  type SparkplugMetric,
  type SparkplugPayload,
} from './sparkplug-payload.ts';

/** A node is not asked more often to be born again, ms: a birth may be long, and others ask as well. */
const REBIRTH_PAUSE_MS = 60_000;

/** Of the property `Quality` (Sparkplug 3.0, 6.4.14). */
const GOOD = 192;

/** A slot and the metric that it is read from. */
export interface SparkplugSlot extends Slot {
  /** `group/node` or `group/node/device`. */
  readonly device: string;
  readonly metric: string;
}

export interface SparkplugOptions {
  readonly clock: Clock;
  /** Sends a command; null where the operator wants nothing to be written. */
  readonly send: ((topic: string, payload: Uint8Array) => void) | null;
}

/** What a birth said of a metric that is wanted. */
interface Declared {
  readonly name: string;
  readonly datatype: number | null;
}

interface Device {
  readonly id: string;
  readonly slots: ReadonlyMap<string, SparkplugSlot[]>;
  state: 'unknown' | 'born' | 'dead';
  readonly byName: Map<string, Declared>;
  readonly byAlias: Map<string, Declared>;
}

/** An edge node, and those of its devices that are wanted, itself included. */
interface Node {
  readonly id: string;
  readonly devices: ReadonlyMap<string, Device>;
  /** Its birth was heard, and no message is missed since. */
  isKnown: boolean;
  /** Of the last message; null where none has come on this connection. */
  seq: number | null;
  birthSeq: number | null;
  askedMs: number;
}

/** Sparkplug B (Eclipse Sparkplug 3.0): nodes and devices that say what they are when they are born, and when they die. */
export function createSparkplug(slots: readonly SparkplugSlot[], { clock, send }: SparkplugOptions): Format {
  const nodes = groupNodes(slots);

  function askForBirth(node: Node): void {
    const nowMs = clock.monotonicMs();
    if (send === null || nowMs - node.askedMs < REBIRTH_PAUSE_MS) return;
    node.askedMs = nowMs;
    const [group, name] = node.id.split('/');
    send(`spBv1.0/${group}/NCMD/${name}`, encodeRebirth(clock.now()));
  }

  function decode(message: Message): readonly News[] {
    const [namespace, group, type, name, device] = message.topic.split('/');
    const node = nodes.get(`${group}/${name}`);
    if (namespace !== 'spBv1.0' || node === undefined || !isTelling(type)) return [];
    const payload = decodePayload(message.payload);
    if (type === 'NDEATH') return dieWithAll(node, payload, clock.now());
    const before = type === 'NBIRTH' ? beginNode(node, payload) : follow(node, payload.seq);
    const subject = node.devices.get(device === undefined ? node.id : `${node.id}/${device}`);
    const news = subject === undefined ? [] : handle[type](subject, payload.metrics, clock.now());
    const isEarly = type.endsWith('DATA') && subject !== undefined && subject.state !== 'born';
    if (isEarly || isBirthMissed(node)) askForBirth(node);
    return [...before, ...news];
  }

  return {
    filters: [...nodes.keys()].map((id) => `spBv1.0/${id.replace('/', '/+/')}/#`),
    slots,
    decode,
    restart() {
      for (const node of nodes.values()) {
        node.seq = null;
        distrust(node);
      }
    },
    greet() {
      for (const node of nodes.values()) askForBirth(node);
    },
  };
}

/** Where something was missed, names and types are those of another life: only a birth tells them anew. */
function distrust(node: Node): void {
  node.isKnown = false;
  for (const device of node.devices.values()) forget(device, 'unknown');
}

function isBirthMissed(node: Node): boolean {
  return !node.isKnown && [...node.devices.values()].some(({ state }) => state !== 'born');
}

type Telling = 'NBIRTH' | 'DBIRTH' | 'NDATA' | 'DDATA' | 'DDEATH';

const handle: Readonly<
  Record<Telling, (device: Device, metrics: readonly SparkplugMetric[], now: number) => readonly News[]>
> = {
  NBIRTH: bear,
  DBIRTH: bear,
  NDATA: hear,
  DDATA: hear,
  DDEATH: (device, _metrics, now) => die(device, now),
};

function isTelling(type: string | undefined): type is Telling | 'NDEATH' {
  return type !== undefined && (type === 'NDEATH' || Object.hasOwn(handle, type));
}

/** A node's birth ends the former lives of all its devices. @returns what that means for them until they are born. */
function beginNode(node: Node, { seq, metrics }: SparkplugPayload): readonly News[] {
  distrust(node);
  node.isKnown = true;
  node.seq = seq;
  node.birthSeq = birthSeqOf(metrics);
  return sayOfAll(node, ({ id }) => `${id} is not born yet in the new life of its node`);
}

/** @returns what it means where a message of the node is missing in the sequence: nobody knows what has changed. */
function follow(node: Node, seq: number | null): readonly News[] {
  if (seq === null) return [];
  const isMissed = node.seq !== null && seq !== (node.seq + 1) % 256;
  node.seq = seq;
  if (!isMissed) return [];
  distrust(node);
  return sayOfAll(node, ({ id }) => `messages of ${id} were missed: its next value or birth is waited for`);
}

/** A death that belongs to a former life comes late, from a broker that noticed it late (Sparkplug 3.0, 6.4.19). */
function dieWithAll(node: Node, { metrics }: SparkplugPayload, now: number): readonly News[] {
  const birthSeq = birthSeqOf(metrics);
  if (birthSeq !== null && node.birthSeq !== null && birthSeq !== node.birthSeq) return [];
  return [...node.devices.values()].flatMap((device) => die(device, now));
}

function birthSeqOf(metrics: readonly SparkplugMetric[]): number | null {
  const metric = metrics.find(({ name }) => name === 'bdSeq');
  return metric === undefined ? null : numberOf(metric.value, metric.datatype ?? 8);
}

function bear(device: Device, metrics: readonly SparkplugMetric[]): readonly News[] {
  forget(device, 'born');
  for (const { name, alias, datatype } of metrics) {
    // What nobody wants is not remembered, however much a birth declares.
    if (name === null || !device.slots.has(name)) continue;
    device.byName.set(name, { name, datatype });
    if (alias !== null) device.byAlias.set(alias, { name, datatype });
  }
  const missing = [...device.slots.keys()].filter((name) => !device.byName.has(name));
  return [
    ...hear(device, metrics),
    ...missing.flatMap((name) => say(device, name, `${device.id} was born without a metric ${name}`)),
  ];
}

function hear(device: Device, metrics: readonly SparkplugMetric[]): readonly News[] {
  if (device.state === 'dead') return [];
  const news = metrics.flatMap((metric): News[] => {
    const declared = metric.name === null ? device.byAlias.get(metric.alias ?? '') : device.byName.get(metric.name);
    const name = metric.name ?? declared?.name;
    const slots = name === undefined ? [] : (device.slots.get(name) ?? []);
    return slots.map((slot) => newsOf(slot, metric, metric.datatype ?? declared?.datatype ?? null));
  });
  if (device.state === 'born') return news;
  const told = new Set(news.map(({ slot }) => slot));
  const untold = [...device.slots.values()].flat().filter((slot) => !told.has(slot));
  const problem = `the aliases of ${device.id} are not known before its next birth: messages were missed`;
  const isAliased = metrics.some((metric) => metric.name === null);
  return isAliased ? [...news, ...untold.map((slot) => ({ slot, problem }))] : news;
}

function newsOf(slot: SparkplugSlot, metric: SparkplugMetric, datatype: number | null): News {
  const { value, quality, at, isHistorical } = metric;
  if (quality !== null && quality !== GOOD)
    return { slot, problem: `the publisher says quality ${quality}, and good is 192` };
  if (value.kind === 'null') return { slot, problem: 'the publisher has no value (null)' };
  if (value.kind === 'other') return { slot, problem: `the metric is a ${value.what}, not a number` };
  const number = numberOf(value, datatype);
  if (number === null) {
    const problem =
      datatype === null ? 'its type is not known before the next birth' : `type ${datatype} is not a number`;
    return { slot, problem };
  }
  return { slot, value: number, at, series: slot.device, isHistorical };
}

function die(device: Device, now: number): readonly News[] {
  forget(device, 'dead');
  const problem = `${device.id} died (${new Date(now).toISOString()}); its next birth is waited for`;
  return [...device.slots.keys()].flatMap((name) => say(device, name, problem));
}

function forget(device: Device, state: Device['state']): void {
  device.state = state;
  device.byName.clear();
  device.byAlias.clear();
}

function sayOfAll(node: Node, problemOf: (device: Device) => string): readonly News[] {
  return [...node.devices.values()].flatMap((device) =>
    [...device.slots.keys()].flatMap((name) => say(device, name, problemOf(device))),
  );
}

function say(device: Device, metric: string, problem: string): News[] {
  return (device.slots.get(metric) ?? []).map((slot) => ({ slot, problem }));
}

function groupNodes(slots: readonly SparkplugSlot[]): ReadonlyMap<string, Node> {
  const nodes = new Map<string, Node>();
  for (const id of new Set(slots.map(({ device }) => nodeOf(device)))) {
    const own = slots.filter(({ device }) => nodeOf(device) === id);
    const devices = new Map(
      [...new Set(own.map(({ device }) => device))].map((device) => [device, newDevice(device, own)]),
    );
    nodes.set(id, { id, devices, isKnown: false, seq: null, birthSeq: null, askedMs: Number.NEGATIVE_INFINITY });
  }
  return nodes;
}

function newDevice(id: string, slots: readonly SparkplugSlot[]): Device {
  const byMetric = new Map<string, SparkplugSlot[]>();
  for (const slot of slots) {
    if (slot.device === id) byMetric.set(slot.metric, [...(byMetric.get(slot.metric) ?? []), slot]);
  }
  return { id, slots: byMetric, state: 'unknown', byName: new Map(), byAlias: new Map() };
}

function nodeOf(device: string): string {
  return device.split('/').slice(0, 2).join('/');
}
