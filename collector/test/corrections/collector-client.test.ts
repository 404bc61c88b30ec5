import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import t from 'tap';
import { CollectorClient } from '../../src/commands/collector-client.ts';
import { openToken } from '../../src/token.ts';

t.test('a collector that is killed while it answers may have put on record what was sent', async (t) => {
  const server = createServer((socket) => socket.once('data', () => socket.destroy()));
  t.teardown(() => server.close());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const data = t.testdir();
  openToken(data);
  const client = new CollectorClient({ http: { host: '127.0.0.1', port }, data });
  await t.rejects(client.post('/x', {}), {
    name: 'AnswerError',
    message: /was gone before it answered .*: what was sent may be on record; `wattmark-collector corrections` tells/,
  });
  await t.rejects(client.get('/x'), { message: /does not answer .*: does it run with this configuration\?/ });
  server.close();
  await once(server, 'close');
  await t.rejects(client.post('/x', {}), { message: /does not answer .*: does it run with this configuration\?/ });
});
