import fc from 'fast-check';
import t from 'tap';
import type { Clock } from '../../src/clock.ts';
import { createBackgroundLooks } from '../../src/sources/support/background-looks.ts';
import { dcmiPowerIn } from '../../src/sources/ipmi/dcmi.ts';
import { meterIn } from '../../src/sources/ipmi/identity.ts';
import { wattSensorsIn } from '../../src/sources/ipmi/sdr.ts';
import { createSum, machineSensors } from '../../src/sources/ipmi/sensors.ts';
import { type Sample, SourceError } from '../../src/source.ts';
import { silent } from '../support/log.ts';
import { wattRecord } from './ipmi/bmc-device.ts';

const said = (stdout: string) => ({ stdout, stderr: '', exitCode: 0 });

t.test('DCMI: what is power, and what is not', async (t) => {
  const answer = (watts: string, state: string) =>
    dcmiPowerIn(said(`    Instantaneous power reading:    ${watts} Watts\n    Power reading state is:     ${state}\n`));
  t.same(answer('437', 'activated'), { powerW: 437 });
  t.match(answer('437', 'deactivated'), { reason: /437 W, but its power measurement is deactivated/, isLasting: true });
  t.match(answer('0', 'activated'), { reason: /0 W, but a BMC that answers draws power itself/ });
  t.match(answer('65535', 'activated'), { reason: /no machine draws more than 50000 W/ });
  t.match(dcmiPowerIn(said('DCMI request failed because: Invalid command (c1)')), { isLasting: true });
  t.match(dcmiPowerIn(said('DCMI request failed because: Unspecified error (ff)')), { isLasting: false });
  t.match(dcmiPowerIn(said('')), { isLasting: false });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50_000 }), (watts) => {
      t.same(answer(String(watts), 'activated'), { powerW: watts });
    }),
    { numRuns: 50 },
  );
});

t.test('a sensor repository: sensors in watts, whatever else is in it', async (t) => {
  const names = fc.uniqueArray(fc.stringMatching(/^[A-Za-z][A-Za-z0-9 _]{0,14}[a-z]$/), { maxLength: 5 });
  fc.assert(
    fc.property(names, fc.integer({ min: 1, max: 511 }), (names, factor) => {
      const repository = Buffer.concat(names.map((name, index) => wattRecord(index, name, factor)));
      t.same(
        wattSensorsIn(repository),
        names.map((name) => ({ name, fullScaleW: 255 * factor })),
      );
    }),
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(120), (noise, at) => {
      const broken = Buffer.concat([wattRecord(1, 'Power Meter', 2), wattRecord(2, 'PS 1 Input', 2)]);
      broken.set(noise.subarray(0, Math.max(0, broken.length - at)), Math.min(at, broken.length));
      for (const { name } of wattSensorsIn(broken)) t.match(name, /^[\x20-\x7e]+$/);
      t.ok(Array.isArray(wattSensorsIn(Buffer.from(noise))));
    }),
  );
  const record = wattRecord(1, '-f /etc/passwd', 1);
  t.same(wattSensorsIn(record), [], 'nothing that would be an option');
  const amperes = wattRecord(1, 'Current', 1);
  amperes[21] = 5;
  t.same(wattSensorsIn(amperes), []);
  const scaled = wattRecord(1, 'Power', 2);
  scaled[29] = 0x10;
  t.match(wattSensorsIn(scaled), [{ fullScaleW: 5100 }], 'an exponent of the result');
});

t.test('which sensors are the machine', async (t) => {
  const chosen = (...names: string[]) =>
    machineSensors(names.map((name) => ({ name, fullScaleW: null }))).map(({ name }) => name);
  t.same(chosen('Power1', 'Power2', 'Power', 'CPU Power', 'Memory Power'), ['Power'], 'Huawei');
  t.same(chosen('PS 1 Input', 'PS 2 Input', 'Power Meter', 'PS 1 Output'), ['Power Meter'], 'HPE');
  t.same(chosen('CPU0_Power', 'PSU_1_POWER_IN', 'PSU_1_POWER_OUT', 'PSU_2_POWER_IN'), [
    'PSU_1_POWER_IN',
    'PSU_2_POWER_IN',
  ]);
  t.same(chosen('PSU1_PIn', 'PSU1_POut', 'PSU2_PIn'), ['PSU1_PIn', 'PSU2_PIn']);
  t.same(chosen('PSU1_Pout', 'SystemTotalPower'), ['SystemTotalPower']);
  t.same(chosen('Avg Power', 'CPU1 Power'), ['Avg Power'], 'IBM System x');
  t.same(chosen('CPU0_Power', 'PSU1 Power Out'), [], 'parts are not the machine');
});

