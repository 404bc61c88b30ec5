import type { Reading } from '@wattmark/shared/messages';
import type { Test } from 'tap';
import modbus from '../../../src/sources/modbus.ts';
import { conformance, type Device, openSource } from '../conformance.ts';
import type { FaultyProxy } from '../faulty-proxy.ts';
import { pm5xxx, type Units } from './modbus-device.ts';

const points = [{ point: 'utility-a', channels: ['power', 'energy', 'voltage', 'current', 'frequency'] }];
export const base = { profile: 'schneider-pm5xxx', timeout: '300ms', points };

export const units: Record<Device, Units> = {
  first: { 1: pm5xxx(125.5, 92_114_503n) },
  other: { 1: pm5xxx(1.25, 17n) },
  impossible: { 1: pm5xxx(Number.NaN, -1n) },
};

export const readings = (powerW: number, energyWh: number): Reading[] => [
  ['utility-a', 'power', powerW],
  ['utility-a', 'energy', energyWh],
  ['utility-a', 'voltage', 230],
  ['utility-a', 'current', 60],
  ['utility-a', 'frequency', 50],
];

/** Runs the suite through a proxy; `restart` starts the device at the other end of it as another one. */
export function conform(t: Test, config: object, proxy: FaultyProxy, restart: (units: Units) => Promise<void>): void {
  conformance(t, {
    open: () => openSource(modbus, { ...base, ...config }),
    openWrong: () => openSource(modbus, { ...base, ...config, unit: 9 }),
    wrong: /unit 9: no answer within 300 ms: is the unit number right\?/,
    restartAs: (name) => restart(units[name]),
    behave(behaviour) {
      proxy.behaviour = behaviour === 'slow' ? 600 : behaviour;
    },
    readings: { first: readings(125_500, 92_114_503), other: readings(1250, 17) },
  });
}
