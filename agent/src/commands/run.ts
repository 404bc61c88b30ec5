import { createLogger, type Logger } from '@wattmark/shared/logger';
import { Agent } from '../agent.ts';
import type { Clock } from '../clock.ts';
import type { AgentConfig } from '../config.ts';
import { Supervisor } from '../supervisor.ts';
import { version } from '../version.ts';

/** Time from the signal to the exit, whatever hangs. */
const STOP_WITHIN_MS = 3_000;

/** Reads the configuration as it is now. */
export type Load = () => Promise<AgentConfig>;

/**
 * Samples and publishes until SIGINT or SIGTERM; on SIGHUP takes the configuration anew.
 * @throws ConfigError where the configuration cannot be used
 */
export async function run(load: Load, clock: Clock): Promise<void> {
  const config = await load();
  const log = createLogger('agent', config.logLevel);
  const { agent: id, site, group, sources } = config;
  const software = `wattmark-agent/${version}`;
  const agent = await Agent.open({ config, clock, random: Math.random, software, log });
  const { epoch, firstSeq, nextSeq, lost } = agent.spool;
  log.info({ software, agent: id, site, group, sources: sources.length, epoch, firstSeq, nextSeq, lost }, 'started');
  const supervisor = new Supervisor({ env: process.env, pid: process.pid, health: () => agent.health, clock, log });
  const stop = new AbortController();
  const onSignal = (signal: NodeJS.Signals): void => {
    if (stop.signal.aborted) process.exit(1);
    log.info({ signal }, 'stopping');
    stop.abort();
    void supervisor.stopping();
    setTimeout(() => process.exit(1), STOP_WITHIN_MS).unref();
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  let reloading = Promise.resolve();
  process.on('SIGHUP', () => {
    reloading = reloading.then(() => supervisor.reloading(() => reload(agent, load, log)));
  });
  void supervisor.watch(stop.signal);
  await agent.run(stop.signal);
  log.info({ ...agent.publisher.stats, depth: agent.spool.depth, lost: agent.spool.lost }, 'stopped');
}

/** Takes the configuration anew; one that has problems is logged and changes nothing. */
async function reload(agent: Agent, load: Load, log: Logger): Promise<void> {
  try {
    const config = await load();
    log.level = config.logLevel;
    const { needRestart, ...reloaded } = await agent.reload(config);
    log.info({ ...reloaded }, 'the configuration is in effect');
    if (needRestart.length > 0)
      log.warn({ keys: needRestart }, 'these keys take effect when the agent is started again');
  } catch (error) {
    log.error({ reason: (error as Error).message }, 'the configuration stays as it was');
  }
}
