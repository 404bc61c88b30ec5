import { SourceError } from '../../source.ts';

/** Answers in a row that an instrument may owe before it counts as gone rather than slow. */
const PATIENCE = 3;

/** Tells a lost answer from an instrument that is not there. */
export interface Silence {
  /** The instrument answered, whatever it said. */
  broken(): void;
  /** The instrument owed an answer: `retry` while it may just be slow, `absent` where it never answered or stopped. */
  failure(message: string): SourceError;
}

export function createSilence(): Silence {
  let owed = PATIENCE;
  return {
    broken() {
      owed = 0;
    },
    failure(message) {
      owed += 1;
      return new SourceError(owed < PATIENCE ? 'retry' : 'absent', message);
    },
  };
}
