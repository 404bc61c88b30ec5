/**
 * What stands at a place in a JSON document, undefined where there is none.
 * @param path `ENERGY.Power`, numbers for the items of a list; or, where keys have dots, `/a.b/c` (RFC 6901)
 */
export function valueAt(document: unknown, path: string): unknown {
  const isPointer = path.startsWith('/');
  const keys = isPointer
    ? path
        .slice(1)
        .split('/')
        .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
    : path.split('.');
  let value = document;
  for (const key of keys) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}
