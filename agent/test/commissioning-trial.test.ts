import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { freePort } from '../../shared/test/free-port.ts';
import { requireProgram } from '../../shared/test/program.ts';
import { tryOut } from '../src/commands/profile-trial.ts';
import type { Trial } from '../src/commissioning/profile-trial.ts';
import { openCatalog } from '../src/source-catalog.ts';
import { start } from './sources/process.ts';
import { startSnmpDevice } from './sources/snmp-device.ts';
import { realClock } from './support/real-clock.ts';
import { scratch } from './support/scratch.ts';

const PYTHON = '/usr/bin/python3';

/** The table that a trial writes, and whether everything has a value. */
async function trial(what: Partial<Trial> & Pick<Trial, 'profile'>): Promise<{ isGood: boolean; text: string }> {
  const catalog = await openCatalog(new URL('../src/sources/', import.meta.url));
  let text = '';
  const write = (more: string): void => {
    text += more;
  };
  const isGood = await tryOut({ kind: undefined, keys: {}, ...what }, false, catalog, realClock, write);
  return { isGood, text };
}

async function startMeter(t: Test): Promise<number | null> {
  const python = requireProgram(t, PYTHON);
  if (python === null) return null;
  const port = await freePort();
  const units = { 3: { holding: { 10: [0x0000, 0x03e8], 20: [2300], 30: [0x8000] } } };
  const script = join(import.meta.dirname, 'sources/peers/modbus-device.py');
  const meter = await start(python, [script, String(port), JSON.stringify(units)], /^ready$/);
  t.teardown(() => meter.stop());
  return port;
}

const mine = {
  model: 'M',
  manufacturer: 'mine',
  reference: 'the data sheet that came with it',
  function: 'holding',
  sections: {
    total: {
      channels: {
        power: { register: 10, type: 'uint32' },
        voltage: { register: 20, type: 'uint16', scale: 0.1 },
        current: { sum: [30, 40], type: 'int16' },
      },
    },
  },
};

t.test('a Modbus profile: what stands in each register beside what becomes of it', async (t) => {
  const port = await startMeter(t);
  if (port === null) return;
  const profile = join(scratch(t), 'mine.json');
  writeFileSync(profile, JSON.stringify(mine));
  const keys = { host: '127.0.0.1', port, unit: 3, timeout: '300ms' };
  const { isGood, text } = await trial({ profile, keys });
  t.equal(isGood, false);
  t.match(text, /^section +channel +value +unit +raw\n/);
  t.match(text, /\ntotal +power +1000 +W +holding 10: 0000 03e8\n/);
  t.match(text, /\ntotal +voltage +230 +V +holding 20: 08fc\n/);
  t.match(text, /\ntotal +current +- +A +holding 30: 8000, holding 40: refused {2}the meter says 0x8000, which means/);
  t.match(text, /\n2 of 3 channels read\n$/);
  const silent = trial({ profile, keys: { ...keys, unit: 9 } });
  await t.rejects(silent, { name: 'ConfigError', message: /unit 9: no answer within 300 ms/ });
});

t.test('an SNMP profile: what each object holds', async (t) => {
  const device = await startSnmpDevice(t, 'ups');
  if (device === null) return;
  const keys = { host: '127.0.0.1', port: device.port, community: 'device' };
  const { text } = await trial({ profile: 'ups-mib', keys });
  t.match(text, /\noutput +power +\d+ +W +1\.3\.6\.1\.2\.1\.33\.1\.4\.4\.1\.4\.1: \d+, /);
  t.match(text, /\nbattery +charge +\d+ +% +1\.3\.6\.1\.2\.1\.33\.1\.2\.4\.0: \d+\n/);
  const silent = trial({ profile: 'ups-mib', keys: { ...keys, community: 'wrong', timeout: '100ms', retries: 0 } });
  await t.rejects(silent, { name: 'ConfigError', message: /is the community right/ });
});

t.test('what cannot work is said before anything is asked', async (t) => {
  const directory = scratch(t);
  const refused = async (what: Parameters<typeof trial>[0], message: RegExp) =>
    t.rejects(trial(what), { name: 'ConfigError', message });
  await refused({ profile: 'nope' }, /no profile of that name/);
  await refused({ profile: join(directory, 'nope.json') }, /ENOENT/);
  await refused({ profile: 'eastron-sdm630' }, /host or device/);
  await refused({ profile: 'ups-mib', keys: { host: 'h', unit: 3 } }, /unit/);
  await refused({ profile: 'eastron-sdm630', kind: 'host' }, /cannot be tried/);
  await refused({ profile: 'eastron-sdm630', kind: 'nope' }, /modbus, snmp/);
  const profile = join(directory, 'mine.json');
  writeFileSync(profile, JSON.stringify({ ...mine, function: 'coils' }));
  await refused({ profile, keys: { host: '127.0.0.1' } }, /not valid: function/);
});
