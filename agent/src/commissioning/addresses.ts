import { ConfigError } from '@wattmark/shared/config';

/** Addresses that one kind of instrument is looked for at: a /20, which takes minutes. */
const MAX_ADDRESSES = 4_096;

/**
 * The addresses that `texts` name, each once, with `:port` where one was named: host names, addresses and serial lines
 * (`/dev/ttyUSB0`) stay as they are, `192.0.2.0/24` and `192.0.2.10-40` become their hosts.
 * @throws ConfigError where one is no address, or where they are too many
 */
export function expandAddresses(texts: readonly string[]): string[] {
  const addresses = new Set<string>();
  for (const text of texts) {
    for (const address of expand(text)) {
      addresses.add(address);
      if (addresses.size > MAX_ADDRESSES) throw new ConfigError(text, [`more than ${MAX_ADDRESSES} addresses`]);
    }
  }
  return [...addresses];
}

function expand(text: string): Iterable<string> {
  const [, v4 = '', rest = '', port = ''] = /^(\d+\.\d+\.\d+\.\d+)([/-]\d+)?(:\d+)?$/.exec(text) ?? [];
  if (v4 === '') return [checkedHost(text)];
  const address = numberOf(v4, text);
  checkPort(port, text);
  if (rest === '') return [text];
  const value = Number(rest.slice(1));
  if (rest.startsWith('/')) return networkOf(address, value, port, text);
  const last = address - (address % 256) + value;
  if (value > 255 || last < address) throw new ConfigError(text, [`the range must end between its start and 255`]);
  return hosts(address, last, port);
}

/** The hosts of a network, without its own and its broadcast address; those of a /31 (RFC 3021) and a /32 are all hosts. */
function networkOf(address: number, prefix: number, port: string, text: string): Iterable<string> {
  if (prefix > 32) throw new ConfigError(text, [`a prefix is at most 32`]);
  const size = 2 ** (32 - prefix);
  if (size - 2 > MAX_ADDRESSES)
    throw new ConfigError(text, [`more than ${MAX_ADDRESSES} addresses; name a smaller network`]);
  const first = address - (address % size);
  return prefix >= 31 ? hosts(first, first + size - 1, port) : hosts(first + 1, first + size - 2, port);
}

function* hosts(first: number, last: number, port: string): Generator<string> {
  for (let address = first; address <= last; address++) {
    yield `${[24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.')}${port}`;
  }
}

function numberOf(v4: string, text: string): number {
  const bytes = v4.split('.').map(Number);
  if (bytes.some((byte) => byte > 255)) throw new ConfigError(text, [`not an IPv4 address`]);
  return bytes.reduce((sum, byte) => sum * 256 + byte, 0);
}

/** A serial line, a host name or an IPv6 address; with a port the latter stands in brackets. */
function checkedHost(text: string): string {
  if (/^\/dev\/[\w./-]+$/.test(text)) return text;
  const name = /^[a-z0-9_]([a-z0-9._-]*[a-z0-9])?(:\d+)?$/i;
  const v6 = /^(\[[0-9a-f:.]+(%[\w.-]+)?\](:\d+)?|(?=.*:.*:)[0-9a-f:.]+(%[\w.-]+)?)$/i;
  // What has only digits, dots and signs of a network is meant as one, and would be looked up as a name in vain.
  if (/^[\d./-]+$/.test(text) || !(name.test(text) || v6.test(text))) {
    throw new ConfigError(text, [
      `name a host or an address (with :port where it is not the usual one), a network such as ` +
        '192.0.2.0/24, or a range such as 192.0.2.10-40',
    ]);
  }
  checkPort(/^(?:\[.*\]|[^:]*)(:\d+)$/.exec(text)?.[1] ?? '', text);
  return text;
}

function checkPort(port: string, text: string): void {
  if (port !== '' && !(Number(port.slice(1)) >= 1 && Number(port.slice(1)) <= 65_535)) {
    throw new ConfigError(text, [`a port is between 1 and 65535`]);
  }
}
