import type { CheckedSource } from '../check.ts';
import type { Finding } from './finding.ts';

/** How instruments answer: too late for a tick, or not every time. */
export function judgeAnswers(checked: readonly CheckedSource[]): Finding[] {
  return checked
    .filter(({ problem }) => problem === null)
    .flatMap((source) => [...judgeDelay(source), ...judgeFailures(source)]);
}

/** The first look may take longer: the instrument is asked who it is, or its tables are walked. */
function judgeDelay({ configured, looks }: CheckedSource): Finding[] {
  const { label, deadlineMs } = configured;
  const delays = looks.slice(1).map(({ tookMs }) => tookMs);
  const late = delays.filter((delayMs) => delayMs > deadlineMs);
  if (late.length === 0) return [];
  const slowest = (Math.max(...late) / 1000).toFixed(1);
  const isMostly = late.length > delays.length / 2;
  return [
    {
      code: 'slow',
      severity: isMostly ? 'error' : 'warning',
      about: label,
      message: `${late.length} of ${delays.length} looks took longer than the deadline of ${deadlineMs} ms, up to ${slowest} s`,
      remedy:
        'in operation such readings are lost: set a longer deadline and interval, read fewer channels, or look at the network',
    },
  ];
}

function judgeFailures({ configured, looks }: CheckedSource): Finding[] {
  const failed = looks.slice(1).filter(({ problem }) => problem !== null);
  const [first] = failed;
  if (first === undefined) return [];
  return [
    {
      code: 'fails-at-times',
      severity: 'warning',
      about: configured.label,
      message: `${failed.length} of ${looks.length - 1} looks failed: ${first.problem}`,
      remedy: 'look at the wiring or the network, and whether another program reads the same instrument',
    },
  ];
}
