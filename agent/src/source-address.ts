/** The keys by which sources name a place, in the order in which one reads them. */
const placeKeys = ['url', 'host', 'port', 'path', 'program', 'device', 'unit', 'root'];

/** Where an instrument is, from its source's settings: `192.0.2.10 port 502 unit 1`. */
export function addressOf(settings: Readonly<Record<string, unknown>>): string {
  const named = placeKeys.flatMap((key) => {
    const value = settings[key];
    return typeof value === 'string' || typeof value === 'number' ? [[key, String(value)] as const] : [];
  });
  return named.map(([key, value]) => (key === 'host' || key === 'url' ? value : `${key} ${value}`)).join(' ');
}
