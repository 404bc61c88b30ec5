import type { Span } from './quantity.ts';

/** One read request to one unit. */
export interface Query extends Span {
  readonly unit: number;
}

/** The device refused a request: an exception response, which is an answer. */
export class Refusal extends Error {
  override name = 'Refusal';
  readonly code: number;
  constructor(code: number) {
    super(exceptionText[code] ?? `exception ${code}`);
    this.code = code;
  }
}

/** The other end kept silent, ended the connection, or said what cannot be understood. */
export class NoAnswer extends Error {
  override name = 'NoAnswer';
  readonly why: 'silent' | 'closed' | 'unintelligible';
  constructor(why: NoAnswer['why'], message: string) {
    super(message);
    this.why = why;
  }
}

/** Exception codes of the Modbus Application Protocol 1.1b3, clause 7, with what they mean to an operator. */
const exceptionText: Readonly<Record<number, string>> = {
  1: 'illegal function: is this the right model?',
  2: 'illegal data address: is this the right model?',
  3: 'illegal data value: is this the right model?',
  4: 'the device reports a failure of its own',
  5: 'acknowledged, but not ready yet',
  6: 'the device is busy',
  8: 'the device reports a memory error',
  10: 'gateway path unavailable: is the gateway configured for this unit?',
  11: 'the gateway has no answer from this unit: is the unit number right and the device switched on?',
};

/** What was made of the bytes received so far. */
export interface Parsed {
  /** Null as long as more must come. */
  readonly answer: Buffer | Refusal | null;
  /** What was not understood yet. */
  readonly rest: Buffer;
}

/** How questions and answers are packed into a stream of bytes. */
export interface Framing {
  /** Whether an answer tells which question it belongs to, so that a late one cannot be taken for another. */
  readonly numbered: boolean;
  /** @param number of the question, for framings that number them: 0 to 65535 */
  encode(query: Query, number: number): Buffer;
  /** @throws NoAnswer where nothing that follows can be understood any more. */
  parse(received: Buffer, query: Query, number: number): Parsed;
}

const functionCodes = { holding: 3, input: 4 } as const;

/** By which the code of a function becomes that of its exception response. */
const EXCEPTION = 0x80;

/** Modbus Messaging on TCP/IP 1.0b, 3.1.3: number, protocol 0 and length before the unit. */
const HEADER_BYTES = 6;
const MOST_PDU_BYTES = 253;

export const tcpFraming: Framing = {
  numbered: true,
  encode(query, number) {
    const pdu = question(query);
    const header = Buffer.alloc(HEADER_BYTES);
    header.writeUInt16BE(number, 0);
    header.writeUInt16BE(pdu.length, 4);
    return Buffer.concat([header, pdu]);
  },
  parse(received, query, number) {
    let rest = received;
    while (rest.length >= HEADER_BYTES) {
      const length = rest.readUInt16BE(4);
      if (rest.readUInt16BE(2) !== 0 || length < 2 || length > MOST_PDU_BYTES + 1) throw unintelligible('no frame');
      const end = HEADER_BYTES + length;
      if (rest.length < end) break;
      const message = rest.readUInt16BE(0) === number ? rest.subarray(HEADER_BYTES, end) : null;
      rest = rest.subarray(end);
      if (message !== null) return { answer: answerIn(message, query), rest };
    }
    return { answer: null, rest };
  },
};

/** Modbus over Serial Line 1.02, 2.5.1: unit, function, data and checksum, told apart by silence only. */
export const rtuFraming: Framing = {
  numbered: false,
  encode(query) {
    const message = question(query);
    return Buffer.concat([message, checksum(message)]);
  },
  /** Passes over noise, echoes of the question and other units' late answers. */
  parse(received, query) {
    const code = functionCodes[query.function];
    for (let start = 0; start + EXCEPTION_FRAME_BYTES <= received.length; start++) {
      if (received[start] !== query.unit) continue;
      const isException = received[start + 1] === (code | EXCEPTION);
      // The count is asked for too: an echo of the question followed by a zero has a true checksum.
      if (!isException && !(received[start + 1] === code && received[start + 2] === 2 * query.length)) continue;
      const end = start + (isException ? EXCEPTION_FRAME_BYTES : EXCEPTION_FRAME_BYTES + 2 * query.length);
      const message = received.subarray(start, end - 2);
      if (end > received.length || !checksum(message).equals(received.subarray(end - 2, end))) continue;
      return { answer: answerIn(message, query), rest: received.subarray(end) };
    }
    return { answer: null, rest: received.subarray(-MOST_FRAME_BYTES) };
  },
};

/** Unit, function, one byte and checksum: an exception, or an answer without its data. */
const EXCEPTION_FRAME_BYTES = 5;
/** Enough for an echo of the question before the longest answer. */
const MOST_FRAME_BYTES = 512;

function question({ unit, function: table, address, length }: Query): Buffer {
  const message = Buffer.from([unit, functionCodes[table], 0, 0, 0, 0]);
  message.writeUInt16BE(address, 2);
  message.writeUInt16BE(length, 4);
  return message;
}

/** @param message from the unit's number on, without checksum */
function answerIn(message: Buffer, query: Query): Buffer | Refusal {
  const [unit, code = 0, detail = 0] = message;
  if (unit !== query.unit) throw unintelligible(`unit ${unit} answered for unit ${query.unit}`);
  if (code === (functionCodes[query.function] | EXCEPTION) && message.length === 3) return new Refusal(detail);
  const data = message.subarray(3);
  if (code !== functionCodes[query.function]) throw unintelligible(`function ${code}`);
  if (detail !== data.length || data.length !== 2 * query.length) {
    throw unintelligible(`${data.length} bytes for ${query.length} registers`);
  }
  return Buffer.from(data);
}

function unintelligible(what: string): NoAnswer {
  return new NoAnswer('unintelligible', `unintelligible answer (${what})`);
}

/** CRC-16 of Modbus over Serial Line 1.02, 6.2.2: polynomial 0xA001, low byte first. */
export function checksum(message: Uint8Array): Buffer {
  let crc = 0xffff;
  for (const byte of message) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1;
  }
  return Buffer.from([crc & 0xff, crc >> 8]);
}
