import type { CheckedSource } from '../check.ts';
import { judgeAnswers } from './answers.ts';
import { type Finding, severities } from './finding.ts';
import { judgeMains } from './mains.ts';
import { judgePhases } from './phases.ts';
import { judgePower, judgeRating } from './power.ts';
import { judgeRegisters } from './register.ts';
import { type SeenPoint, seenPoints } from './seen.ts';
import { judgeSign } from './sign.ts';
import { judgeStillness } from './stillness.ts';

/** Judges of what all points of an agent said, each a pure function of it. */
const judges: readonly ((points: readonly SeenPoint[]) => Finding[])[] = [
  judgeOwners,
  judgeSign,
  judgePower,
  judgeRating,
  judgePhases,
  judgeMains,
  judgeRegisters,
  judgeStillness,
];

/** Everything that is suspicious in how instruments answered and what they said, the worst first. */
export function judgeChecked(checked: readonly CheckedSource[]): Finding[] {
  return bySeverity([...judgeAnswers(checked), ...judgePoints(checked.flatMap(seenPoints))]);
}

/** Everything that is suspicious in what points said. */
export function judgePoints(points: readonly SeenPoint[]): Finding[] {
  return judges.flatMap((judge) => judge(points));
}

export function bySeverity(findings: readonly Finding[]): Finding[] {
  return [...findings].sort((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity));
}

/** Two sources that read one point, which shows only once the instruments tell their points. */
function judgeOwners(points: readonly SeenPoint[]): Finding[] {
  const owners = new Map<string, string>();
  return points.flatMap(({ point, source }): Finding[] => {
    const first = owners.get(point) ?? source;
    owners.set(point, first);
    if (first === source) return [];
    const message = `is read by ${first} and by ${source}; the second one is given up when the agent runs`;
    return [
      { code: 'point-twice', severity: 'error', about: point, message, remedy: 'give one of them another point id' },
    ];
  });
}
