import snmp, { type Varbind } from 'net-snmp';
import { compareOids, isBelow } from './oid.ts';
import { openLine, type Request, type SessionOptions } from './session.ts';
import { type ObjectValue, objectIn } from './value.ts';

export interface Client {
  /** What these objects hold, in their order. @throws NoAnswer or Refusal. */
  get(oids: readonly string[], signal: AbortSignal): Promise<ObjectValue[]>;
  /**
   * The objects below a column, in the table's order.
   * @throws NoAnswer or Refusal, or an Error where the device's table cannot be walked to its end.
   */
  walk(column: string, signal: AbortSignal): Promise<string[]>;
  /** Whether the device has any object below `parent`. @throws as `get`. */
  has(parent: string): Promise<boolean>;
  /** Lets go of what is under way. */
  readonly cancel: () => void;
  readonly close: () => void;
}

/** Objects in one datagram: answers stay below the 1,472 bytes that travel unfragmented. */
const OBJECTS_PER_REQUEST = 24;

/** Rows of a table that an agent can reasonably mean: lines of a UPS, outlets of a rack. */
const MAX_ROWS = 512;

const ROWS_PER_REQUEST = 10;

export function createClient(options: SessionOptions): Client {
  const { request, cancel, close } = openLine(options);
  const next = options.credentials.version === '1' ? nextOne(request) : nextMany(request);
  return {
    get: (oids, signal) => get(request, oids, signal),
    walk: (column, signal) => walk(next, column, signal),
    async has(parent) {
      const [first] = await nextOne(request)(parent);
      return first !== undefined && !isEnd(first) && isBelow(first.oid, parent);
    },
    cancel,
    close,
  };
}

/** One bad object spoils a whole answer (an error status, or only nulls), so the others are asked again without it. */
async function get(request: Request, oids: readonly string[], signal: AbortSignal): Promise<ObjectValue[]> {
  if (oids.length === 0) return [];
  if (oids.length > OBJECTS_PER_REQUEST) return getParts(request, oids, OBJECTS_PER_REQUEST, signal);
  try {
    const varbinds = await request((session, done) => session.get([...oids], done));
    const isSpoilt = oids.length > 1 && varbinds.every(({ type }) => type === snmp.ObjectType.Null);
    if (isSpoilt) return await getParts(request, oids, Math.ceil(oids.length / 2), signal);
    return varbinds.map((varbind, index) => objectIn(varbind, oids[index] ?? ''));
  } catch (error) {
    if (!isFailure(error) || signal.aborted) throw error;
    const [only = ''] = oids;
    if (oids.length === 1) return [new Error(`${only}: ${saidOf(error)}`)];
    const bad = oids.indexOf(NO_SUCH_NAME.exec(error.message)?.[1] ?? '');
    if (bad === -1) return getParts(request, oids, Math.ceil(oids.length / 2), signal);
    const others = await get(request, oids.toSpliced(bad, 1), signal);
    return others.toSpliced(bad, 0, new Error(`${oids[bad]}: ${saidOf(error)}`));
  }
}

async function getParts(request: Request, oids: readonly string[], size: number, signal: AbortSignal) {
  const first = await get(request, oids.slice(0, size), signal);
  return [...first, ...(await get(request, oids.slice(size), signal))];
}

/** An error status in a proper answer, such as genErr or tooBig. */
function isFailure(error: unknown): error is Error {
  return error instanceof Error && error.name === 'RequestFailedError';
}

/** Version 1 says so where version 2c has an exception for one object. */
const NO_SUCH_NAME = /^NoSuchName(?:: (1[.\d]+))?$/;

function saidOf({ message }: Error): string {
  return NO_SUCH_NAME.test(message) ? 'the device has no such object' : `the device answers ${message.split(':')[0]}`;
}

/** The objects that come after `from`; none where the device's tree ends. */
type Next = (from: string) => Promise<Varbind[]>;

function nextMany(request: Request): Next {
  return (from) =>
    request((session, done) =>
      session.getBulk([from], 0, ROWS_PER_REQUEST, (error, found) => done(error, found?.flat())),
    );
}

function nextOne(request: Request): Next {
  return async (from) => {
    try {
      return await request((session, done) => session.getNext([from], done));
    } catch (error) {
      if (isFailure(error) && NO_SUCH_NAME.test(error.message)) return [];
      throw error;
    }
  };
}

/** The library's own walk never ends where a device's identifiers do not increase, so this one is guarded. */
async function walk(next: Next, column: string, signal: AbortSignal): Promise<string[]> {
  const rows: string[] = [];
  while (!signal.aborted) {
    let previous = rows.at(-1) ?? column;
    const varbinds = await next(previous);
    for (const varbind of varbinds) {
      const { oid } = varbind;
      if (isEnd(varbind) || !isBelow(oid, column)) return rows;
      if (compareOids(oid, previous) <= 0) throw new Error(`${column}: the device's table does not increase at ${oid}`);
      if (rows.push(oid) > MAX_ROWS) throw new Error(`${column}: the device's table has more than ${MAX_ROWS} rows`);
      previous = oid;
    }
    if (varbinds.length === 0) return rows;
  }
  throw new Error('given up');
}

function isEnd({ type }: Varbind): boolean {
  return type === snmp.ObjectType.EndOfMibView;
}
