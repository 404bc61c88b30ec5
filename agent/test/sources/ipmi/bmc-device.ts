import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { freePort } from '../../../../shared/test/free-port.ts';
import { requireProgram } from '../../../../shared/test/program.ts';
import { findBmcs } from '../../../src/sources/ipmi/presence.ts';
import { realClock } from '../../support/real-clock.ts';

/** A sensor in watts: raw value times `factor`; raw null is a sensor that does not scan. */
export interface SensorSetting {
  readonly name: string;
  readonly raw: number | null;
  readonly factor: number;
}

export interface Machine {
  /** Null: the BMC knows no DCMI. */
  readonly dcmi: { readonly watts: number; readonly isActive?: boolean; readonly code?: number } | null;
  readonly sensors?: readonly SensorSetting[];
  readonly serial?: string;
}

/** A BMC in ipmi_sim; user `admin` with password `pass1234`, cipher suite 3. */
export interface BmcDevice {
  readonly port: number;
  /** What DCMI says from now on. */
  say(dcmi: Machine['dcmi']): void;
  stop(): Promise<void>;
  /** Takes the machine away and starts another one; resolves when it answers. */
  restartAs(machine: Machine): Promise<void>;
}

export const admin = { host: '127.0.0.1', username: 'admin', password: 'pass1234', privilege: 'administrator' };

/** Null where the test was skipped. */
export async function startBmc(t: Test, machine: Machine): Promise<BmcDevice | null> {
  const simulator = requireProgram(t, 'ipmi_sim');
  const compiler = requireProgram(t, 'gcc');
  if (simulator === null || compiler === null || requireProgram(t, 'ipmitool') === null) return null;
  if (!existsSync('/usr/include/OpenIPMI/serv.h')) {
    const reason = 'libopenipmi-dev is not installed';
    if (process.env['CI'] === 'true') t.fail(reason);
    else void t.skip(reason, () => undefined);
    return null;
  }
  const directory = mkdtempSync(join(tmpdir(), 'ipmi-sim-'));
  const module = join(directory, 'dcmi.so');
  execFileSync(compiler, ['-shared', '-fPIC', '-o', module, join(import.meta.dirname, 'dcmi.c')]);
  mkdirSync(join(directory, 'state'));
  const port = await freePort('udp');
  const dcmiFile = join(directory, 'dcmi');
  writeFileSync(join(directory, 'lan.conf'), lanConfig(port, module, dcmiFile));
  let running: ChildProcess | null = null;
  const say = (dcmi: Machine['dcmi']): void => {
    if (dcmi === null) rmSync(dcmiFile, { force: true });
    else writeFileSync(dcmiFile, `${dcmi.watts} ${dcmi.isActive === false ? 0 : 1} ${dcmi.code ?? 0}\n`);
  };
  const stop = async (): Promise<void> => {
    if (running === null) return;
    const gone = once(running, 'exit');
    running.kill('SIGKILL');
    await gone;
    running = null;
  };
  const restartAs = async (next: Machine): Promise<void> => {
    await stop();
    say(next.dcmi);
    writeFileSync(join(directory, 'machine.emu'), emulation(next));
    const args = ['-c', 'lan.conf', '-f', 'machine.emu', '-s', 'state', '-n'];
    running = spawn(simulator, args, { cwd: directory, stdio: 'ignore' });
    const never = new AbortController().signal;
    while ((await findBmcs([`127.0.0.1:${port}`], shortSleeps, never)).length === 0) {
      if (running.exitCode !== null) throw new Error('ipmi_sim did not start');
    }
  };
  t.teardown(async () => {
    await stop();
    rmSync(directory, { recursive: true });
  });
  await restartAs(machine);
  return { port, say, stop, restartAs };
}

/** The port is there before anybody listens: ask again soon. */
const shortSleeps = { ...realClock, sleep: (ms: number, signal?: AbortSignal) => realClock.sleep(ms / 30, signal) };

function lanConfig(port: number, module: string, dcmiFile: string): string {
  const kinds = ['callback', 'user', 'operator', 'admin'].map(
    (who) => `    allowed_auths_${who} none md2 md5 straight`,
  );
  return [
    'name "bmc"',
    `loadlib "${module}" "${dcmiFile}"`,
    'set_working_mc 0x20',
    '  startlan 1',
    `    addr 127.0.0.1 ${port}`,
    '    priv_limit admin',
    ...kinds,
    '    guid a123456789abcdefa123456789abcdef',
    '  endlan',
    '  user 1 true "" "test" user 10 none md2 md5 straight',
    '  user 2 true "admin" "pass1234" admin 10 none md2 md5 straight',
    '  user 3 true "monitor" "pass1234" user 10 none md2 md5 straight',
    '',
  ].join('\n');
}

function emulation({ sensors = [], serial = 'SN-1' }: Machine): string {
  const none = '000000000000000';
  const lines = sensors.flatMap(({ name, raw, factor }, index) => {
    const sensor = `0x20 0 0x${(0x30 + index).toString(16)}`;
    const scanning = raw === null ? 'disable no-scanning' : 'enable scanning';
    return [
      `sensor_add ${sensor} 0x0b 0x01`,
      ...(raw === null ? [] : [`sensor_set_value ${sensor} ${raw} 0`]),
      `main_sdr_add 0x20 ${hex(wattRecord(0x30 + index, name, factor))}`,
      `sensor_set_event_support ${sensor} ${scanning} none ${none} ${none} ${none} ${none}`,
    ];
  });
  const inventory = inventoryOf('Contoso', 'Model 9', serial);
  return [
    'mc_setbmc 0x20',
    'mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02',
    'sel_enable 0x20 1000 0x0a',
    ...lines,
    `mc_add_fru_data 0x20 0 ${inventory.length} data ${hex(inventory)}`,
    'mc_enable 0x20',
    '',
  ].join('\n');
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => `0x${byte.toString(16).padStart(2, '0')}`).join(' ');
}

/** A full sensor record (IPMI v2.0 table 43-1) of an unsigned linear sensor in watts. */
export function wattRecord(number: number, name: string, factor: number): Buffer {
  const record = Buffer.alloc(48 + name.length);
  record.set([0, 0, 0x51, 0x01, record.length - 5, 0x20, 0, number, 0x0a, 1, 0x7f, 0x68, 0x0b, 0x01]);
  record[21] = 6;
  record[24] = factor & 0xff;
  record[25] = (factor >> 2) & 0xc0;
  record[36] = 0xff;
  record[47] = 0xc0 | name.length;
  record.write(name, 48, 'latin1');
  return record;
}

/** A FRU inventory with a product area (Platform Management FRU Information Storage Definition 1.0, chapter 12). */
function inventoryOf(manufacturer: string, product: string, serial: string): Buffer {
  const field = (text: string) => Buffer.concat([Buffer.from([0xc0 | text.length]), Buffer.from(text, 'latin1')]);
  const fields = [manufacturer, product, 'PN', '1.0', serial, '', ''].map(field);
  const body = Buffer.concat([Buffer.from([1, 0, 0]), ...fields, Buffer.from([0xc1])]);
  const area = Buffer.alloc(Math.ceil((body.length + 1) / 8) * 8);
  area.set(body);
  area[1] = area.length / 8;
  return Buffer.concat([withChecksum(Buffer.from([1, 0, 0, 0, 1, 0, 0, 0])), withChecksum(area)]);
}

function withChecksum(bytes: Buffer): Buffer {
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  bytes[bytes.length - 1] = -sum & 0xff;
  return bytes;
}
