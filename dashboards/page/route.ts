import { useEffect, useState } from 'preact/hooks';

export type Route =
  | { readonly view: 'sites' }
  | { readonly view: 'site'; readonly site: string }
  | { readonly view: 'nowhere' };

/** The view that a location hash such as `#/sites/dc-1` names. */
export function parseRoute(hash: string): Route {
  const path = hash.replace(/^#/, '');
  if (path === '' || path === '/' || path === '/sites') return { view: 'sites' };
  const site = /^\/sites\/([a-z0-9][a-z0-9-]{0,62})$/.exec(path)?.[1];
  return site === undefined ? { view: 'nowhere' } : { view: 'site', site };
}

export function siteHref(site: string): string {
  return `#/sites/${encodeURIComponent(site)}`;
}

export function useRoute(): Route {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const update = () => setHash(location.hash);
    addEventListener('hashchange', update);
    return () => removeEventListener('hashchange', update);
  }, []);
  return parseRoute(hash);
}
