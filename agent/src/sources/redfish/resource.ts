/** A resource as a service gives it: anything may be missing, null or of another type than the schema says. */
export type Resource = Readonly<Record<string, unknown>>;

/** Members of a collection that are looked at. */
const MAX_MEMBERS = 64;

const LONGEST_PATH = 512;

/** The object in a JSON text, or null. */
export function parseResource(text: string): Resource | null {
  try {
    return asResource(JSON.parse(text));
  } catch {
    return null;
  }
}

export function asResource(value: unknown): Resource | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Resource) : null;
}

/** The object at a place inside of another, or null. */
export function objectIn(resource: Resource, ...keys: readonly string[]): Resource | null {
  return keys.reduce<Resource | null>((at, key) => asResource(at?.[key]), resource);
}

export function listIn(resource: Resource, key: string): readonly Resource[] {
  const list: unknown = resource[key];
  return Array.isArray(list)
    ? list
        .slice(0, MAX_MEMBERS)
        .map(asResource)
        .filter((item) => item !== null)
    : [];
}

/** The resource that a reference property leads to, or null. */
export function pathIn(resource: Resource, ...keys: readonly string[]): string | null {
  return pathOf(objectIn(resource, ...keys));
}

export function pathsIn(resource: Resource, key: string): readonly string[] {
  return listIn(resource, key).flatMap((reference) => pathOf(reference) ?? []);
}

/** Only paths below the service's own root are followed: a link must not lead a password to somebody else. */
function pathOf(reference: Resource | null): string | null {
  const path = reference?.['@odata.id'];
  if (typeof path !== 'string' || path.length > LONGEST_PATH) return null;
  const [resource = ''] = path.split('#');
  return /^\/redfish\/v1(\/[\w.~!$&'()*+,;=:@%|-]+)*\/?$/.test(resource) && !resource.includes('/..') ? resource : null;
}

export function textIn(resource: Resource | null, key: string): string | undefined {
  const text = resource?.[key];
  return typeof text === 'string' && text.trim() !== '' ? text.trim() : undefined;
}

/** What a service says about an error (DSP0266, section 8.6), shortened; empty where it says nothing. */
export function messageIn(body: string): string {
  const error = objectIn(parseResource(body) ?? {}, 'error');
  if (error === null) return '';
  const detail = listIn(error, '@Message.ExtendedInfo').flatMap((info) => textIn(info, 'Message') ?? [])[0];
  return (detail ?? textIn(error, 'message') ?? '').slice(0, 160);
}
