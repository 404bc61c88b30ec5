import { useMemo } from 'preact/hooks';
import type { Api } from './api.ts';
import type { Point, Site } from './contract.ts';
import { DataHealth } from './data-health.tsx';
import { useKpis } from './kpis.ts';
import { LiveRatio } from './live-ratio.tsx';
import { PeriodCard } from './period-card.tsx';
import { usePolling } from './polling.ts';
import { RolePower } from './role-power.tsx';
import { SiteHeading } from './site-heading.tsx';
import { TrendSection } from './trend-section.tsx';
import { createZone } from './zone.ts';

const TODAY_REFRESH_MS = 15_000;
const PERIOD_REFRESH_MS = 60_000;
const HEALTH_REFRESH_MS = 15_000;

interface SiteViewProps {
  readonly site: Site;
  readonly api: Api;
  readonly now: () => number;
}

export function SiteView({ site, api, now }: SiteViewProps) {
  const zone = useMemo(() => createZone(site.timezone), [site.timezone]);
  const today = useKpis(api, site.site, 'today', TODAY_REFRESH_MS);
  const month = useKpis(api, site.site, 'this-month', PERIOD_REFRESH_MS);
  const year = useKpis(api, site.site, 'this-year', PERIOD_REFRESH_MS);
  const points = usePolling({
    key: site.site,
    load: (signal) => api.points(site.site, signal),
    pauseMs: () => HEALTH_REFRESH_MS,
  });
  const agents = usePolling({ key: 'agents', load: (signal) => api.agents(signal), pauseMs: () => HEALTH_REFRESH_MS });

  return (
    <>
      <SiteHeading site={site} view="site" zoneName={zone.name(now())} now={now} />
      <div class="now">
        <LiveRatio site={site} />
        <RolePower live={site.live} roles={rolesOf(points.data)} />
      </div>
      <TrendSection site={site} api={api} zone={zone} now={now} />
      <section aria-labelledby="periods">
        <h2 id="periods">Energy and {site.kind === 'base-station' ? 'efficiency' : 'PUE'} by period</h2>
        <div class="periods">
          <PeriodCard title="Today" site={site} kpis={today} />
          <PeriodCard title="This month" site={site} kpis={month} />
          <PeriodCard title="This year" site={site} kpis={year} />
        </div>
      </section>
      <DataHealth site={site} today={today.data} points={points} agents={agents} zone={zone} now={now} />
    </>
  );
}

function rolesOf(points: readonly Point[] | null): readonly string[] {
  return [...new Set((points ?? []).map(({ role }) => role).filter((role) => role !== null))];
}
