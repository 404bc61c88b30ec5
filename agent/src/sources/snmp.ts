import type { Channel } from '@wattmark/shared/channels';
import type { Meter, PointDeclaration } from '@wattmark/shared/messages';
import { declarePoint } from '../point-config.ts';
import { loadProfile } from '../profiles/catalogue.ts';
import { type Source, type SourceContext, SourceError, type SourceModule } from '../source.ts';
import { createClient } from './snmp/client.ts';
import { credentialsOf, type SnmpConfig, snmpConfig } from './snmp/config.ts';
import { discoverDevices } from './snmp/discovery.ts';
import { inspectDevice } from './snmp/inspection.ts';
import { type PlacedPoint, placePoint } from './snmp/placement.ts';
import { type SnmpProfile, snmpProfile } from './snmp/profile.ts';
import { createReader, type Look } from './snmp/reader.ts';
import { NoAnswer, Refusal } from './snmp/session.ts';
import { untilAborted } from './support/abort.ts';
import { hostAndPort } from './support/place.ts';
import { createSilence } from './support/silence.ts';

/** Reads a device with SNMP v1, v2c or v3 by a profile in `profiles/snmp/`. */
export default {
  schema: snmpConfig,
  async open(config, context): Promise<Source> {
    const profile = loadProfile('snmp', config.profile, snmpProfile, context.directory);
    const placed = config.points.map((point) => placePoint(profile, config.profile, point));
    const client = createClient({ ...config, credentials: credentialsOf(config), timeoutMs: config.timeout });
    const where = hostAndPort(config);
    const read = createReader(client, placed);
    const silence = createSilence();
    const declare = (look: Look | null) => declarePoints(placed, look, profile, config, context);
    let points = declare(null);
    return {
      get points() {
        return points;
      },
      async read(signal) {
        try {
          const look = await untilAborted(signal, where, read(signal));
          silence.broken();
          points = keepSame(points, declare(look));
          return look.sample;
        } catch (error) {
          if (signal.aborted) client.cancel();
          if (error instanceof SourceError) throw error;
          const message = `${where}: ${(error as Error).message}`;
          if (error instanceof NoAnswer) throw silence.failure(message);
          throw new SourceError(error instanceof Refusal ? 'absent' : 'retry', message);
        }
      },
      async close() {
        client.close();
      },
    };
  },
  discover: discoverDevices,
  async inspect(config, context, signal) {
    const profile = loadProfile('snmp', config.profile, snmpProfile, context.directory);
    const client = createClient({ ...config, credentials: credentialsOf(config), timeoutMs: config.timeout });
    try {
      return await inspectDevice(profile, client, signal);
    } catch (error) {
      throw new SourceError('retry', `${hostAndPort(config)}: ${(error as Error).message}`);
    } finally {
      client.close();
    }
  },
} satisfies SourceModule<typeof snmpConfig>;

/** As far as the device has told yet what it is and measures. */
function declarePoints(
  placed: readonly PlacedPoint[],
  look: Look | null,
  profile: SnmpProfile,
  { simulated }: SnmpConfig,
  { intervalMs }: SourceContext,
): PointDeclaration[] {
  return placed.map(({ config, channels, energyModulusWh }, index) =>
    declarePoint(config, {
      source: 'snmp',
      intervalMs,
      simulated,
      channels: look?.channels[index] ?? channels.map(([channel]): Channel => channel),
      accuracyClass: profile.accuracyClass,
      energyModulusWh,
      meter: meterOf(profile, look?.meters[index] ?? {}),
    }),
  );
}

/** What the device says of itself, and the profile where it says nothing. */
function meterOf({ manufacturer, model }: SnmpProfile, said: Meter): Meter | undefined {
  const meter = { ...(manufacturer !== 'any' && { manufacturer, model }), ...said };
  return Object.keys(meter).length === 0 ? undefined : meter;
}

/** The former array where nothing has changed, by which the agent knows that there is nothing to announce. */
function keepSame(former: PointDeclaration[], latter: PointDeclaration[]): PointDeclaration[] {
  return JSON.stringify(former) === JSON.stringify(latter) ? former : latter;
}
