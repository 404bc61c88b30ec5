import { execFile } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import { freePort } from '../../shared/test/free-port.ts';
import { requireProgram } from '../../shared/test/program.ts';
import { start } from './sources/process.ts';
import { startSnmpDevice } from './sources/snmp-device.ts';
import { scratch } from './support/scratch.ts';

/** The commands against instruments that answer: pymodbus as a meter, snmpsim as a UPS. */

const PYTHON = '/usr/bin/python3';
const main = join(import.meta.dirname, '../src/main.ts');
const run = promisify(execFile);

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command to its end, whatever its exit code. */
async function command(...args: string[]): Promise<Ended> {
  try {
    const node = ['--conditions=@wattmark/source', '--import', 'tsx', main, ...args];
    return { code: 0, ...(await run(process.execPath, node, { timeout: 60_000 })) };
  } catch (error) {
    return error as Ended;
  }
}

function f32(value: number): number[] {
  const buffer = Buffer.alloc(4);
  buffer.writeFloatBE(value);
  return [buffer.readUInt16BE(0), buffer.readUInt16BE(2)];
}

/** Input registers of an SDM630 of which every one can be read; powers of the phases in W. */
function sdm630(phasesW: readonly [number, number, number]): Record<number, number[]> {
  const phases = phasesW.flatMap((powerW, index): [number, number][] => [
    [2 * index, 230 + index / 3],
    [6 + 2 * index, Math.abs(powerW) / (230 + index / 3) / 0.9],
    [12 + 2 * index, powerW],
    [30 + 2 * index, 0.9],
  ]);
  const totalW = phasesW.reduce((sum, powerW) => sum + Math.abs(powerW), 0);
  const values = new Map<number, number>([...phases, [52, totalW], [62, 0.9], [70, 49.98], [72, 17889.863]]);
  return Object.fromEntries(Array.from({ length: 180 }, (_, index) => [2 * index, f32(values.get(2 * index) ?? 0)]));
}

/** Starts the meter; null where the test was skipped. */
async function startMeter(t: Test, phasesW: readonly [number, number, number]): Promise<number | null> {
  const python = requireProgram(t, PYTHON);
  if (python === null) return null;
  const port = await freePort();
  const units = { 1: { input: sdm630(phasesW), holding: { 64512: [0x0001, 0xe240] } } };
  const script = join(import.meta.dirname, 'sources/peers/modbus-device.py');
  const meter = await start(python, [script, String(port), JSON.stringify(units)], /^ready$/);
  t.teardown(() => meter.stop());
  return port;
}

/** Writes an agent.yaml that reads the meter by `profile`, phase by phase. */
function configFor(directory: string, port: number, profile: string): string {
  const file = join(directory, 'agent.yaml');
  const points = [
    '{point: utility-a, role: utility, ratedPower: 100000}',
    ...['l1', 'l2', 'l3'].map((phase) => `{point: utility-a-${phase}, from: ${phase}}`),
  ];
  const source = `{kind: modbus, profile: ${profile}, host: 127.0.0.1, port: ${port}, points: [${points.join(', ')}]}`;
  writeFileSync(file, `{agent: a, site: s, broker: {url: "mqtt://127.0.0.1:1"}, sources: [${source}]}`);
  return file;
}

t.test('a meter that is wired and read right', async (t) => {
  const port = await startMeter(t, [12_659.2, 12_222.1, 14_001.4]);
  if (port === null) return;
  const { code, stdout } = await command(
    'check',
    '--no-broker',
    '--config',
    configFor(scratch(t), port, 'eastron-sdm630'),
  );
  t.equal(code, 0, stdout);
  t.match(stdout, /\n {2}meter: Eastron SDM630 Modbus V2, serial 123456\n/);
  t.match(stdout, /\n {2}utility-a +power +38882\.\d+ +W /);
  t.match(stdout, /1 of 1 sources answered; (\d+) of \1 channels read; nothing suspicious\n$/);
});

t.test('kW taken for W, and the current transformer of a phase turned round', async (t) => {
  const port = await startMeter(t, [12_659.2, -12_222.1, 14_001.4]);
  if (port === null) return;
  const directory = scratch(t);
  const shipped = join(import.meta.dirname, '../src/profiles/modbus/eastron-sdm630.json');
  const profile = readFileSync(shipped, 'utf8').replace('"register": 52,', '"register": 52, "scale": 0.001,');
  writeFileSync(join(directory, 'mine.json'), profile);
  const config = configFor(directory, port, 'mine.json');
  const { code, stdout } = await command('check', '--json', '--config', config);
  t.equal(code, 1);
  const { findings } = JSON.parse(stdout) as { findings: { code: string; about: string }[] };
  t.same(
    findings.map(({ code, about }) => `${code} ${about}`),
    ['power-scale utility-a', 'phase-reversed utility-a-l2', 'broker broker', 'rating utility-a'],
  );
});

t.test('what is discovered can be checked as it was written', async (t) => {
  const device = await startSnmpDevice(t, 'ups');
  if (device === null) return;
  const file = join(scratch(t), 'agent.yaml');
  const address = `127.0.0.1:${device.port}`;
  const found = await command('discover', '--snmp', address, '--community', 'device', '-o', file);
  t.equal(found.code, 0, found.stderr);
  t.match(readFileSync(file, 'utf8'), /\n {2}- kind: snmp\n {4}profile: ups-mib\n {4}host: 127\.0\.0\.1\n/);
  t.equal(statSync(file).mode & 0o007, 0, 'communities are not for everybody');
  const { code, stdout } = await command('check', '--no-broker', '--config', file);
  t.equal(code, 0, stdout);
  t.match(stdout, /^sources\[\d\] snmp 127\.0\.0\.1 /m);
  t.match(stdout, / power +3600 +W /);
});
