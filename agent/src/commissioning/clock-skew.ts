import type { Clock } from '../clock.ts';
import { SourceError } from '../source.ts';
import { httpRequest } from '../sources/support/http.ts';
import { runProgram } from '../sources/support/program.ts';
import type { Finding } from './finding.ts';
import { thresholds } from './thresholds.ts';

const TIMEOUT_MS = 5_000;

/** Whether this machine's clock is kept by a time server, as far as systemd knows. */
export async function judgeSynchronisation(): Promise<Finding[]> {
  const options = { timeoutMs: TIMEOUT_MS, signal: new AbortController().signal };
  const answer = await runProgram('timedatectl', ['show', '--property=NTPSynchronized', '--value'], options).catch(
    () => null,
  );
  if (answer?.stdout.trim() !== 'no') return [];
  const message = 'no time server keeps the clock of this machine';
  const remedy = 'start chrony or systemd-timesyncd, and look whether it reaches a server';
  return [{ code: 'clock-unsynchronised', severity: 'warning', about: 'clock', message, remedy }];
}

/** This machine's clock beside that of the collector, by the `Date` of its answer. */
export async function judgeCollector(url: string, clock: Clock): Promise<Finding[]> {
  const beganAt = clock.now();
  const options = { timeoutMs: TIMEOUT_MS, signal: new AbortController().signal };
  const answer = await httpRequest(`${url.replace(/\/$/, '')}/healthz`, options).catch(
    (error: unknown) => error as Error,
  );
  if (answer instanceof Error) {
    const message = answer instanceof SourceError ? answer.message : `no answer from ${url}`;
    const remedy = 'is the collector started, and does it listen beyond its own host (http.host)?';
    return [{ code: 'collector', severity: 'warning', about: 'collector', message, remedy }];
  }
  const findings = judgeSkew(Date.parse(answer.headers.date ?? ''), beganAt, clock.now());
  if (answer.status === 200) return findings;
  const message = `answers ${answer.status}: ${answer.body.slice(0, 200)}`;
  const remedy = 'look at the log of the collector, and whether this is its address';
  return [...findings, { code: 'collector', severity: 'warning', about: 'collector', message, remedy }];
}

/**
 * @param dateMs what the collector's clock said, cut off to a second; NaN where it did not tell
 * @param beganAt when it was asked, by this machine's clock, UTC milliseconds
 * @param endedAt when its answer was there
 */
export function judgeSkew(dateMs: number, beganAt: number, endedAt: number): Finding[] {
  // Ahead by at least this: the answer was written after it was asked for, and the rest of its second had not gone by.
  const aheadMs = beganAt - (dateMs + 1_000);
  const behindMs = dateMs - endedAt;
  const skewMs = Math.max(aheadMs, behindMs);
  if (!(skewMs > thresholds.clockSkewMs)) return [];
  const isAhead = aheadMs > behindMs;
  const isUnbooked = isAhead && aheadMs > thresholds.clockAheadMs;
  const message = `this machine's clock is ${isAhead ? 'ahead of' : 'behind'} the collector's by ${(skewMs / 1000).toFixed(1)} s`;
  const loss = isUnbooked ? `${message}: readings more than 5 minutes ahead are not booked` : message;
  const remedy = 'let NTP keep the clocks of both';
  return [{ code: 'clock-skew', severity: isUnbooked ? 'error' : 'warning', about: 'clock', message: loss, remedy }];
}
