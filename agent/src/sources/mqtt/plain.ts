import { numberOf } from '../support/decimal.ts';
import { valueAt } from '../support/json-path.ts';
import { type Format, type Message, type News, type Slot, topicMatches } from './format.ts';
import { timeOf } from './published-time.ts';

/** A slot and where in which messages its value stands. */
export interface PlainSlot extends Slot {
  /** A topic or a filter. */
  readonly topic: string;
  /** Place of the value in a JSON document; null where the payload is nothing but a number. */
  readonly path: string | null;
  /** Place of its time, where the document tells it. */
  readonly time: string | null;
}

/** JSON documents and bare numbers, as every other publisher makes them in its own way. */
export function createPlain(slots: readonly PlainSlot[]): Format {
  const named = new Map<string, PlainSlot[]>();
  for (const slot of slots) named.set(slot.topic, [...(named.get(slot.topic) ?? []), slot]);
  const wild = slots.filter(({ topic }) => /[+#]/.test(topic));
  return {
    filters: [...named.keys()],
    slots,
    decode(message) {
      const { topic } = message;
      const meant = [...(named.get(topic) ?? []), ...wild.filter((slot) => topicMatches(slot.topic, topic))];
      return newsOf(meant, message);
    },
    restart() {},
    greet() {},
  };
}

function newsOf(slots: readonly PlainSlot[], { topic, payload }: Message): News[] {
  const text = payload.toString('utf8');
  let document: { readonly value: unknown } | null = null;
  return slots.map((slot) => {
    try {
      if (slot.path === null) return judge(slot, text, null, topic);
      document ??= { value: parse(text) };
      return newsOfDocument(slot, slot.path, document.value, topic);
    } catch (error) {
      return { slot, problem: (error as Error).message };
    }
  });
}

function newsOfDocument(slot: PlainSlot, path: string, document: unknown, topic: string): News {
  const raw = valueAt(document, path);
  // Many publish documents of several kinds, or only what has changed.
  if (raw === undefined) return { slot, hint: `messages come, but without ${path}` };
  const time = slot.time === null ? undefined : valueAt(document, slot.time);
  if (slot.time !== null && time === undefined) return { slot, problem: `there is no ${slot.time} for its time` };
  return judge(slot, raw, time === undefined ? null : timeOf(time), topic);
}

function judge(slot: Slot, raw: unknown, at: number | null, series: string): News {
  const value = numberOf(raw);
  return value === null
    ? { slot, problem: `not a number: ${JSON.stringify(raw).slice(0, 40)}` }
    : { slot, value, at, series };
}

/** @throws Error without the document in it, which may be long. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`not JSON: ${JSON.stringify(text.slice(0, 40))}`);
  }
}
