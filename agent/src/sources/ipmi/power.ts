import type { Logger } from '@wattmark/shared/logger';
import { dcmiArgs, dcmiPowerIn } from './dcmi.ts';
import { createRepository } from './repository.ts';
import { createSum, listOf, machineSensors, namedSensors, type SensorAnswer } from './sensors.ts';
import type { WattSensor } from './sdr.ts';
import type { Tool } from './tool.ts';

export interface PowerOptions {
  readonly tool: Tool;
  /** For each run of ipmitool, except for the one that copies the sensor repository. */
  readonly timeoutMs: number;
  /** Sensors that the operator named, instead of DCMI. */
  readonly sensors: readonly string[] | undefined;
  readonly log: Logger;
}

/** A machine's power, by whichever way its BMC has: DCMI, or its sensors. The way is found once. */
export interface Power {
  /** @throws SourceError where the BMC does not answer. */
  read(signal: AbortSignal): Promise<SensorAnswer>;
  /** The next read looks for the way anew: it may be another machine. */
  forget(): void;
  close(): Promise<void>;
}

type Way = (signal: AbortSignal) => Promise<SensorAnswer>;

export function createPower({ tool, timeoutMs, sensors, log }: PowerOptions): Power {
  const repository = createRepository(tool);
  let way: Way | null = null;

  const readDcmi = async (signal: AbortSignal) => dcmiPowerIn(await tool(dcmiArgs, signal, timeoutMs));

  function sensorWay(file: string, chosen: readonly WattSensor[]): Way {
    const names = chosen.map(({ name }) => name);
    const sum = createSum(chosen, log);
    log.info({ sensors: names }, 'power is read from sensors of the BMC');
    return async (signal) => {
      const args = ['-S', file, '-c', 'sensor', 'reading', ...names];
      return sum((await tool(args, signal, timeoutMs)).stdout);
    };
  }

  async function findWay(signal: AbortSignal): Promise<SensorAnswer> {
    if (sensors !== undefined) {
      const copy = await repository.copy(signal);
      way = sensorWay(copy.file, namedSensors(sensors, copy.sensors));
      return way(signal);
    }
    const answer = await readDcmi(signal);
    if ('powerW' in answer) way = readDcmi;
    if ('powerW' in answer || !answer.isLasting) return answer;
    const copy = await repository.copy(signal);
    const chosen = machineSensors(copy.sensors);
    const hint = `no sensor is known for the machine's power (${listOf(copy.sensors)}): name some with sensors`;
    way = chosen.length > 0 ? sensorWay(copy.file, chosen) : async (signal) => withHint(await readDcmi(signal), hint);
    return way(signal);
  }

  return {
    read: (signal) => (way ?? findWay)(signal),
    forget() {
      way = null;
    },
    close: () => repository.close(),
  };
}

function withHint(answer: SensorAnswer, hint: string): SensorAnswer {
  return 'reason' in answer ? { reason: `${answer.reason}; and ${hint}` } : answer;
}
