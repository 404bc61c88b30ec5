import { limits } from '@wattmark/shared/messages';

/** What the parts of a message must be to be taken. */

export type Json = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A lone surrogate would come back from the log as another epoch, and the agent would wait for its acknowledgements in vain. */
export function isEpoch(value: unknown): value is string {
  return isText(value, limits.epochLength) && Buffer.from(value).toString() === value;
}

export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

export function isName(value: unknown): value is string {
  return isText(value, limits.nameLength);
}

export function isText(value: unknown, maxLength: number): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= maxLength;
}
