import { useEffect, useState } from 'preact/hooks';
import { type AuditQuestion, parseQuestion, queryOf } from './audit/question.ts';

export type Route =
  | { readonly view: 'sites' }
  | { readonly view: 'site'; readonly site: string }
  | { readonly view: 'audit'; readonly site: string; readonly question: AuditQuestion }
  | { readonly view: 'nowhere' };

/** The view that a location hash names: `#/sites/dc-1`, or `#/sites/dc-1/audit?period=2026-10`. */
export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#/, '').split('?');
  if (path === '' || path === '/' || path === '/sites') return { view: 'sites' };
  const [, site, audit] = /^\/sites\/([a-z0-9][a-z0-9-]{0,62})(\/audit)?$/.exec(path) ?? [];
  if (site === undefined) return { view: 'nowhere' };
  return audit === undefined ? { view: 'site', site } : { view: 'audit', site, question: parseQuestion(query) };
}

export function siteHref(site: string): string {
  return `#/sites/${encodeURIComponent(site)}`;
}

export function auditHref(site: string, question: AuditQuestion): string {
  const query = queryOf(question).toString();
  return `${siteHref(site)}/audit${query === '' ? '' : `?${query}`}`;
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
