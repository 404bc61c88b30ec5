import type { Finding } from './contract.ts';
import type { Zone } from '../zone.ts';

interface FindingListProps {
  readonly findings: readonly Finding[];
  readonly zone: Zone;
}

const severities = [
  { severity: 'error', one: 'error', many: 'errors' },
  { severity: 'warning', one: 'warning', many: 'warnings' },
  { severity: 'notice', one: 'notice', many: 'notices' },
] as const;

/** What is wrong with the measurement, worst first, as the collector orders it. */
export function FindingList({ findings, zone }: FindingListProps) {
  if (findings.length === 0) return <p>Nothing is wrong with the measurement, as far as the checks can see.</p>;
  const counts = severities.flatMap(({ severity, one, many }) => {
    const number = findings.filter((finding) => finding.severity === severity).length;
    return number === 0 ? [] : [`${number} ${number === 1 ? one : many}`];
  });
  return (
    <>
      <p class="hint">{counts.join(', ')}</p>
      <ol class="entries">
        {findings.map((finding) => (
          <FindingEntry key={finding.id} finding={finding} zone={zone} />
        ))}
      </ol>
    </>
  );
}

function FindingEntry({ finding, zone }: { readonly finding: Finding; readonly zone: Zone }) {
  const { severity, kind, points, agent, explanation, acknowledged } = finding;
  return (
    <li class={`entry entry-${severity}`}>
      <p class="entry-head">
        <strong class={`severity-${severity}`}>{severity}</strong> <span>{kind}</span>{' '}
        <span class="hint">{[...points, agent].filter(Boolean).join(', ')}</span>
      </p>
      <p class="hint">{spanText(finding, zone)}</p>
      <p class="wide">{explanation}</p>
      {acknowledged !== null && (
        <p class="reason">
          Acknowledged by {acknowledged.by} on {zone.day(Date.parse(acknowledged.at))}: {acknowledged.reason}
        </p>
      )}
    </li>
  );
}

function spanText({ from, to }: Finding, zone: Zone): string {
  if (from === null || to === null) return 'holds now, whatever the period';
  const [startMs, endMs] = [Date.parse(from), Date.parse(to)];
  const isInstant = endMs - startMs < 60_000;
  const words = isInstant ? `${zone.day(startMs)} ${zone.clock(startMs)}` : zone.span(startMs, endMs);
  return `${words}, ${zone.name(startMs)}`;
}
