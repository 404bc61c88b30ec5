import t from 'tap';
import * as v from 'valibot';
import { openCatalog } from '../src/source-catalog.ts';

/** The least that a source of each kind needs. */
const least = {
  command: { program: 'x', points: [{ point: 'p', channels: { power: {} } }] },
  ipmi: { host: 'a', point: 'p' },
  modbus: { host: 'a', profile: 'sunspec', points: [{ point: 'p' }] },
  nut: { host: 'a' },
  prometheus: { url: 'http://a/', points: [{ point: 'p', channels: { power: { metric: 'm' } } }] },
  redfish: { host: 'a', username: 'a', password: 'a', point: 'p' },
  snmp: { host: 'a', profile: 'ups-mib', community: 'a', points: [{ point: 'p' }] },
};

t.test('a timeout is a timeout, whatever is read', async (t) => {
  const catalog = await openCatalog(new URL('../src/sources/', import.meta.url));
  for (const [kind, config] of Object.entries(least)) {
    const { schema } = await catalog.load(kind);
    const problems = (timeout: string) => v.safeParse(schema, { ...config, timeout }).issues?.map((one) => one.message);
    t.same(problems('1500ms'), undefined, kind);
    // Beyond 24 days a timer of Node is over at once.
    for (const timeout of ['0s', '30d'])
      t.same(problems(timeout), ['must be between 10ms and 1h'], `${kind} ${timeout}`);
  }
});
