import { AgentsTable } from './agents-table.tsx';
import type { Agent, Kpis, Point, Site } from './contract.ts';
import { Quantity, Term } from './figures.tsx';
import { coverage } from './format.ts';
import { figureOf } from './kpis.ts';
import { Loading, Problem } from './notices.tsx';
import { PointsTable } from './points-table.tsx';
import type { Poll } from './polling.ts';
import { useNow } from './use-now.ts';
import type { Zone } from './zone.ts';

const TICK_MS = 5000;

interface DataHealthProps {
  readonly site: Site;
  readonly today: Kpis | null;
  readonly points: Poll<readonly Point[]>;
  readonly agents: Poll<readonly Agent[]>;
  readonly zone: Zone;
  readonly now: () => number;
}

/** How far the figures above can be trusted: what is read, how old it is, and what was lost on the way. */
export function DataHealth({ site, today, points, agents, zone, now }: DataHealthProps) {
  const nowMs = useNow(now, TICK_MS);
  const own = agents.data?.filter((agent) => agent.site === site.site) ?? null;
  return (
    <section class="health" aria-labelledby="health-title">
      <h2 id="health-title">Data health</h2>
      <dl class="health-summary">
        <Term name="coverage today">
          <Quantity of={coverage(figureOf(today)?.coverage)} />
        </Term>
        <Term name="stale points">
          <StalePoints stale={site.live.stale} points={points.data ?? []} />
        </Term>
      </dl>
      <h3>Points</h3>
      <Problem text={points.problem} hasData={points.data !== null} />
      {points.data === null && points.problem === null && <Loading what="points" />}
      {points.data !== null && <PointsTable points={points.data} zone={zone} nowMs={nowMs} />}
      <h3>Agents</h3>
      <Problem text={agents.problem} hasData={own !== null} />
      {own === null && agents.problem === null && <Loading what="agents" />}
      {own !== null && <AgentsTable agents={own} zone={zone} nowMs={nowMs} />}
    </section>
  );
}

function StalePoints({ stale, points }: { readonly stale: readonly string[]; readonly points: readonly Point[] }) {
  if (stale.length === 0) return <>none</>;
  const names = stale.map((id) => points.find(({ point }) => point === id)?.name ?? id);
  return (
    <span class="warning">
      {stale.length}: {names.join(', ')}
    </span>
  );
}
