import { connect, type Socket } from 'node:net';
import modbus from 'modbus-serial';
import { SourceError } from '../../source.ts';
import { abandoned, untilAborted } from '../support/abort.ts';

/** One read request to one unit. */
export interface Query {
  readonly unit: number;
  readonly function: 'holding' | 'input';
  readonly address: number;
  readonly length: number;
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

/** The other end did not say anything that can be understood, on a connection that stood. */
export class NoAnswer extends Error {
  override name = 'NoAnswer';
}

/** A connection to a device or gateway, shared by all sources that read units behind it. */
export interface Bus {
  /**
   * Asks one question at a time, whoever asks, and returns the registers' bytes.
   * @throws Refusal, NoAnswer, or SourceError where there is no connection or where `signal` aborted.
   */
  ask(query: Query, timeoutMs: number, signal: AbortSignal): Promise<Buffer>;
  /** Ends this holder's share; the last one closes the connection. */
  release(): void;
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

/** The process's connections by host and port: a second one to a gateway would let requests collide on its line. */
const shared = new Map<string, { link: Link; holders: number }>();

export function acquireBus(host: string, port: number): Bus {
  const key = `${host}:${port}`;
  const entry = shared.get(key) ?? { link: createLink(host, port), holders: 0 };
  entry.holders += 1;
  shared.set(key, entry);
  return {
    ask: (query, timeoutMs, signal) => entry.link.ask(query, timeoutMs, signal),
    release() {
      entry.holders -= 1;
      if (entry.holders > 0) return;
      shared.delete(key);
      entry.link.close();
    },
  };
}

interface Link {
  ask(query: Query, timeoutMs: number, signal: AbortSignal): Promise<Buffer>;
  close(): void;
}

interface Connection {
  readonly socket: Socket;
  readonly client: InstanceType<typeof modbus.default>;
}

/** Asks one question after the other over one connection. */
function createLink(host: string, port: number): Link {
  const where = `${host}:${port}`;
  const dialler = createDialler(host, port);
  let turn: Promise<unknown> = Promise.resolve();

  /** Anything but a proper answer ends the connection, so that a late one can never be taken for another. */
  async function exchange(query: Query, timeoutMs: number, signal: AbortSignal): Promise<Buffer> {
    if (signal.aborted) throw abandoned(where);
    const current = dialler.connection(timeoutMs);
    const connection = await current;
    try {
      return await untilAborted(signal, where, converse(connection, query, timeoutMs));
    } catch (error) {
      if (!(error instanceof Refusal)) {
        dialler.forget(current);
        end(connection);
      }
      throw error;
    }
  }

  return {
    ask(query, timeoutMs, signal) {
      const answer = dialler.connection(timeoutMs).then(() => {
        const mine = turn.then(() => exchange(query, timeoutMs, signal));
        turn = mine.catch(() => undefined);
        return mine;
      });
      return untilAborted(signal, where, answer);
    },
    close: () => dialler.close(),
  };
}

interface Dialler {
  /** The connection, made where there is none. @throws SourceError of kind `absent`. */
  connection(timeoutMs: number): Promise<Connection>;
  forget(attempt: Promise<Connection>): void;
  close(): void;
}

/** Whoever waits for the same connection fails together with it, rather than one timeout after the other. */
function createDialler(host: string, port: number): Dialler {
  let opening: Promise<Connection> | null = null;
  let closed = false;

  function forget(attempt: Promise<Connection>): void {
    if (opening === attempt) opening = null;
  }

  return {
    connection(timeoutMs) {
      if (opening !== null) return opening;
      if (closed) return Promise.reject(new SourceError('retry', `${host}:${port} is not read any more`));
      const attempt = openConnection(host, port, timeoutMs);
      opening = attempt;
      attempt.then(
        ({ socket }) => socket.once('close', () => forget(attempt)),
        () => forget(attempt),
      );
      return attempt;
    },
    forget,
    close() {
      closed = true;
      opening?.then(end, () => undefined);
    },
  };
}

function end({ socket, client }: Connection): void {
  client.destroy(() => socket.destroy());
}

function openConnection(host: string, port: number, timeoutMs: number): Promise<Connection> {
  const where = `${host}:${port}`;
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true });
    const fail = (reason: string) => {
      socket.destroy();
      reject(new SourceError('absent', `cannot connect to ${where}: ${reason}`));
    };
    const timer = setTimeout(() => fail(`no answer within ${timeoutMs} ms`), timeoutMs);
    socket.once('close', () => clearTimeout(timer));
    socket.on('error', (error: NodeJS.ErrnoException) => fail(error.code ?? error.message));
    socket.once('connect', () => {
      clearTimeout(timer);
      const client = new modbus.default();
      client.on('error', () => socket.destroy());
      client.linkTCP(socket, { port }).then(() => resolve({ socket, client }), reject);
    });
  });
}

async function converse({ socket, client }: Connection, query: Query, timeoutMs: number): Promise<Buffer> {
  client.setID(query.unit);
  client.setTimeout(timeoutMs);
  const { address, length } = query;
  const answer =
    query.function === 'holding'
      ? client.readHoldingRegisters(address, length)
      : client.readInputRegisters(address, length);
  let onClose: (() => void) | undefined;
  const closed = new Promise<never>((_, reject) => {
    onClose = () => reject(new NoAnswer('the device closed the connection'));
    socket.once('close', onClose);
  });
  try {
    const { buffer } = await Promise.race([answer, closed]);
    if (buffer.length !== 2 * length) throw new Error(`${buffer.length} bytes for ${length} registers`);
    return buffer;
  } catch (error) {
    throw explain(error, timeoutMs);
  } finally {
    if (onClose !== undefined) socket.off('close', onClose);
  }
}

function explain(error: unknown, timeoutMs: number): Error {
  if (error instanceof NoAnswer) return error;
  const { modbusCode, errno, message } = error as { modbusCode?: number; errno?: unknown; message?: string };
  if (modbusCode !== undefined) return new Refusal(modbusCode);
  if (errno === 'ETIMEDOUT') return new NoAnswer(`no answer within ${timeoutMs} ms: is the unit number right?`);
  if (errno === 'ECONNREFUSED') return new NoAnswer('the device closed the connection');
  return new NoAnswer(`unintelligible answer (${message}): does this port speak Modbus TCP?`);
}
