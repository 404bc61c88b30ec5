import type { Api } from './api.ts';
import type { Site } from './contract.ts';
import { Loading, Notice, Problem } from './notices.tsx';
import type { Poll } from './polling.ts';
import { SiteCard } from './site-card.tsx';

interface SitesViewProps {
  readonly sites: Poll<readonly Site[]>;
  readonly api: Api;
  readonly now: () => number;
}

export function SitesView({ sites, api, now }: SitesViewProps) {
  return (
    <>
      <h1>Sites</h1>
      <Problem text={sites.problem} hasData={sites.data !== null} />
      <SiteList sites={sites} api={api} now={now} />
    </>
  );
}

function SiteList({ sites, api, now }: SitesViewProps) {
  if (sites.data === null) return sites.problem === null ? <Loading what="sites" /> : null;
  if (sites.data.length === 0) return <NoSite />;
  return (
    <ul class="sites">
      {sites.data.map((site) => (
        <li key={site.site}>
          <SiteCard site={site} api={api} now={now} />
        </li>
      ))}
    </ul>
  );
}

function NoSite() {
  return (
    <Notice title="No site yet">
      <p>
        Start an agent that publishes to this collector: <code>npx wattmark-agent run --config agent.yaml</code>. Its
        site appears here with the first message.
      </p>
    </Notice>
  );
}
