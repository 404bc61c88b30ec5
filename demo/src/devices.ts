import { createHall } from './hall.ts';
import { measure, type Measurement, meterZeroMs } from './meter.ts';
import { openModbusGateway } from './modbus-gateway.ts';
import { pm5xxxRegisters } from './pm5xxx.ts';
import { openRackPdu } from './rack-pdu.ts';
import { sdm630Registers } from './sdm630.ts';
import type { Wave } from './wave.ts';

export interface Devices {
  close(): Promise<void>;
}

/** Unit ids behind the Modbus gateway. */
export const units = { main: 1, ups: 2 } as const;

/**
 * Starts the hall's four instruments on 127.0.0.1: main meter and UPS meter over Modbus TCP on `port`, the rack PDU over
 * SNMP on UDP `port` and the cooling's on `port + 1`.
 * @throws Error when a port cannot be used.
 */
export async function openDevices(port: number, now: () => number): Promise<Devices> {
  const hall = createHall();
  const startMs = now();
  const zeroMs = meterZeroMs(startMs);
  const meter = (circuitW: Wave) => (): Measurement => measure(circuitW, zeroMs, now());
  const [main, ups] = [meter(hall.mainW), meter(hall.upsOutputW)];
  const gateway = await openModbusGateway(
    port,
    new Map([
      [units.main, { input: () => sdm630Registers(main()) }],
      [units.ups, { holding: () => pm5xxxRegisters(ups()) }],
    ]),
  );
  const shared = { community: 'public', uptimeMs: () => now() - startMs };
  const pdu = await openRackPdu({ ...shared, port, name: 'pdu-1', measure: meter(hall.pduW) });
  const cooling = await openRackPdu({ ...shared, port: port + 1, name: 'cooling-1', measure: meter(hall.coolingW) });
  return {
    async close() {
      await Promise.all([gateway.close(), pdu.close(), cooling.close()]);
    },
  };
}
