import { loadProfile } from '../profiles/catalogue.ts';
import type { Source, SourceContext, SourceModule } from '../source.ts';
import { acquireBus } from './modbus/bus.ts';
import { createDevice } from './modbus/device.ts';
import { discoverMeters } from './modbus/discovery.ts';
import { inspectMeter } from './modbus/inspection.ts';
import { createMeter, type Kind, profiled, selfDescribing } from './modbus/meter.ts';
import { modbusProfile } from './modbus/profile.ts';
import { placeOf, type Settings, settings } from './modbus/settings.ts';

/** Reads a meter with Modbus, over TCP or a serial line, by a profile in `profiles/modbus/` or as SunSpec. */
export default {
  schema: settings,
  async open(config, context): Promise<Source> {
    const kind = kindOf(config, context);
    const bus = acquireBus(placeOf(config), context.clock);
    try {
      return createMeter(config, context, createDevice(bus, config.unit, config.timeout), kind);
    } catch (error) {
      bus.release();
      throw error;
    }
  },
  async inspect(config, context, signal) {
    const kind = kindOf(config, context);
    const device = createDevice(acquireBus(placeOf(config), context.clock), config.unit, config.timeout);
    try {
      return await inspectMeter(kind, device.asking(signal));
    } finally {
      await device.close();
    }
  },
  discover: discoverMeters,
} satisfies SourceModule<typeof settings>;

/** @throws SourceError of kind `fatal` where the profile cannot work. */
function kindOf({ profile }: Settings, { directory }: SourceContext): Kind {
  return profile === 'sunspec' ? selfDescribing : profiled(loadProfile('modbus', profile, modbusProfile, directory));
}
