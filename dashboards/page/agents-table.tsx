import type { Agent, SourcesReport } from './contract.ts';
import { Plain, Unknown } from './figures.tsx';
import { age, count, duration } from './format.ts';
import { Notice } from './notices.tsx';
import type { Zone } from './zone.ts';

interface AgentsTableProps {
  readonly agents: readonly Agent[];
  readonly zone: Zone;
  readonly nowMs: number;
}

const counters = [
  { title: 'Sequence', key: 'seq' },
  { title: 'Lost', key: 'lost', isLoss: true },
  { title: 'Duplicates', key: 'duplicates' },
  { title: 'Rejected', key: 'rejected', isLoss: true },
  { title: 'Spool depth', key: 'spoolDepth' },
] as const satisfies readonly { title: string; key: keyof Agent; isLoss?: boolean }[];

export function AgentsTable({ agents, zone, nowMs }: AgentsTableProps) {
  if (agents.length === 0) {
    return (
      <Notice title="No agent of this site has been heard">
        <p>
          Its readings come from another publisher, or its agent does not reach the broker: look at the agent’s log, and
          at “broker” in its agent.yaml.
        </p>
      </Notice>
    );
  }
  return (
    <div class="scroller" role="region" aria-label="Agents" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">Agent</th>
            <th scope="col">State</th>
            <th scope="col">Last seen</th>
            <th scope="col">Sources</th>
            {counters.map(({ title }) => (
              <th key={title} scope="col" class="numeric">
                {title}
              </th>
            ))}
            <th scope="col" class="numeric">
              Clock skew
            </th>
            <th scope="col">Software</th>
          </tr>
        </thead>
        <tbody>
          {agents.map((agent) => (
            <AgentRow key={agent.agent} agent={agent} zone={zone} nowMs={nowMs} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function AgentRow({ agent, zone, nowMs }: { readonly agent: Agent; readonly zone: Zone; readonly nowMs: number }) {
  const seenMs = agent.lastSeen === null ? null : Date.parse(agent.lastSeen);
  return (
    <tr>
      <th scope="row">{agent.agent}</th>
      <td>
        <span class={`state state-${agent.state}`}>{agent.state}</span>
      </td>
      <td>
        <Plain of={seenMs === null ? null : `${zone.clock(seenMs)}, ${age(nowMs - seenMs)}`} />
      </td>
      <td>
        <Sources of={agent.sources} zone={zone} />
      </td>
      {counters.map((counter) => (
        <td key={counter.key} class="numeric">
          <span class={'isLoss' in counter && (agent[counter.key] ?? 0) > 0 ? 'warning' : undefined}>
            <Plain of={count(agent[counter.key])} />
          </span>
        </td>
      ))}
      <td class="numeric">
        <Plain of={duration(agent.clockSkewMs)} />
      </td>
      <td>
        <Plain of={agent.software} />
      </td>
    </tr>
  );
}

const stateWords = { retry: 'does not answer', absent: 'is not there', fatal: 'cannot work as configured' } as const;

function Sources({ of, zone }: { readonly of: SourcesReport | null; readonly zone: Zone }) {
  if (of === null) return <Unknown />;
  if (of.failing.length === 0) return <>{of.total} answer</>;
  return (
    <>
      <span class="warning">
        {of.failing.length} of {of.total} fail
      </span>
      <ul class="failures">
        {of.failing.map(({ source, state, since, reason }) => (
          <li key={source}>
            <b>{source}</b> {stateWords[state]} since {zone.day(Date.parse(since))} {zone.clock(Date.parse(since))}:{' '}
            {reason}
          </li>
        ))}
      </ul>
    </>
  );
}
