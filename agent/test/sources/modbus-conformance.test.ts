import t from 'tap';
import { freePort } from '../../../shared/test/free-port.ts';
import { requireProgram } from '../../../shared/test/program.ts';
import { createTcpProxy } from './faulty-proxy.ts';
import { conform, units } from './peers/modbus-conformance.ts';
import { PYTHON, startUnits } from './peers/modbus-device.ts';

for (const framing of ['tcp', 'rtu']) {
  t.test(`conformance of a connection with framing ${framing}`, async (t) => {
    if (requireProgram(t, PYTHON) === null) return;
    const port = await freePort();
    const where = framing === 'rtu' ? `rtu:${port}` : String(port);
    const proxy = await createTcpProxy(() => port);
    t.teardown(() => proxy.close());
    let device = await startUnits(t, where, units.first);
    conform(t, { host: '127.0.0.1', port: proxy.port, framing }, proxy, async (units) => {
      await device.stop();
      device = await startUnits(t, where, units);
    });
  });
}
