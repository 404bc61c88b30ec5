import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Reading } from '@wattmark/shared/messages';
import { pino } from 'pino';
import t from 'tap';
import * as v from 'valibot';
import { listProfiles } from '../../src/profiles/catalogue.ts';
import type { Sample, Search } from '../../src/source.ts';
import snmp from '../../src/sources/snmp.ts';
import { openSource, tick } from '../sources/conformance.ts';
import { startSnmpDevices } from '../sources/snmp-device.ts';
import { realClock } from '../support/real-clock.ts';

/**
 * Each profile is held against a device that was written from its MIB: the files `snmp/<profile>.snmprec` have the
 * types and units that the MIB gives, and `snmp/<profile>.json` says in base units what they mean. What is particular to
 * some models is in `snmp/<profile>_<model>`, of which the structure was seen in walks of real ones.
 */
interface Expected {
  readonly points: readonly { readonly point: string; readonly from?: string }[];
  readonly readings: readonly Reading[];
  /** Point, channel, and a part of the reason. */
  readonly noData?: readonly (readonly [point: string, channel: string, reason: string])[];
  readonly meters?: Readonly<Record<string, object>>;
  /** The sections that a discovery offers. */
  readonly discovered: readonly string[];
}

const folder = join(import.meta.dirname, 'snmp');

t.test('every profile that is shipped reads a device with its MIB', async (t) => {
  const devices = await startSnmpDevices(t, folder);
  if (devices === null) return;
  const cases = readdirSync(folder).flatMap((file) => /^(.+)\.json$/.exec(file)?.[1] ?? []);
  t.same(listProfiles('snmp'), cases.filter((name) => !name.includes('_')).sort());
  for (const name of cases) {
    await t.test(name, async (t) => {
      const expected = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as Expected;
      const [profile = ''] = name.split('_');
      const { points, readings, noData = [], meters = {} } = expected;
      const target = { profile, host: '127.0.0.1', port: devices.port, community: name, timeout: '2s' };
      const source = await openSource(snmp, { ...target, points });
      t.teardown(() => source.close());
      const sample = (await tick(source, 10_000)) as Sample;
      t.same(sample.readings, readings);
      t.match(
        sample.noData,
        noData.map(([point, channel, reason]) => ({ point, channel, reason: new RegExp(reason) })),
      );
      t.equal(sample.noData.length, noData.length);
      for (const [point, meter] of Object.entries(meters)) {
        t.same(source.points.find((one) => one.point === point)?.meter, meter, `${point} says what it is`);
      }
      for (const { point, channels } of source.points) {
        const seen = sample.readings.filter(([name]) => name === point).map(([, channel]) => channel);
        t.ok(
          seen.every((channel) => channels.includes(channel)),
          `${point} announces what it reads`,
        );
      }

      const [found] = await snmp.discover(searchFor(name, devices.port));
      t.equal(found?.entry['profile'], profile, 'and a discovery knows it');
      const offered = found?.entry['points'] as { from: string }[] | undefined;
      t.same(
        offered?.map(({ from }) => from),
        expected.discovered,
      );
      const { kind: _kind, ...settings } = found?.entry ?? {};
      t.doesNotThrow(() => v.parse(snmp.schema, settings), 'and its entry can be used as it is');
    });
  }
});

function searchFor(community: string, port: number): Search {
  return {
    log: pino({ level: 'silent' }),
    clock: realClock,
    signal: new AbortController().signal,
    addresses: [`127.0.0.1:${port}`],
    community,
    progress: () => {},
  };
}
