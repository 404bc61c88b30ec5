/** Where something listens in the network. */
export interface NetworkPlace {
  readonly host: string;
  readonly port: number;
}

/** What an operator names by `192.0.2.1`, `name:1161`, `[2001:db8::1]:1161` or a bare IPv6 address. */
export function placeIn(address: string, usualPort: number): NetworkPlace {
  const [, bracketed, plain, port] = /^(?:\[(.+)\]|([^:]+))(?::(\d+))?$/.exec(address) ?? [];
  return { host: bracketed ?? plain ?? address, port: Number(port ?? usualPort) };
}

/** As it stands in a URL: an IPv6 address in brackets. */
export function hostAndPort({ host, port }: NetworkPlace): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
