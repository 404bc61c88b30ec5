import type { Channel } from '@wattmark/shared/channels';
import { limits, type Meter } from '@wattmark/shared/messages';
import type { AccuracyClass } from '@wattmark/shared/roles';
import type { Identity, ModbusProfile } from './profile.ts';
import {
  type Quantity,
  type Ratio,
  type Read,
  type Span,
  spanOf,
  spansOf,
  textAt,
  type TextPlace,
  valueOf,
} from './quantity.ts';
import { type Ask, createReader } from './reader.ts';
import type { RequestLimits } from './requests.ts';

/** One part of a device that can be a metering point. */
export interface Section {
  readonly channels: Readonly<Partial<Record<Channel, Quantity>>>;
  readonly energyModulusWh?: number | undefined;
  readonly meter: Meter;
}

/** What there is to read in a device. */
export interface Layout extends RequestLimits {
  readonly sections: Readonly<Record<string, Section>>;
  readonly accuracyClass?: AccuracyClass | undefined;
}

/** The layout that a profile describes, of a device that may have said what it is. */
export function layoutOf(profile: ModbusProfile, said: Meter = {}): Layout {
  const { manufacturer, model, sections, ...rest } = profile;
  const meter = { manufacturer, model, ...said };
  const parts = Object.entries(sections).map(([name, section]) => [name, { ...section, meter }] as const);
  return { ...rest, sections: Object.fromEntries(parts) };
}

/**
 * What the device says of itself; what it does not say is left out.
 * @throws Refusal where it refuses all of it.
 */
export async function readIdentity(profile: ModbusProfile, ask: Ask): Promise<Meter> {
  const { identity } = profile;
  const spans = Object.values(identity).flatMap((item) => (item === undefined ? [] : spansIn(item)));
  if (spans.length === 0) return {};
  const { read, refused } = await createReader(spans, profile)(ask);
  if (refused !== null) throw refused;
  return meterIn(identity, read);
}

function spansIn(item: TextPlace | Quantity | Ratio): Span[] {
  if ('numerator' in item) return [item.numerator, ...(item.denominator ? [item.denominator] : [])].flatMap(spansOf);
  return item.type === 'string' ? [spanOf(item)] : spansOf(item);
}

function meterIn({ model, serial, firmware, ctRatio, vtRatio }: Identity, read: Read): Meter {
  return {
    ...said('model', model && textIn(model, read)),
    ...said('serial', serial && textIn(serial, read)),
    ...said('firmware', firmware && textIn(firmware, read)),
    ...said('ctRatio', ctRatio && ratioIn(ctRatio, read)),
    ...said('vtRatio', vtRatio && ratioIn(vtRatio, read)),
  };
}

function textIn(item: TextPlace | Quantity, read: Read): string | undefined {
  const text = attempted(() => (item.type === 'string' ? textAt(item, read) : String(valueOf(item, read))));
  return text?.slice(0, limits.nameLength) || undefined;
}

function ratioIn({ numerator, denominator }: Ratio, read: Read): number | undefined {
  const ratio = attempted(() => valueOf(numerator, read) / (denominator ? valueOf(denominator, read) : 1));
  return ratio !== undefined && ratio > 0 && Number.isFinite(ratio) ? ratio : undefined;
}

function attempted<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function said<K extends string, T>(key: K, value: T | undefined): { [P in K]?: T } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]: T });
}
