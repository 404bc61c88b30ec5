import type { Channel } from '@wattmark/shared/channels';

/** One channel of one point, and where its values come from. */
export interface Slot {
  readonly point: string;
  readonly channel: Channel;
  /** Factor from the published number to the channel's unit. */
  readonly scale: number;
  /** What the values come from, as the operator knows it: `topic tele/rack-3/SENSOR, ENERGY.Power`. */
  readonly origin: string;
}

export interface Message {
  readonly topic: string;
  readonly payload: Buffer;
  /** The broker kept it from before the subscription. */
  readonly retained: boolean;
}

/** What a message says about a slot. */
export type News =
  | {
      readonly slot: Slot;
      /** As published. */
      readonly value: number;
      /** UTC milliseconds; null where the message does not tell and its arrival counts. */
      readonly at: number | null;
      /** Which of several things that match the slot it is about. */
      readonly series: string;
      /** Told after the fact: no value of now. */
      readonly isHistorical?: boolean;
    }
  /** There is no value until the next one comes. */
  | { readonly slot: Slot; readonly problem: string }
  /** Explains a silence, where it comes to that. */
  | { readonly slot: Slot; readonly hint: string };

/** A way in which others publish. */
export interface Format {
  readonly filters: readonly string[];
  readonly slots: readonly Slot[];
  /** @throws Error where the payload cannot be read at all. */
  decode(message: Message): readonly News[];
  /** The connection is a new one: messages may have been missed. */
  restart(): void;
  /** The subscription stands, and whoever can be asked to speak may be asked. */
  greet(): void;
}

/** Whether a topic matches a subscription's filter (MQTT 3.1.1, 4.7). */
export function topicMatches(filter: string, topic: string): boolean {
  const levels = topic.split('/');
  const wanted = filter.split('/');
  // Wildcards at the first level do not match the broker's own topics (4.7.2).
  if (topic.startsWith('$') && /^[+#]/.test(filter)) return false;
  const hash = wanted.indexOf('#');
  if (hash !== -1 ? levels.length < hash : levels.length !== wanted.length) return false;
  return wanted.every((level, index) => level === '+' || level === '#' || level === levels[index]);
}
