import { setMaxListeners } from 'node:events';
import type { Logger } from '@wattmark/shared/logger';
import type { Clock } from '../clock.ts';
import type { Found } from '../source.ts';
import type { SourceCatalog } from '../source-catalog.ts';

/** Kinds that look for instruments at addresses, with an example of what one names; the others know only this machine. */
export const searchedKinds: Readonly<Record<string, string>> = {
  snmp: '192.0.2.0/24',
  modbus: '192.0.2.10-40 or /dev/ttyUSB0',
  redfish: 'bmc-1.example',
  ipmi: '192.0.2.10-40',
  nut: '192.0.2.20',
  prometheus: '192.0.2.30:9100',
};

/** A kind that says nothing for so long is given up: this much for its machine, and as much again for each address. */
const LOCAL_MS = 60_000;
const EACH_ADDRESS_MS = 2_000;
const LONGEST_MS = 900_000;

/** Time in which a discovery that is given up may say what it has found so far. */
const GRACE_MS = 4_000;

export interface Discovered {
  readonly kind: string;
  readonly found: readonly Found[];
  /** What the operator should know of the search itself, or null. */
  readonly remark: string | null;
}

export interface DiscoveryOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly community: string;
  /** Addresses by kind; a kind that is not named looks at this machine only. */
  readonly addresses: ReadonlyMap<string, readonly string[]>;
  readonly progress: (kind: string, line: string) => void;
}

/** Looks for instruments of every kind that can be looked for, all at once. Never rejects for what one of them does. */
export async function discoverInstruments(catalog: SourceCatalog, options: DiscoveryOptions): Promise<Discovered[]> {
  const all = await Promise.all(catalog.kinds.map((kind) => discoverKind(kind, catalog, options)));
  return all.filter((one) => one !== null);
}

async function discoverKind(
  kind: string,
  catalog: SourceCatalog,
  options: DiscoveryOptions,
): Promise<Discovered | null> {
  const { clock, log, community, progress } = options;
  const addresses = options.addresses.get(kind) ?? [];
  const abort = new AbortController();
  // Every address that is asked listens to it.
  setMaxListeners(0, abort.signal);
  const over = new AbortController();
  try {
    const module = await catalog.load(kind);
    if (module.discover === undefined) return null;
    const search = {
      log,
      clock,
      signal: abort.signal,
      addresses,
      community,
      progress: (line: string) => progress(kind, line),
    };
    const finding = (async () => module.discover?.(search) ?? [])();
    const patienceMs = Math.min(LONGEST_MS, LOCAL_MS + addresses.length * EACH_ADDRESS_MS);
    const late = clock.sleep(patienceMs, over.signal).then(async (): Promise<null> => {
      abort.abort();
      await clock.sleep(GRACE_MS, over.signal);
      return null;
    });
    finding.catch(() => {});
    const found = await Promise.race([finding, late]);
    const remark = abort.signal.aborted
      ? `given up after ${patienceMs / 1000} s; there may be more`
      : nothingAt(addresses, found);
    return { kind, found: found ?? [], remark };
  } catch (error) {
    return { kind, found: [], remark: `the search failed: ${(error as Error).message}` };
  } finally {
    over.abort();
  }
}

function nothingAt(addresses: readonly string[], found: readonly Found[] | null): string | null {
  if (addresses.length === 0 || (found ?? []).length > 0) return null;
  return `nothing that can be read was found at ${addresses.length === 1 ? addresses[0] : `${addresses.length} addresses`}`;
}
