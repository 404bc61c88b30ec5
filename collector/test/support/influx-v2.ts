import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { InfluxTarget } from '../../src/influx/client.ts';
import { anonymous, type Influxd } from './influx.ts';

const TOKEN = 'token-of-the-test';
const ORG = 'wattmark';

/**
 * What InfluxDB 2 and 3 understand of this collector, in front of an InfluxDB 1.6: `/api/v2/write?org&bucket&precision` and
 * `/query`, both with a token. Source: https://docs.influxdata.com/influxdb/v2/api/#operation/PostWrite
 */
export class V2Front {
  readonly #server: Server;
  readonly #behind: Influxd;

  static async open(t: { teardown(fn: () => unknown): void }, behind: Influxd): Promise<V2Front> {
    const front = new V2Front(behind);
    front.#server.listen(0, '127.0.0.1');
    await once(front.#server, 'listening');
    t.teardown(() => {
      front.#server.close();
      front.#server.closeAllConnections();
    });
    return front;
  }

  private constructor(behind: Influxd) {
    this.#behind = behind;
    this.#server = createServer((asked, answer) => this.#serve(asked, answer));
  }

  target(database: string): InfluxTarget {
    const url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return { ...anonymous, version: 2, url, database, org: ORG, token: TOKEN };
  }

  #serve(asked: IncomingMessage, answer: ServerResponse): void {
    const { pathname, searchParams } = new URL(asked.url ?? '/', 'http://front');
    const refuse = (status: number, message: string): void => {
      asked.resume();
      answer.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ code: 'error', message }));
    };
    if (pathname === '/ping') return void answer.writeHead(204, { 'x-influxdb-version': 'v2.7.0' }).end();
    if (asked.headers.authorization !== `Token ${TOKEN}`) return refuse(401, 'unauthorized access');
    if (pathname === '/query') return this.#forward(asked, answer, asked.url ?? '');
    if (pathname !== '/api/v2/write' || searchParams.get('org') !== ORG) return refuse(404, 'not found');
    const query = new URLSearchParams({
      db: searchParams.get('bucket') ?? '',
      precision: searchParams.get('precision') ?? '',
    });
    this.#forward(asked, answer, `/write?${query.toString()}`);
  }

  #forward(asked: IncomingMessage, answer: ServerResponse, path: string): void {
    const { authorization: _, host: __, ...headers } = asked.headers;
    const passed = request(
      { host: '127.0.0.1', port: this.#behind.port, method: asked.method, path, headers },
      (got) => {
        answer.writeHead(got.statusCode ?? 500, got.headers);
        got.pipe(answer);
      },
    );
    passed.on('error', () => answer.destroy());
    asked.pipe(passed);
  }
}
