import { createLogger } from '@wattmark/shared/logger';
import { allRead, type CheckedSource, checkSources } from '../check.ts';
import { checkJson, checkTable } from '../check-table.ts';
import type { Clock } from '../clock.ts';
import { judgeBroker } from '../commissioning/broker.ts';
import { judgeCollector, judgeSynchronisation } from '../commissioning/clock-skew.ts';
import type { Finding } from '../commissioning/finding.ts';
import { bySeverity, judgeChecked } from '../commissioning/judgement.ts';
import type { AgentConfig } from '../config.ts';
import { forgetful } from '../source-memory.ts';

export interface CheckCommand {
  readonly json: boolean;
  /** Time for which instruments are looked at, ms; 0 for two looks. */
  readonly watchMs: number;
  /** Whether to connect to the broker. */
  readonly broker: boolean;
  /** Address of the collector, whose clock is compared with this machine's. */
  readonly collector: string | undefined;
}

/** Whether everything was read and nothing is an error. What was read and found goes to `write`. */
export async function check(
  config: AgentConfig,
  command: CheckCommand,
  clock: Clock,
  write: (text: string) => void,
): Promise<boolean> {
  const surroundings = { clock, directory: config.directory, memory: forgetful };
  const log = createLogger('check', 'silent');
  const [checked, ...around] = await Promise.all([
    checkSources(config.sources, { surroundings, log, watchMs: command.watchMs }),
    judgeSynchronisation(),
    command.broker ? judgeBroker(config, clock) : [],
    command.collector === undefined ? [] : judgeCollector(command.collector, clock),
  ]);
  const findings = bySeverity([...judgeChecked(checked), ...around.flat()]);
  write((command.json ? checkJson : checkTable)(checked, findings, clock.monotonicMs()));
  return isGood(checked, findings);
}

function isGood(checked: readonly CheckedSource[], findings: readonly Finding[]): boolean {
  return allRead(checked) && findings.every(({ severity }) => severity !== 'error');
}
