import { useEffect, useRef } from 'preact/hooks';
import type { Api } from './api.ts';
import { AuditView } from './audit/audit-view.tsx';
import { ConnectionState } from './connection-state.tsx';
import type { Live, Site } from './contract.ts';
import { useLiveStream } from './live-stream.ts';
import { Notice } from './notices.tsx';
import { type Poll, usePolling } from './polling.ts';
import { type Route, useRoute } from './route.ts';
import { SiteView } from './site-view.tsx';
import { SitesView } from './sites-view.tsx';
import { ownTimezone } from './zone.ts';

/** What the page needs from outside; times in UTC ms. */
export interface Services {
  readonly api: Api;
  readonly openStream: () => EventSource;
  readonly now: () => number;
}

const SITES_REFRESH_MS = 30_000;
/** Somebody who has just started an agent is waiting for it. */
const FIRST_SITE_REFRESH_MS = 3000;

export function App({ api, openStream, now }: Services) {
  const route = useRoute();
  const stream = useLiveStream(openStream, now);
  const polled = usePolling({
    key: 'sites',
    load: (signal) => api.sites(signal),
    pauseMs: (data) => (data === null || data.length === 0 ? FIRST_SITE_REFRESH_MS : SITES_REFRESH_MS),
  });
  const sites = { ...polled, data: polled.data?.map((site) => withNewest(site, stream.lives.get(site.site))) ?? null };
  const open = 'site' in route ? sites.data?.find(({ site }) => site === route.site) : undefined;
  const main = useFocusOnRoute(route);

  useEffect(() => {
    document.title = open === undefined ? 'Wattmark' : `${open.name} · Wattmark`;
  }, [open?.name]);

  return (
    <>
      <a class="skip" href="#main" onClick={(event) => (event.preventDefault(), main.current?.focus())}>
        Skip to the figures
      </a>
      <header class="top">
        <a class="brand" href="#/" aria-label="Wattmark, all sites">
          <img src="favicon.svg" alt="" width="26" height="26" />
          Wattmark
        </a>
        <ConnectionState stream={stream} timezone={open?.timezone ?? ownTimezone()} />
      </header>
      <main id="main" ref={main} tabIndex={-1}>
        <View route={route} sites={sites} open={open} api={api} now={now} />
      </main>
      <footer class="bottom">
        <p>
          Energy is measured in intervals; a live ratio is not a PUE. The same figures for programs:{' '}
          <a href="docs">API</a>, <a href="metrics">metrics</a>.
        </p>
      </footer>
    </>
  );
}

interface ViewProps {
  readonly route: Route;
  readonly sites: Poll<readonly Site[]>;
  readonly open: Site | undefined;
  readonly api: Api;
  readonly now: () => number;
}

function View({ route, sites, open, api, now }: ViewProps) {
  if (route.view === 'sites') return <SitesView sites={sites} api={api} now={now} />;
  if (open !== undefined && route.view === 'audit')
    return <AuditView key={open.site} site={open} question={route.question} api={api} now={now} />;
  if (open !== undefined) return <SiteView key={open.site} site={open} api={api} now={now} />;
  if ('site' in route && sites.data === null) return <SitesView sites={sites} api={api} now={now} />;
  return (
    <Notice title={'site' in route ? `There is no site “${route.site}”` : 'There is no such page'}>
      <p>
        It may have been renamed. <a href="#/">See all sites</a>.
      </p>
    </Notice>
  );
}

/** A screen reader is told of a new view by moving the focus there; not at the first view, where it starts by itself. */
function useFocusOnRoute(route: Route) {
  const main = useRef<HTMLElement>(null);
  const isFirst = useRef(true);
  const place = 'site' in route ? `${route.view} ${route.site}` : route.view;
  useEffect(() => {
    if (!isFirst.current) {
      main.current?.focus({ preventScroll: true });
      scrollTo(0, 0);
    }
    isFirst.current = false;
  }, [place]);
  return main;
}

function withNewest(site: Site, streamed: Live | undefined): Site {
  if (streamed === undefined) return site;
  return timeOf(streamed) >= timeOf(site.live) ? { ...site, live: streamed } : site;
}

function timeOf({ at }: Live): number {
  return at === null ? 0 : Date.parse(at);
}
