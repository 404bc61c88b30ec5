import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Sends bytes on to the client, whenever it wants and as often as it wants. */
type Deliver = (bytes: Uint8Array) => void;

/** Takes one MQTT packet on its way from the broker to a client. */
export type Tamper = (packet: Uint8Array, deliver: Deliver) => void;

const straight: Tamper = (packet, deliver) => deliver(packet);

/** A broker's front on another port, which drops connections and tampers with what the broker delivers. */
export class Proxy {
  readonly #server: Server;
  readonly #clients = new Set<Socket>();
  /** Connections that were cut by `drop`. */
  dropped = 0;

  static async open(
    t: { teardown(fn: () => unknown): void },
    brokerPort: number,
    tamper: Tamper = straight,
  ): Promise<Proxy> {
    const proxy = new Proxy(brokerPort, tamper);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    t.teardown(() => {
      proxy.#server.close();
      proxy.drop();
    });
    return proxy;
  }

  private constructor(brokerPort: number, tamper: Tamper) {
    this.#server = createServer({ noDelay: true }, (client) => {
      const broker = connect({ port: brokerPort, host: '127.0.0.1', noDelay: true });
      this.#clients.add(client);
      client.pipe(broker);
      const packets = new Packets();
      broker.on('data', (bytes: Buffer) => {
        for (const packet of packets.add(bytes)) tamper(packet, (out) => client.writable && client.write(out));
      });
      for (const [socket, other] of [
        [client, broker],
        [broker, client],
      ] as const) {
        socket.on('error', () => {});
        socket.on('close', () => {
          this.#clients.delete(client);
          other.destroy();
        });
      }
    });
  }

  get url(): string {
    return `mqtt://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Cuts every connection without a word. */
  drop(): void {
    this.dropped += this.#clients.size;
    for (const client of this.#clients) client.resetAndDestroy();
  }
}

const PUBLISH = 3;
const DUP = 0x08;

/** Whether a packet is a PUBLISH of QoS 1 (MQTT 3.1.1, 3.3.1). */
export function isPublish(packet: Uint8Array): boolean {
  return (packet[0] ?? 0) >> 4 === PUBLISH && ((packet[0] ?? 0) & 0x06) === 0x02;
}

/** The same PUBLISH, marked as sent again. */
export function duplicateOf(packet: Uint8Array): Uint8Array {
  const again = Uint8Array.from(packet);
  again[0] = (again[0] ?? 0) | DUP;
  return again;
}

/** Cuts a stream of bytes into MQTT packets (MQTT 3.1.1, 2.2). */
class Packets {
  #rest: Buffer = Buffer.alloc(0);

  *add(bytes: Uint8Array): Generator<Uint8Array> {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    for (let size = this.#size(); size <= this.#rest.length; size = this.#size()) {
      yield this.#rest.subarray(0, size);
      this.#rest = this.#rest.subarray(size);
    }
  }

  /** Bytes of the first packet; infinite while its header is not complete. */
  #size(): number {
    let length = 0;
    for (let at = 1; at < this.#rest.length; at++) {
      const byte = this.#rest[at] ?? 0;
      length += (byte & 0x7f) * 0x80 ** (at - 1);
      if (byte < 0x80) return at + 1 + length;
    }
    return Number.POSITIVE_INFINITY;
  }
}
