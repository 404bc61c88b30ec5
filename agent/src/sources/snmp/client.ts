import snmp, { type Session, type Varbind } from 'net-snmp';
import { compareOids, isBelow } from './oid.ts';

/** No answer came in time; SNMP has no other way of refusing a community. */
export class NoAnswer extends Error {
  override name = 'NoAnswer';
}

/** What an object holds, or why it holds nothing. */
export type ObjectValue = number | Error;

export interface ClientOptions {
  readonly host: string;
  readonly port: number;
  readonly community: string;
  /** For each of `retries + 1` datagrams. */
  readonly timeoutMs: number;
  readonly retries: number;
}

export interface Client {
  /** The numbers of these objects, in their order. @throws NoAnswer. */
  get(oids: readonly string[], signal: AbortSignal): Promise<ObjectValue[]>;
  /**
   * The objects below a column, in the table's order.
   * @throws NoAnswer, or an Error where the device's table cannot be walked to its end.
   */
  walk(column: string, signal: AbortSignal): Promise<string[]>;
  /** Lets go of what is under way. */
  cancel(): void;
  close(): void;
}

/** Objects in one datagram: answers stay below the 1,472 bytes that travel unfragmented. */
const OBJECTS_PER_REQUEST = 24;

/** Rows of a table that an agent can reasonably mean; lines of a UPS are three. */
const MAX_ROWS = 128;

const ROWS_PER_REQUEST = 10;

export function createClient({ host, port, community, timeoutMs, retries }: ClientOptions): Client {
  const session = snmp.createSession(host, community, { version: snmp.Version2c, port, timeout: timeoutMs, retries });
  let unintelligible = false;
  session.on('error', () => {
    unintelligible = true;
  });
  const request: Request = (send) => {
    unintelligible = false;
    return new Promise((resolve, reject) => {
      send(session, (error, varbinds) => {
        if (error === null && varbinds !== undefined) resolve(varbinds);
        else reject(error?.name === 'RequestTimedOutError' ? noAnswer(unintelligible, timeoutMs, retries) : error);
      });
    });
  };
  const cancel = () => session.cancelRequests(new Error('given up'));
  return {
    get: (oids, signal) => get(request, oids, signal),
    walk: (column, signal) => walk(request, column, signal),
    cancel,
    close() {
      cancel();
      session.close();
    },
  };
}

type Done = (error: Error | null, varbinds?: Varbind[]) => void;

/** Sends one request and waits for its answer. @throws NoAnswer, or the library's error. */
type Request = (send: (session: Session, done: Done) => void) => Promise<Varbind[]>;

/** One bad object spoils a whole answer (an error status, or only nulls), so the others are asked again without it. */
async function get(request: Request, oids: readonly string[], signal: AbortSignal): Promise<ObjectValue[]> {
  if (oids.length > OBJECTS_PER_REQUEST) return getHalves(request, oids, signal);
  try {
    const varbinds = await request((session, done) => session.get([...oids], done));
    const isSpoilt = oids.length > 1 && varbinds.every(({ type }) => type === snmp.ObjectType.Null);
    if (isSpoilt) return await getHalves(request, oids, signal);
    return varbinds.map((varbind, index) => numberIn(varbind, oids[index] ?? ''));
  } catch (error) {
    if (!isFailure(error) || signal.aborted) throw error;
    if (oids.length > 1) return getHalves(request, oids, signal);
    return [new Error(`${oids[0]}: the device answers ${error.message}`)];
  }
}

async function getHalves(request: Request, oids: readonly string[], signal: AbortSignal): Promise<ObjectValue[]> {
  const middle = Math.ceil(oids.length / 2);
  const first = await get(request, oids.slice(0, middle), signal);
  return [...first, ...(await get(request, oids.slice(middle), signal))];
}

/** The library's own walk never ends where a device's identifiers do not increase, so this one is guarded. */
async function walk(request: Request, column: string, signal: AbortSignal): Promise<string[]> {
  const rows: string[] = [];
  while (!signal.aborted) {
    let previous = rows.at(-1) ?? column;
    const from = previous;
    const varbinds = await request((session, done) =>
      session.getBulk([from], 0, ROWS_PER_REQUEST, (error, found) => done(error, found?.flat())),
    );
    for (const { oid, type } of varbinds) {
      if (type === snmp.ObjectType.EndOfMibView || !isBelow(oid, column)) return rows;
      if (compareOids(oid, previous) <= 0) throw new Error(`${column}: the device's table does not increase at ${oid}`);
      if (rows.push(oid) > MAX_ROWS) throw new Error(`${column}: the device's table has more than ${MAX_ROWS} rows`);
      previous = oid;
    }
    if (varbinds.length === 0) return rows;
  }
  throw new Error('given up');
}

function noAnswer(unintelligible: boolean, timeoutMs: number, retries: number): NoAnswer {
  if (unintelligible) return new NoAnswer('unintelligible answer: does this port speak SNMP?');
  const tries = retries === 0 ? '' : ` to ${retries + 1} requests`;
  return new NoAnswer(
    `no answer${tries} within ${timeoutMs} ms: is the community right, and SNMP v2c switched on? ` +
      '(a wrong community is never answered)',
  );
}

/** An error status in a proper answer, such as genErr or tooBig. */
function isFailure(error: unknown): error is Error {
  return error instanceof Error && error.name === 'RequestFailedError';
}

function numberIn(varbind: Varbind, asked: string): ObjectValue {
  const { oid, type, value } = varbind;
  if (oid !== asked) return new Error(`${asked}: the device answers with another object (${oid})`);
  if (snmp.isVarbindError(varbind)) return new Error(`${oid}: the device has no such object`);
  if (typeof value === 'number') return value;
  if (Buffer.isBuffer(value) && type === snmp.ObjectType.Counter64 && value.length > 0 && value.length <= 9) {
    return Number(BigInt(`0x${value.toString('hex')}`));
  }
  return new Error(`${oid}: the device gives no number`);
}
