import t from 'tap';
import ipmi from '../../src/sources/ipmi.ts';
import { conformance, openSource } from './conformance.ts';
import { createUdpProxy } from './faulty-proxy.ts';
import { admin, type Machine, startBmc } from './ipmi/bmc-device.ts';

t.test('conformance', async (t) => {
  const device = await startBmc(t, { dcmi: { watts: 437 } });
  if (device === null) return;
  const proxy = await createUdpProxy(() => device.port);
  t.teardown(() => proxy.close());
  const config = { ...admin, point: 'server-1', port: proxy.port, cipherSuite: 3, timeout: '500ms' };
  const machines: Record<'first' | 'other' | 'impossible', Machine> = {
    first: { dcmi: { watts: 437 } },
    other: { dcmi: { watts: 91 }, serial: 'SN-2' },
    impossible: { dcmi: { watts: 65_535 } },
  };
  conformance(t, {
    open: () => openSource(ipmi, config),
    openWrong: () => openSource(ipmi, { ...config, password: 'wrong' }),
    wrong: /^the BMC at 127\.0\.0\.1:\d+ refuses the password$/,
    restartAs: (name) => device.restartAs(machines[name]),
    behave(behaviour) {
      proxy.behaviour = behaviour === 'slow' ? 600 : behaviour;
    },
    readings: { first: [['server-1', 'power', 437]], other: [['server-1', 'power', 91]] },
  });
});
