import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { SourceError } from '../../source.ts';
import { hostAndPort } from '../support/place.ts';
import { type Framing, rtuFraming, tcpFraming } from './framing.ts';

/** A stream of bytes to one or many devices. */
export interface Wire {
  readonly stream: Duplex;
  close(): void;
}

/** Where Modbus is spoken: a device or gateway in the network, or a serial line. */
export interface Place {
  /** `192.0.2.10:502`, `/dev/ttyUSB0`: whatever has the same name is the same bus. */
  readonly name: string;
  /** What all who read there must agree on. */
  readonly settings: string;
  readonly framing: Framing;
  /** What an operator should look at where answers cannot be understood. */
  readonly doubt: string;
  /** Whether silence may mean that the other end is gone without having said so. */
  readonly canBreakUnseen: boolean;
  /** Time that one character takes, 0 where it does not matter. */
  readonly characterMs: number;
  /** For how long the line must have been silent before a question. */
  readonly silenceMs: number;
  /** @throws SourceError of kind `absent` */
  open(timeoutMs: number): Promise<Wire>;
}

export interface NetworkSettings {
  readonly host: string;
  readonly port: number;
  readonly framing: 'tcp' | 'rtu';
}

export interface SerialSettings {
  readonly device: string;
  readonly baudRate: number;
  readonly parity: 'none' | 'even' | 'odd';
  readonly dataBits: 7 | 8;
  readonly stopBits: 1 | 2;
}

export function networkPlace({ host, port, framing }: NetworkSettings): Place {
  const name = hostAndPort({ host, port });
  return {
    name,
    settings: `framing ${framing}`,
    framing: framing === 'tcp' ? tcpFraming : rtuFraming,
    doubt: framing === 'tcp' ? 'does this port speak Modbus TCP?' : 'does this port speak Modbus RTU over TCP?',
    canBreakUnseen: true,
    characterMs: 0,
    silenceMs: 0,
    open: (timeoutMs) => openSocket(host, port, timeoutMs),
  };
}

/** Above this rate the silence between frames is fixed (Modbus over Serial Line 1.02, 2.5.1.1). */
const FIXED_SILENCE_BAUD = 19_200;
const FIXED_SILENCE_MS = 1.75;
const SILENT_CHARACTERS = 3.5;

export function serialPlace(settings: SerialSettings): Place {
  const { device, baudRate, parity, dataBits, stopBits } = settings;
  const bits = 1 + dataBits + (parity === 'none' ? 0 : 1) + stopBits;
  const characterMs = (1000 * bits) / baudRate;
  return {
    name: device,
    settings: `${baudRate} baud, ${dataBits} data bits, parity ${parity}, ${stopBits} stop bits`,
    framing: rtuFraming,
    doubt: 'are baudRate, parity and stopBits those of the device?',
    canBreakUnseen: false,
    characterMs,
    silenceMs: baudRate > FIXED_SILENCE_BAUD ? FIXED_SILENCE_MS : SILENT_CHARACTERS * characterMs,
    open: () => openSerialLine(settings),
  };
}

function openSocket(host: string, port: number, timeoutMs: number): Promise<Wire> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true });
    const fail = (reason: string) => {
      socket.destroy();
      const where = hostAndPort({ host, port });
      const remedy = 'are host and port right, and is Modbus TCP switched on there?';
      reject(new SourceError('absent', `cannot connect to ${where}: ${reason}; ${remedy}`));
    };
    const timer = setTimeout(() => fail(`no answer within ${timeoutMs} ms`), timeoutMs);
    socket.once('close', () => clearTimeout(timer));
    socket.on('error', (error: NodeJS.ErrnoException) => fail(error.code ?? error.message));
    socket.once('connect', () => {
      clearTimeout(timer);
      resolve({ stream: socket, close: () => socket.destroy() });
    });
  });
}

async function openSerialLine(settings: SerialSettings): Promise<Wire> {
  // Loaded here because only agents with a serial line should pay for its native code.
  const { SerialPort } = await import('serialport');
  const { device: path, ...line } = settings;
  const port = new SerialPort({ path, ...line, autoOpen: false });
  return new Promise((resolve, reject) => {
    port.open((error) => {
      if (error === null) resolve({ stream: port, close: () => port.isOpen && port.close() });
      else reject(new SourceError('absent', `cannot open ${path}: ${advice(error.message)}`));
    });
    port.on('error', () => port.isOpen && port.close());
  });
}

/** What the driver says where a port cannot be opened, and what to do about it. */
const serialAdvice: readonly (readonly [RegExp, string])[] = [
  [/permission denied/i, 'permission denied: add the user that runs the agent to the group dialout'],
  [
    /no such file/i,
    'there is no such device: is the adapter plugged in? Its name in /dev/serial/by-id does not change',
  ],
  [/cannot lock|busy|temporarily unavailable/i, 'another program has it open'],
];

function advice(message: string): string {
  return serialAdvice.find(([pattern]) => pattern.test(message))?.[1] ?? message;
}
