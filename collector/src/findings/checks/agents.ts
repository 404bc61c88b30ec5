import type { SkewSpan } from '../../accounting/clock-book.ts';
import { MAX_AHEAD_MS } from '../../accounting/accounting.ts';
import type { AgentFigures } from '../../figures.ts';
import type { Observation } from '../finding.ts';
import type { Inspection } from '../inspection.ts';
import { limits } from '../thresholds.ts';
import { count, duration } from '../wording.ts';

/** Agents whose clocks are or were wrong, and what they have lost or not sent yet. */
export function checkAgents({ notes, agents, agentNames, span, asOfMs }: Inspection): Observation[] {
  const skews = notes.clocks.flatMap((skew): Observation[] => {
    const isWithin = skew.toMs >= span.fromMs && skew.fromMs < span.toMs;
    if (!isWithin || skew.worstMs <= limits.clockSkewMs || (asOfMs !== null && skew.receivedMs > asOfMs)) return [];
    return [observeSkew(skew, agentNames[skew.agentId] ?? 'unknown')];
  });
  return [...skews, ...agents.flatMap(observeAgent)];
}

function observeSkew({ kind, fromMs, toMs, worstMs, messages }: SkewSpan, agent: string): Observation {
  const span = { fromMs, toMs };
  const many = `${count(messages, 'message')} of ${agent}`;
  if (kind === 'behind') {
    const facts = `${many} came with a steady delay of up to ${duration(worstMs)}.`;
    return { kind: 'clock-behind', severity: 'warning', points: [], agent, span, facts };
  }
  const isUnbooked = worstMs > MAX_AHEAD_MS;
  const loss = isUnbooked
    ? `; what is more than ${duration(MAX_AHEAD_MS)} ahead is kept as evidence and not accounted`
    : '';
  const facts = `${many} were dated up to ${duration(worstMs)} ahead of their arrival${loss}.`;
  return { kind: 'clock-ahead', severity: isUnbooked ? 'error' : 'warning', points: [], agent, span, facts };
}

function observeAgent({ agent, clockSkewMs, lost, spoolDepth }: AgentFigures): Observation[] {
  const about = { points: [], agent, span: null };
  const found: Observation[] = [];
  if (clockSkewMs !== null && Math.abs(clockSkewMs) > limits.clockSkewMs) {
    const where = clockSkewMs > 0 ? 'behind' : 'ahead of';
    const facts = `The clock of ${agent} is ${duration(Math.abs(clockSkewMs))} ${where} the collector’s.`;
    found.push({ ...about, kind: 'clock-skew', severity: 'warning', facts });
  }
  if (lost > 0) {
    const facts = `${agent} has lost ${count(lost, 'message')} since it was first seen.`;
    found.push({ ...about, kind: 'messages-lost', severity: 'warning', facts });
  }
  if (spoolDepth !== null && spoolDepth > limits.backlogMessages) {
    const facts = `${agent} has ${count(spoolDepth, 'message')} that the collector does not have yet.`;
    found.push({ ...about, kind: 'backlog', severity: 'notice', facts });
  }
  return found;
}
