import { SourceError } from '../../source.ts';
import { createSilence } from '../support/silence.ts';
import { type Bus, unitIsMissing } from './bus.ts';
import { NoAnswer, Refusal } from './framing.ts';
import type { Ask } from './reader.ts';

/** One unit of a bus. */
export interface Device {
  /** Grows whenever the device may have become another one. */
  readonly connections: number;
  /** Asks until `signal` aborts. @throws SourceError where the device does not answer. */
  asking(signal: AbortSignal): Ask;
  close(): Promise<void>;
}

export function createDevice(bus: Bus, unit: number, timeoutMs: number): Device {
  const silence = createSilence();
  return {
    get connections() {
      return bus.connections;
    },
    asking: (signal) => async (span) => {
      try {
        const answer = await bus.ask({ unit, ...span }, timeoutMs, signal);
        if (answer instanceof Refusal && unitIsMissing(answer)) throw answer;
        silence.broken();
        return answer;
      } catch (error) {
        if (error instanceof SourceError) throw error;
        const isSilence = error instanceof Refusal || error instanceof NoAnswer;
        throw isSilence ? silence.failure(`${bus.name} unit ${unit}: ${error.message}`) : error;
      }
    },
    close: async () => bus.release(),
  };
}
