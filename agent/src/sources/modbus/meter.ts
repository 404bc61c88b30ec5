import type { Channel } from '@wattmark/shared/channels';
import type { PointDeclaration } from '@wattmark/shared/messages';
import { declarePoint, type PointConfig } from '../../point-config.ts';
import { select } from '../../profiles/catalogue.ts';
import { type Sample, type Source, type SourceContext, SourceError } from '../../source.ts';
import { attempt, toSample } from '../support/outcome.ts';
import type { Device } from './device.ts';
import { type Layout, layoutOf, readIdentity } from './layout.ts';
import type { ModbusProfile } from './profile.ts';
import { type Quantity, spansOf, valueOf } from './quantity.ts';
import { type Ask, createReader, type Registers } from './reader.ts';
import { findSunspec } from './sunspec.ts';

export interface MeterConfig {
  /** Of the profile, for messages. */
  readonly profile: string;
  readonly points: readonly PointConfig[];
  readonly simulated: boolean;
}

/** How it becomes known what there is to read. */
export interface Kind {
  /** What is known before the device has said anything, or null. */
  readonly layout: Layout | null;
  /** Asks the device what it is. */
  learn(ask: Ask): Promise<Layout>;
}

/** A model that a profile describes; the device adds who it is. */
export function profiled(profile: ModbusProfile): Kind {
  return {
    layout: layoutOf(profile),
    learn: async (ask) => layoutOf(profile, await readIdentity(profile, ask)),
  };
}

/** A device that describes itself. */
export const selfDescribing: Kind = {
  layout: null,
  async learn(ask) {
    const layout = await findSunspec(ask);
    if (layout !== null) return layout;
    throw new SourceError('absent', 'no SunSpec meter or inverter is found: name the profile of the model instead');
  },
};

/** Failed attempts at learning who a device is, after which one that can be read is read without that. */
const MOST_LEARNING_FAILURES = 2;

/** Reads one device, and learns anew what it is whenever it may have been replaced by another. */
export function createMeter(config: MeterConfig, context: SourceContext, device: Device, kind: Kind): Source {
  let view = viewOf(config, context, kind.layout);
  let learntAt: number | null = null;
  let failures = 0;

  async function learn(ask: Ask): Promise<void> {
    const fresh = viewNow(await kind.learn(ask));
    // The same array as long as it says the same.
    const points = JSON.stringify(fresh.points) === JSON.stringify(view.points) ? view.points : fresh.points;
    view = { ...fresh, points };
    learntAt = device.connections;
  }

  /** Another device may come that has what this one lacks, so that nothing is final that one says of itself. */
  function viewNow(layout: Layout): View {
    try {
      return viewOf(config, context, layout);
    } catch (error) {
      throw new SourceError('absent', (error as Error).message);
    }
  }

  /** The values are worth more than the name of the device. */
  async function tryToLearn(ask: Ask): Promise<void> {
    if (failures >= MOST_LEARNING_FAILURES) return;
    try {
      await learn(ask);
      failures = 0;
    } catch (error) {
      failures += 1;
      learntAt = device.connections;
      context.log.info(
        { reason: (error as Error).message },
        'the device tells no serial number of its own; it is read all the same',
      );
    }
  }

  return {
    get points() {
      return view.points;
    },
    async read(signal) {
      const ask = device.asking(signal);
      try {
        if (kind.layout === null && learntAt !== device.connections) await learn(ask);
        const sample = await sampleOf(view.items, await view.read(ask));
        if (learntAt !== device.connections) await tryToLearn(ask);
        return sample;
      } catch (error) {
        learntAt = null;
        throw error;
      }
    },
    close: () => device.close(),
  };
}

interface Item {
  readonly point: string;
  readonly channel: Channel;
  readonly quantity: Quantity;
}

/** What the configured points are in a layout. */
interface View {
  readonly points: readonly PointDeclaration[];
  readonly items: readonly Item[];
  readonly read: (ask: Ask) => Promise<Registers>;
}

/** @throws SourceError where a point names what the layout does not have. */
function viewOf(config: MeterConfig, { intervalMs }: SourceContext, layout: Layout | null): View {
  const facts = { source: 'modbus', intervalMs, simulated: config.simulated };
  if (layout === null) {
    const points = config.points.map((point) => declarePoint(point, { ...facts, channels: point.channels ?? [] }));
    return { points, items: [], read: createReader([], { maxRegisters: 0, maxGap: 0 }) };
  }
  const selections = config.points.map((point) => ({ point, ...select(layout, config.profile, point) }));
  const points = selections.map(({ point, section, channels }) => {
    const { energyModulusWh, meter } = layout.sections[section] ?? {};
    const { accuracyClass } = layout;
    const names = channels.map(([channel]) => channel);
    return declarePoint(point, { ...facts, channels: names, accuracyClass, energyModulusWh, meter });
  });
  const items = selections.flatMap(({ point, channels }) =>
    channels.map(([channel, quantity]): Item => ({ point: point.point, channel, quantity })),
  );
  const spans = items.flatMap(({ quantity }) => spansOf(quantity));
  return { points, items, read: createReader(spans, layout) };
}

/** Exception codes up to this one mean a question that the device will never answer. */
const ILLEGAL_VALUE = 3;

/** @throws SourceError where every register was refused. */
async function sampleOf(items: readonly Item[], { read, refused }: Registers): Promise<Sample> {
  if (refused !== null) {
    const kind = refused.code <= ILLEGAL_VALUE ? 'absent' : 'retry';
    throw new SourceError(kind, `no value could be read: ${refused.message}`);
  }
  const outcomes = items.map(({ point, channel, quantity }) =>
    attempt(point, channel, async () => valueOf(quantity, read)),
  );
  return toSample(await Promise.all(outcomes));
}
