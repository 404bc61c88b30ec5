import { join } from 'node:path';
import type { Test } from 'tap';
import { freePort } from '../../../../shared/test/free-port.ts';
import { requireProgram } from '../../../../shared/test/program.ts';
import { type Running, start } from '../process.ts';

export const PYTHON = '/usr/bin/python3';

const script = join(import.meta.dirname, 'modbus-device.py');

type Words = Record<number, readonly number[]>;

/**
 * Registers by unit and address; `delay` in seconds before each answer. Other units are silent, refused as gateways do, or
 * the same device.
 */
export interface Units {
  readonly [unit: number]: { readonly holding?: Words; readonly input?: Words; readonly delay?: number };
  readonly others?: 'refused' | 'same';
}

/** pymodbus devices at a port of 127.0.0.1 (`502`, `rtu:502`) or a serial line (`/dev/…`). */
export async function startUnits(t: Test, where: string, units: Units): Promise<Running> {
  const device = await start(PYTHON, [script, where, JSON.stringify(units)], /^ready$/);
  t.teardown(() => device.stop());
  return device;
}

/** pymodbus devices that speak Modbus TCP; null where the test was skipped. */
export async function startDevice(t: Test, units: Units): Promise<(Running & { port: number }) | null> {
  if (requireProgram(t, PYTHON) === null) return null;
  const port = await freePort();
  return { ...(await startUnits(t, String(port), units)), port };
}

/** Two ends of a serial line; null where the test was skipped. */
export async function startLine(t: Test, directory: string): Promise<(Running & { ends: [string, string] }) | null> {
  const socat = requireProgram(t, 'socat');
  if (socat === null || requireProgram(t, PYTHON) === null) return null;
  const ends: [string, string] = [join(directory, 'device'), join(directory, 'agent')];
  const ptys = ends.map((link) => `PTY,raw,echo=0,link=${link}`);
  const line = await start(socat, ['-d', '-d', ...ptys], /starting data transfer loop/);
  t.teardown(() => line.stop());
  return { ...line, ends };
}

/** A serial line at `device` whose other end is a TCP connection; null where the test was skipped. */
export async function startAdapter(t: Test, device: string, port: number): Promise<Running | null> {
  const socat = requireProgram(t, 'socat');
  if (socat === null) return null;
  const ends = [`PTY,raw,echo=0,link=${device}`, `TCP:127.0.0.1:${port},nodelay`];
  const line = await start(socat, ['-d', '-d', ...ends], /starting data transfer loop/);
  t.teardown(() => line.stop());
  return line;
}

function words(length: number, write: (buffer: Buffer) => void): number[] {
  const buffer = Buffer.alloc(2 * length);
  write(buffer);
  return Array.from({ length }, (_, index) => buffer.readUInt16BE(2 * index));
}

/** Registers of values, high word first. */
export const f32 = (value: number): number[] => words(2, (buffer) => buffer.writeFloatBE(value));
export const i64 = (value: bigint): number[] => words(4, (buffer) => buffer.writeBigInt64BE(value));
export const u32 = (value: number): number[] => words(2, (buffer) => buffer.writeUInt32BE(value));
export const text = (value: string, length: number): number[] =>
  words(length, (buffer) => buffer.write(value, 'latin1'));

/** A Schneider PM5xxx as the profile schneider-pm5xxx reads it. */
export function pm5xxx(powerKw: number, energyWh: bigint): Units[number] {
  return {
    holding: {
      2999: [...f32(10), ...f32(20), ...f32(30)],
      3027: [...f32(229), ...f32(230), ...f32(231)],
      3059: f32(powerKw),
      3109: f32(50),
      3203: [...i64(energyWh), ...i64(7n)],
    },
  };
}
