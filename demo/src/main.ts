import { parseArgs } from 'node:util';
import { createLogger } from '@wattmark/shared/logger';
import { openDevices } from './devices.ts';

const { values } = parseArgs({ options: { port: { type: 'string', default: '15020' } } });
const port = Number(values.port);
const log = createLogger('devices', 'info');

const devices = await openDevices(port, Date.now);
log.info({ modbusTcp: port, snmpUdp: [port, port + 1] }, 'simulated devices listen on 127.0.0.1');

const stop = (): void => {
  void devices.close().then(() => process.exit(0));
};
process.once('SIGINT', stop).once('SIGTERM', stop);
