import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import t, { type Test } from 'tap';
import { freePort } from '../../../shared/test/free-port.ts';
import { httpRequest, type HttpOptions } from '../../src/sources/support/http.ts';
import { keepConnections, lookAtCertificate } from '../../src/sources/support/http-connections.ts';
import { type Certificate, createCertificates, expiry } from './redfish/certificates.ts';

const never = new AbortController().signal;
const options: HttpOptions = { timeoutMs: 5_000, signal: never };

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A server, with the connections that were made to it. */
async function serve(t: Test, answer: Answer, certificate?: Certificate, more: object = {}) {
  const sockets: Socket[] = [];
  const server =
    certificate === undefined ? createServer(answer) : createTlsServer({ ...certificate, ...more }, answer);
  server.on('connection', (socket: Socket) => sockets.push(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { port, sockets, url: `http${certificate === undefined ? '' : 's'}://127.0.0.1:${port}/` };
}

const echo: Answer = (request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    response.setHeader('x-method', request.method ?? '');
    response.statusCode = request.url === '/missing' ? 404 : 200;
    response.end(`${String(request.headers['x-key'] ?? '')}:${Buffer.concat(chunks).toString()}`);
  });
};

t.test('asks and answers', async (t) => {
  const { url } = await serve(t, echo);
  const posted = await httpRequest(url, { ...options, method: 'POST', headers: { 'x-key': 'k' }, body: 'größe' });
  t.match(posted, { status: 200, body: 'k:größe', headers: { 'x-method': 'POST' } });
  t.match(await httpRequest(`${url}missing`, options), { status: 404 }, 'any status is an answer');
});

t.test('redirects are answers, not followed', async (t) => {
  const { url, sockets } = await serve(t, (_, response) => response.writeHead(302, { location: '/' }).end());
  t.match(await httpRequest(url, options), { status: 302 });
  t.equal(sockets.length, 1);
});

t.test('who does not answer', async (t) => {
  const { url } = await serve(t, () => {});
  const host = /127\.0\.0\.1:\d+/.source;
  const retry = (message: string) => ({ kind: 'retry', message: new RegExp(message) });
  await t.rejects(httpRequest(url, { ...options, timeoutMs: 30 }), retry(`^${host} did not answer within 30 ms$`));
  const abort = new AbortController();
  const request = httpRequest(url, { ...options, signal: abort.signal });
  setImmediate(() => abort.abort());
  await t.rejects(request, retry(`^${host} did not answer before the tick's deadline$`));
  await t.rejects(httpRequest(url, { ...options, signal: AbortSignal.abort() }), retry("before the tick's deadline"));
  const absent = (message: RegExp) => ({ kind: 'absent', message });
  await t.rejects(httpRequest(`http://127.0.0.1:${await freePort()}/`, options), absent(/ECONNREFUSED/));
  await t.rejects(httpRequest('http://nowhere.invalid/', options), absent(/nowhere\.invalid: (ENOTFOUND|EAI_AGAIN)/));
});

t.test('an answer that stops in the middle, or does not stop', async (t) => {
  const half = await serve(t, (_, response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('half');
  });
  await t.rejects(httpRequest(half.url, { ...options, timeoutMs: 100 }), { kind: 'retry', message: /within 100 ms/ });
  const torn = await serve(t, (_, response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('half', () => response.destroy());
  });
  await t.rejects(httpRequest(torn.url, options), { name: 'SourceError', kind: 'retry' });
  const endless = await serve(t, (_, response) => {
    const more = () => {
      while (response.write('x'.repeat(10_000))) if (response.destroyed) return;
      response.once('drain', more);
    };
    more();
  });
  const limited = httpRequest(endless.url, { ...options, maxBytes: 50_000 });
  await t.rejects(limited, { kind: 'retry', message: 'the answer is longer than 50000 bytes' });
});

