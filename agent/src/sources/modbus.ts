import { loadProfile } from '../profiles/catalogue.ts';
import type { Source, SourceModule } from '../source.ts';
import { acquireBus } from './modbus/bus.ts';
import { createDevice } from './modbus/device.ts';
import { createMeter, profiled, selfDescribing } from './modbus/meter.ts';
import { modbusProfile } from './modbus/profile.ts';
import { placeOf, settings } from './modbus/settings.ts';

/** Reads a meter with Modbus, over TCP or a serial line, by a profile in `profiles/modbus/` or as SunSpec. */
export default {
  schema: settings,
  async open(config, context): Promise<Source> {
    const kind =
      config.profile === 'sunspec'
        ? selfDescribing
        : profiled(loadProfile('modbus', config.profile, modbusProfile, context.directory));
    const bus = acquireBus(placeOf(config), context.clock);
    try {
      return createMeter(config, context, createDevice(bus, config.unit, config.timeout), kind);
    } catch (error) {
      bus.release();
      throw error;
    }
  },
} satisfies SourceModule<typeof settings>;