t.test('a sum whose member falls silent is unknown', async (t) => {
  const sum = createSum(
    ['PS 1, Input', 'PS2 Input'].map((name) => ({ name, fullScaleW: 2550 })),
    silent,
  );
  t.same(sum('PS 1, Input,100.000\n'), { powerW: 100 }, 'an empty bay');
  t.same(sum('PS 1, Input,100.000\nPS2 Input,50\n'), { powerW: 150 }, 'which is filled');
  t.match(sum('PS 1, Input,100.000\n'), { reason: 'no reading from PS2 Input' });
  t.match(
    sum('PS 1, Input,100.000\nPS2 Input,2550\n'),
    { reason: 'no reading from PS2 Input' },
    'the end of its scale',
  );
  t.match(sum('nonsense'), { reason: /no reading from PS 1, Input, PS2 Input/ });
});

t.test('what a machine says of itself', async (t) => {
  const text = [
    ' Board Mfg             : Contoso',
    ' Board Serial          : B1',
    ' Product Manufacturer  : To be filled by O.E.M.',
    ' Product Name          : Model: 9',
    ' Product Serial        : 0000000',
    'Firmware Revision         : 2.60',
    'Manufacturer Name         : Unknown (0x1291)',
  ];
  t.same(meterIn(text.join('\n')), { manufacturer: 'Contoso', model: 'Model: 9', serial: 'B1', firmware: '2.60' });
  t.same(meterIn('\u0000: :\n::'), {});
  const beganMs = performance.now();
  t.same(meterIn(`${' '.repeat(1_000_000)}x\n${'a '.repeat(500_000)}: b`), {});
  t.ok(performance.now() - beganMs < 1_000, 'long lines are told at once');
});

t.test('looks that outlast their ticks, and come back to them', async (t) => {
  let nowMs = 0;
  const clock: Clock = { now: () => 1_000_000 + nowMs, monotonicMs: () => nowMs, sleep: async () => {} };
  const pending: PromiseWithResolvers<Sample>[] = [];
  const looks = createBackgroundLooks(
    'the BMC',
    () => {
      const one = withResolvers<Sample>();
      pending.push(one);
      return one.promise;
    },
    clock,
  );
  const sample = (powerW: number): Sample => ({ readings: [['a', 'power', powerW]], noData: [] });
  /** A tick of 3 s in which nothing happens. */
  const vainTick = async () => {
    const abort = new AbortController();
    const reading = looks.read(abort.signal);
    nowMs += 3_000;
    abort.abort();
    await t.rejects(reading, { kind: 'retry', message: /the BMC did not answer before the tick's deadline/ });
  };
  const finish = async (outcome: Sample | Error, afterMs: number) => {
    nowMs += afterMs;
    const one = pending.at(-1);
    if (outcome instanceof Error) one?.reject(outcome);
    else one?.resolve(outcome);
    await new Promise((resolve) => setImmediate(resolve));
  };
  const never = new AbortController().signal;

  await vainTick();
  await vainTick();
  t.equal(pending.length, 1, 'one look at a time');
  await finish(sample(1), 1_000);
  t.same(await looks.read(never), {
    readings: [],
    dated: [{ at: 1_007_000, readings: [['a', 'power', 1]] }],
    noData: [],
  });
  t.equal(pending.length, 2, 'the next one is under way');
  await finish(sample(2), 500);
  t.match(await looks.read(never), { dated: [{ at: 1_007_500 }] });
  t.equal(pending.length, 2, 'that was fast enough for a tick: the next tick takes its own');
  const own = looks.read(never);
  await finish(sample(3), 100);
  t.same(await own, sample(3));

  await vainTick();
  await finish(new SourceError('absent', 'gone'), 0);
  await t.rejects(looks.read(never), { kind: 'absent', message: 'gone' }, 'a failure is handed over too');
});

interface PromiseWithResolvers<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(error: Error): void;
}

function withResolvers<T>(): PromiseWithResolvers<T> {
  let resolve: (value: T) => void = () => {};
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<T>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  return { promise, resolve, reject };
}
