import type { Found, Search } from '../../source.ts';
import { slugOf } from './roster.ts';
import { createUpsd, type List, Refusal } from './upsd.ts';
import { estimateMethod, identify, tell, type Variables, variablesOf } from './variables.ts';

const PORT = 3493;

/** Longest that a server may take to say what it has. */
const PATIENCE_MS = 3000;

/** The servers on this machine and at the addresses that the operator named, with all their UPSs. */
export async function discoverUpsds({ addresses, signal, log, progress }: Search): Promise<readonly Found[]> {
  const found: Found[] = [];
  for (const { host, port } of ['127.0.0.1', ...addresses].map(placeOf)) {
    if (signal.aborted) break;
    const upsd = createUpsd({ host, port, timeoutMs: PATIENCE_MS, tls: 'off', verify: true });
    try {
      found.push(...(await describe(await upsd.connect(signal), host, port)));
    } catch (error) {
      log.debug({ host, port, reason: (error as Error).message }, 'no upsd');
      progress(`nut: no upsd at ${host}:${port}`);
    } finally {
      upsd.close();
    }
  }
  return found;
}

async function describe(list: List, host: string, port: number): Promise<Found[]> {
  const names = (await list('UPS')).map(([name = '']) => name);
  if (names.length === 0) return [];
  const notes = await Promise.all(names.map(async (name) => `${name}: ${await summary(list, name)}`));
  const points = names.map((name) => ({ point: slugOf(name) || 'ups', from: name }));
  const place = { host, ...(port !== PORT && { port }) };
  return [
    {
      title: `${names.length === 1 ? '1 UPS' : `${names.length} UPSs`} of Network UPS Tools at ${host}:${port}`,
      notes: [...notes, 'where a UPS feeds IT equipment, give its point role: it and level: ups-output'],
      entry: { kind: 'nut', ...place, points },
    },
  ];
}

async function summary(list: List, name: string): Promise<string> {
  try {
    return characterise(variablesOf(await list(`VAR ${name}`)));
  } catch (error) {
    if (error instanceof Refusal) return error.message;
    throw error;
  }
}

function characterise(variables: Variables): string {
  const { manufacturer = '', model = 'unnamed model', serial = 'untold' } = identify(variables);
  const power = tell('output', variables).get('power');
  const what = power === undefined ? 'tells no power in W' : (estimateMethod(variables) ?? 'measures its power');
  return `${manufacturer} ${model}`.trim() + `, serial number ${serial}; ${what}`;
}

/** `host`, `host:port`, `[v6]:port` or a bare v6 address. */
function placeOf(address: string): { host: string; port: number } {
  const [, bracketed, plain, port] = /^(?:\[(.+)\]|([^:]+))(?::(\d+))?$/.exec(address) ?? [];
  return { host: bracketed ?? plain ?? address, port: port === undefined ? PORT : Number(port) };
}
