import { once } from 'node:events';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import type { Test } from 'tap';
import type { Certificate } from './certificates.ts';

/** Resources by their paths without a trailing slash. */
export type Tree = Readonly<Record<string, unknown>>;

export const credentials = { username: 'monitor', password: 'pass1234' };

/** What is done to requests: `slow` answers after 600 ms, a status and headers stand for every answer. */
export type Behaviour =
  | 'well'
  | 'silent'
  | 'garbage'
  | 'slow'
  | 'huge'
  | { readonly status: number; readonly headers?: Record<string, string>; readonly only?: RegExp };

/** A Redfish service with sessions and basic authentication. */
export interface RedfishDevice {
  readonly port: number;
  tree: Tree;
  behaviour: Behaviour;
  /** False: there is no session service. */
  hasSessions: boolean;
  /** Sessions that were opened and not yet given back. */
  readonly sessions: Set<string>;
  /** `METHOD path` of every request. */
  readonly requests: string[];
  /** TLS connections that were ever made. */
  readonly handshakes: () => number;
  /** Headers by which requests to other resources than the root identified themselves. */
  readonly identifications: Set<string>;
  /** Forgets its sessions and closes its connections, as a BMC does when it starts anew. */
  restartAs(tree: Tree): Promise<void>;
  close(): Promise<void>;
}

export async function startRedfish(t: Test, certificate: Certificate, tree: Tree): Promise<RedfishDevice> {
  const clients = new Set<Socket>();
  let handshakes = 0;
  let server: Server = await listen(0);
  const { port } = server.address() as AddressInfo;

  async function listen(at: number): Promise<Server> {
    const { key, cert } = certificate;
    const created = createServer({ key, cert }, (request, response) => void answer(device, request, response));
    created.on('connection', (socket: Socket) => {
      clients.add(socket);
      socket.on('close', () => clients.delete(socket));
    });
    created.on('secureConnection', () => {
      handshakes += 1;
    });
    created.listen(at, '127.0.0.1');
    await once(created, 'listening');
    return created;
  }

  const device: RedfishDevice = {
    port,
    tree,
    behaviour: 'well',
    hasSessions: true,
    sessions: new Set(),
    requests: [],
    handshakes: () => handshakes,
    identifications: new Set(),
    async restartAs(next) {
      await device.close();
      device.tree = next;
      device.sessions.clear();
      server = await listen(port);
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const client of clients) client.destroy();
      await closed;
    },
  };
  t.teardown(() => (server.listening ? device.close() : undefined));
  return device;
}

let tokens = 0;

async function answer(device: RedfishDevice, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = 'GET', url = '/' } = request;
  device.requests.push(`${method} ${url}`);
  const { behaviour } = device;
  if (behaviour === 'silent') return;
  if (behaviour === 'garbage') return void response.end('<html>\u0000\uffff');
  if (behaviour === 'huge') return void response.end('x'.repeat(3_000_000));
  if (behaviour === 'slow') await new Promise((resolve) => setTimeout(resolve, 600).unref());
  if (typeof behaviour === 'object' && (behaviour.only ?? /./).test(`${method} ${url}`)) {
    response.writeHead(behaviour.status, behaviour.headers).end('{}');
    return;
  }
  const path = url.replace(/\/$/, '');
  if (path === '/redfish/v1') return send(response, 200, device.tree[path]);
  if (path === SESSIONS && method === 'POST') return logIn(device, request, response);
  if (!isKnown(device, request)) return send(response, 401, refusal('Base.1.0.AccessDenied', 'no valid session'));
  if (method === 'DELETE' && path.startsWith(`${SESSIONS}/`)) {
    device.sessions.delete(path.slice(SESSIONS.length + 1));
    return send(response, 200, {});
  }
  const resource = device.tree[path];
  if (resource === undefined)
    return send(response, 404, refusal('Base.1.0.ResourceMissing', 'there is no such resource'));
  send(response, 200, resource);
}

const SESSIONS = '/redfish/v1/SessionService/Sessions';

async function logIn(device: RedfishDevice, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (!device.hasSessions) return send(response, 404, {});
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const { UserName, Password } = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>;
  if (UserName !== credentials.username || Password !== credentials.password) {
    return send(response, 401, refusal('Base.1.0.AccessDenied', 'wrong name or password'));
  }
  const token = `token-${++tokens}`;
  device.sessions.add(token);
  response.writeHead(201, { 'x-auth-token': token, location: `https://bmc.example${SESSIONS}/${token}` }).end('{}');
}

function isKnown(device: RedfishDevice, { headers }: IncomingMessage): boolean {
  const token = headers['x-auth-token'];
  if (typeof token === 'string') {
    device.identifications.add('session');
    return device.sessions.has(token);
  }
  if (headers.authorization !== undefined) device.identifications.add('basic');
  const { username, password } = credentials;
  return headers.authorization === `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

function refusal(code: string, message: string) {
  return {
    error: { code, message: 'general error', '@Message.ExtendedInfo': [{ MessageId: code, Message: message }] },
  };
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body ?? null));
}

/** A tree of index.json files, as DMTF publishes its mock-ups; null where it is not there. */
export function capturedTree(directory: string): Tree | null {
  if (!existsSync(directory)) return null;
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  const found = files.filter((file) => /(^|\/)index\.json$/.test(file));
  return Object.fromEntries(
    found.map((file) => [
      `/redfish/v1/${file}`.replace(/\/index\.json$/, ''),
      JSON.parse(readFileSync(join(directory, file), 'utf8')) as unknown,
    ]),
  );
}

export const link = (path: string) => ({ '@odata.id': path });

/** A service with these chassis, and whatever other resources. */
export function treeOf(chassis: Readonly<Record<string, object>>, resources: Tree = {}): Tree {
  const members = Object.keys(chassis).map((id) => link(`/redfish/v1/Chassis/${id}`));
  return {
    '/redfish/v1': {
      RedfishVersion: '1.15.0',
      Vendor: 'Contoso',
      Product: 'Light-Out Controller',
      UUID: '92384634-2938-2342-8820-489239905423',
      Chassis: link('/redfish/v1/Chassis'),
      Links: { Sessions: link(SESSIONS) },
    },
    '/redfish/v1/Chassis': { Members: members },
    ...Object.fromEntries(
      Object.entries(chassis).map(([id, body]) => [`/redfish/v1/Chassis/${id}`, { Id: id, ...body }] as const),
    ),
    ...resources,
  };
}