t.test('something else than HTTP', async (t) => {
  const server = createTcpServer((socket) => {
    socket.on('error', () => {});
    socket.end('SSH-2.0-OpenSSH_9.2\r\n');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  await t.rejects(httpRequest(`http://127.0.0.1:${port}/`, options), { name: 'SourceError', kind: 'retry' });
  const message = /does it speak HTTPS on this port/;
  await t.rejects(httpRequest(`https://127.0.0.1:${port}/`, options), { name: 'SourceError', kind: 'retry', message });
});

t.test('certificates', async (t) => {
  const certificates = createCertificates(t);
  if (certificates === null) return;
  const { ca, signed, selfSigned, misnamed, expired } = certificates;
  const urlOf = async (certificate: Certificate) => (await serve(t, echo, certificate)).url;
  const distrust = (message: RegExp) => ({ kind: 'absent', message });
  const [good, own, wrong, old] = [
    await urlOf(signed),
    await urlOf(selfSigned),
    await urlOf(misnamed),
    await urlOf(expired),
  ];
  t.match(await httpRequest(good, { ...options, ca }), { status: 200 });
  t.match(
    await httpRequest(own, { ...options, ca: selfSigned.cert }),
    { status: 200 },
    'a certificate vouches for itself',
  );
  t.match(await httpRequest(own, { ...options, verify: false }), { status: 200 });
  await t.rejects(
    httpRequest(good, options),
    distrust(/not to be trusted .*name the authority that signed it with ca/),
  );
  await t.rejects(httpRequest(own, { ...options, ca }), distrust(/DEPTH_ZERO_SELF_SIGNED_CERT/));
  await t.rejects(httpRequest(wrong, { ...options, ca }), distrust(/it is for another name than the one configured/));
  await expiry(expired);
  await t.rejects(httpRequest(old, { ...options, ca }), distrust(/it has expired, or the clock of this host is wrong/));
  const ancient = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' };
  const last = await serve(t, echo, signed, ancient);
  await t.rejects(httpRequest(last.url, { ...options, ca }), {
    name: 'SourceError',
    message: /knows no TLS since 1\.2/,
  });
  const { port } = new URL(own);
  t.same(await lookAtCertificate('127.0.0.1', Number(port), never), {
    fingerprint256: selfSigned.fingerprint256,
    isTrusted: false,
  });
  t.equal(await lookAtCertificate('127.0.0.1', await freePort(), never), null);
  t.equal(await lookAtCertificate('127.0.0.1', Number(port), AbortSignal.abort()), null);
});

t.test('a pinned certificate is looked at before anything is said', async (t) => {
  const certificates = createCertificates(t);
  if (certificates === null) return;
  const { selfSigned, signed } = certificates;
  let heard = 0;
  const { url, sockets } = await serve(
    t,
    (request, response) => {
      heard += 1;
      echo(request, response);
    },
    selfSigned,
  );
  const right = keepConnections(2, selfSigned.fingerprint256.toLowerCase().replaceAll(':', ''));
  t.teardown(() => right.destroy());
  for (let i = 0; i < 3; i++) t.match(await httpRequest(url, { ...options, agent: right }), { status: 200 });
  t.equal(sockets.length, 1, 'over one connection');
  const wrong = keepConnections(2, signed.fingerprint256);
  await t.rejects(httpRequest(url, { ...options, agent: wrong, headers: { authorization: 'secret' } }), {
    kind: 'absent',
    message: new RegExp(`fingerprint is ${selfSigned.fingerprint256}, not the one in fingerprint256`),
  });
  t.equal(heard, 3, 'the secret was not said');
  const over = { ...options, agent: right, signal: AbortSignal.abort() };
  await t.rejects(httpRequest(url, over), { name: 'SourceError', kind: 'retry' });
  const silent = createTcpServer((socket) => void socket.on('error', () => {}).resume()).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const abort = new AbortController();
  const waiting = httpRequest(`https://127.0.0.1:${port}/`, { ...options, agent: right, signal: abort.signal });
  await once(silent, 'connection');
  abort.abort();
  await t.rejects(waiting, { name: 'SourceError', kind: 'retry' });
  right.destroy();
  const closed = once(silent, 'close');
  silent.close();
  await closed;
  t.pass('no connection is left to who never shook hands');
});

t.test('kept connections', async (t) => {
  const certificates = createCertificates(t);
  if (certificates === null) return;
  const { ca, signed } = certificates;
  const { url, sockets } = await serve(t, echo, signed);
  const agent = keepConnections(2);
  t.teardown(() => agent.destroy());
  const ask = (more: Partial<HttpOptions> = {}) => httpRequest(url, { ...options, ca, agent, ...more });
  for (let i = 0; i < 5; i++) await ask();
  t.equal(sockets.length, 1);
  await Promise.all(Array.from({ length: 6 }, () => ask()));
  t.equal(sockets.length, 2, 'never more at once than allowed');

  const closing = await serve(
    t,
    (request, response) => {
      echo(request, response);
      response.on(
        'finish',
        () => void (request.socket as Socket & { asked?: boolean }).once('data', () => request.socket.destroy()),
      );
    },
    signed,
  );
  const again = (method: 'GET' | 'POST') => httpRequest(closing.url, { ...options, ca, agent, method });
  await Promise.all([again('GET'), again('GET')]);
  t.equal(closing.sockets.length, 2);
  t.match(await again('GET'), { status: 200 }, 'asked again where kept connections turned out to be closed');
  t.equal(closing.sockets.length, 3);
  await t.rejects(again('POST'), { name: 'SourceError', kind: 'retry' }, 'but nothing is done twice');
});
