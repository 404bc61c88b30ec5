import type { Site } from './contract.ts';
import { LastReading } from './last-reading.tsx';
import { SimulatedBadge } from './notices.tsx';
import { siteHref } from './route.ts';

interface SiteHeadingProps {
  readonly site: Site;
  readonly view: 'site' | 'audit';
  readonly zoneName: string;
  readonly now: () => number;
}

/** Which site this is, and the ways to its two views. */
export function SiteHeading({ site, view, zoneName, now }: SiteHeadingProps) {
  return (
    <div class="heading">
      <nav aria-label="Where you are">
        <a href="#/">Sites</a> <span aria-hidden="true">/</span>
      </nav>
      <h1>{site.name}</h1>
      <p class="about">
        {site.kind === 'base-station' ? 'base station' : 'data centre'} · {site.site} · times in {zoneName}
      </p>
      <LastReading at={site.live.at} stale={site.live.stale} timezone={site.timezone} now={now} />
      {site.simulated && <SimulatedBadge />}
      <nav class="views" aria-label="Views of this site">
        <a href={siteHref(site.site)} aria-current={view === 'site' ? 'page' : undefined}>
          Overview
        </a>
        <a href={`${siteHref(site.site)}/audit`} aria-current={view === 'audit' ? 'page' : undefined}>
          Audit
        </a>
      </nav>
    </div>
  );
}
