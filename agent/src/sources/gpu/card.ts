import type { Channel } from '@wattmark/shared/channels';
import type { Meter } from '@wattmark/shared/messages';

/** One card as a tool describes it. */
export interface Card {
  /** Where it sits: `0000:01:00.0`. */
  readonly bus: string;
  /** All by which it can be told from others, as `comparable` gives them: its bus, UUID and serial number. */
  readonly names: readonly string[];
  readonly meter: Meter;
  /** What the tool says of each channel it knows, in the channel's unit, or why that is no value. */
  readonly told: ReadonlyMap<Channel, number | Error>;
}

/** Most that one card draws, W: the largest of 2025 are rated 1,400 W. */
const MAX_CARD_W = 5000;

/** Domains are written with 4 or 8 digits, and letters in either case. */
export function comparable(name: string): string {
  return name
    .trim()
    .toLowerCase()
    .replace(/^0{4}(?=[0-9a-f]{4}:)/, '');
}

/**
 * The number in what a tool says: null where it says that the card does not tell, an Error for anything else, such as
 * `[Unknown Error]` or `GPU is lost`.
 */
export function numberIn(name: string, text: string | undefined, unit = ''): number | Error | null {
  const said = text?.trim() ?? '';
  if (said === '' || /^\[?(N\/A|Not Supported)\]?$/i.test(said)) return null;
  const [, digits] = /^(-?\d+(?:\.\d+)?) ?(.*)$/.exec(said)?.[2] === unit ? (/^(-?[\d.]+)/.exec(said) ?? []) : [];
  return digits === undefined ? new Error(`${name} is ${JSON.stringify(said.slice(0, 60))}`) : Number(digits);
}

export function plausiblePowerW(name: string, powerW: number | Error | null): number | Error | null {
  if (typeof powerW !== 'number' || (powerW >= 0 && powerW <= MAX_CARD_W)) return powerW;
  return new Error(`${name}: impossible power of ${powerW} W (plausible is 0 to ${MAX_CARD_W})`);
}

/** Without what the card does not tell. */
export function tellings(
  entries: readonly (readonly [Channel, number | Error | null])[],
): Map<Channel, number | Error> {
  return new Map(entries.flatMap(([channel, value]) => (value === null ? [] : [[channel, value] as const])));
}

/** What a tool says of the card itself, without what says nothing. */
export function describeCard(texts: { readonly [K in keyof Meter]?: string | undefined }): Meter {
  const said = Object.entries(texts).filter(([, text]) => text !== undefined && isTelling(text));
  return Object.fromEntries(said.map(([key, text]) => [key, String(text).trim().slice(0, 64)])) as Meter;
}

export function isTelling(text: string | undefined): text is string {
  return text !== undefined && !/^\s*(\[?N\/A\]?|0*|unknown|none)\s*$/i.test(text);
}
