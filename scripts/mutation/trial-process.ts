import fc, { type IRawProperty, type Parameters } from 'fast-check';
import t, { type Test } from 'tap';
import type { Answer } from './trial.ts';

/**
 * Runs one bundled test file, once as it is and once for each mutant that it is sent, in one process: to start tap for
 * each would take longer than the test. The parent ends it where a mutant never ends.
 */

const [bundle = ''] = process.argv.slice(2);
const globals = globalThis as typeof globalThis & {
  $mutant?: (id: number) => boolean;
  $test?: Test;
  $check?: typeof fc;
};

/** Fewer than in the tests of a change: they make a run short. */
const MOST_EXAMPLES = 30;

// That an example failed is enough; the smallest one is not asked for. The seed makes every run the same.
fc.configureGlobal({ endOnFailure: true, seed: 1 });

const check = ((property: IRawProperty<unknown>, { numRuns = MOST_EXAMPLES, ...more }: Parameters<unknown> = {}) =>
  fc.assert(property, { ...more, numRuns: Math.min(numRuns, MOST_EXAMPLES) })) as typeof fc.assert;
globals.$check = { ...fc, assert: check };

/** Every run imports the bundle anew. */
let runs = 0;

/** A test with a mutant in force. */
async function runWith(mutant: number, trials: Test): Promise<Answer> {
  const reached = new Set<number>();
  globals.$mutant = (id) => {
    reached.add(id);
    return id === mutant;
  };
  const before = process.cpuUsage();
  const results = await trials.test(`mutant ${mutant}`, async (test) => {
    globals.$test = test;
    await import(`${bundle}?${(runs += 1)}`);
  });
  const { user, system } = process.cpuUsage(before);
  const cpuMs = Math.round((user + system) / 1000);
  return { id: mutant, passed: results?.ok === true, cpuMs, reached: mutant === 0 ? [...reached] : [] };
}

// Tap ends with its last test; this one lasts until the parent ends it.
t.setTimeout(0);
void t.test('trials', { timeout: 0 }, async (trials) => {
  process.on('message', (mutant: number) => {
    void runWith(mutant, trials).then((answer) => process.send?.(answer));
  });
  // tsx has taken its hand off the channel.
  process.channel?.ref();
  await new Promise((resolve) => process.once('disconnect', resolve));
  process.exit();
});
