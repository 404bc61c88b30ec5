import type { Api } from './api.ts';
import type { Kpis, Site } from './contract.ts';
import { Plain, Quantity, Term } from './figures.tsx';
import { coverage, power, ratio } from './format.ts';
import { figureName, figureOf, loadName, useKpis } from './kpis.ts';
import { LastReading } from './last-reading.tsx';
import { SimulatedBadge } from './notices.tsx';
import { siteHref } from './route.ts';
import { Judgement } from './verdict.tsx';

const REFRESH_MS = 60_000;
const kindNames: Record<Site['kind'], string> = { 'data-centre': 'data centre', 'base-station': 'base station' };

interface SiteCardProps {
  readonly site: Site;
  readonly api: Api;
  readonly now: () => number;
}

export function SiteCard({ site, api, now }: SiteCardProps) {
  const today = useKpis(api, site.site, 'today', REFRESH_MS);
  const { live } = site;
  return (
    <article class="site-card" aria-labelledby={`site-${site.site}`}>
      <header>
        <h2 id={`site-${site.site}`}>
          <a href={siteHref(site.site)}>{site.name}</a>
        </h2>
        <p class="about">
          {kindNames[site.kind]} · {site.site} · group {site.group}
        </p>
        {site.simulated && <SimulatedBadge />}
        <LastReading at={live.at} stale={live.stale} timezone={site.timezone} now={now} />
      </header>
      <dl class="site-figures">
        <Term name="instantaneous ratio">
          <span class="large" data-figure="ratio">
            <Plain of={ratio(live.ratio)} />
          </span>
        </Term>
        <Term name="total power">
          <Quantity of={power(live.totalW)} />
        </Term>
        <Term name={`${loadName(site.kind)} power`}>
          <Quantity of={power(live.itW)} />
        </Term>
        <Term name={`${figureName(site.kind)} today`}>
          <Today kpis={today.data} />
        </Term>
      </dl>
      <div class="site-verdict">
        <Judgement target={site.target} kpis={today.data} />
        {today.problem !== null && <p class="reason">Today’s figures are not refreshed: {today.problem}</p>}
      </div>
    </article>
  );
}

function Today({ kpis }: { readonly kpis: Kpis | null }) {
  const figure = figureOf(kpis);
  return (
    <>
      <Plain of={ratio(figure?.value)} />
      <span class="beside">
        coverage <Quantity of={coverage(figure?.coverage)} />
      </span>
    </>
  );
}
