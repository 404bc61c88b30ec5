import type { Socket } from 'node:net';

/**
 * Follows the lengths of MQTT packets in a stream of bytes. The embedded broker's parser gathers a packet of up to 256
 * MiB in memory before anyone can judge it; this says so at the packet's fixed header (MQTT 3.1.1, 2.2.3).
 */
class PacketLengths {
  readonly #maxBytes: number;
  /** Bytes of the current packet's body still to come. */
  #rest = 0;
  #state: 'type' | 'length' = 'type';
  #length = 0;
  #scale = 1;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Returns false from the first packet on that is larger than allowed. */
  allows(bytes: Uint8Array): boolean {
    let at = 0;
    while (at < bytes.length) {
      if (this.#rest > 0) {
        const skip = Math.min(this.#rest, bytes.length - at);
        this.#rest -= skip;
        at += skip;
        if (this.#rest > 0 || at >= bytes.length) continue;
      }
      const byte = bytes[at++] ?? 0;
      if (this.#state === 'type') {
        this.#state = 'length';
        this.#scale = 1;
        this.#length = 0;
        continue;
      }
      this.#length += (byte & 0x7f) * this.#scale;
      this.#scale *= 0x80;
      if (this.#length > this.#maxBytes) return false;
      if (byte < 0x80) {
        this.#rest = this.#length;
        this.#state = 'type';
      }
    }
    return true;
  }
}

/** Closes a client's connection at a packet larger than `maxBytes`. */
export function guardPacketSize(socket: Socket, maxBytes: number, onTooLarge: () => void): void {
  const lengths = new PacketLengths(maxBytes);
  const read = socket.read.bind(socket);
  socket.read = (size?: number): Buffer | null => {
    const bytes: Buffer | null = read(size);
    if (bytes === null || lengths.allows(bytes)) return bytes;
    onTooLarge();
    socket.destroy();
    return null;
  };
}
