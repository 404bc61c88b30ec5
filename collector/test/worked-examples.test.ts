import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';

/** The examples of docs/accounting.md, run: the documentation's numbers are the code's. */

type Run = (given: never) => unknown;

const directory = join(import.meta.dirname, 'examples');
const page = readFileSync(join(import.meta.dirname, '../../docs/accounting.md'), 'utf8');
const blocks = [...page.matchAll(/^```json example (\S+)\n([\s\S]*?)^```$/gm)];

const runs = new Map<string, Run>();
for (const file of readdirSync(directory)) {
  const { examples } = (await import(join(directory, file))) as { examples: Record<string, Run> };
  for (const [name, run] of Object.entries(examples)) runs.set(name, run);
}

for (const [, name = '', text = ''] of blocks) {
  t.test(name, async (t) => {
    const run = runs.get(name);
    if (run === undefined) return t.fail('no function runs this example');
    const { given, result } = JSON.parse(text) as { given: never; result: unknown };
    t.match(difference(run(given), result, text), null);
  });
}

t.test('every function has its example in the documentation', async (t) => {
  const names = blocks.map(([, name]) => name);
  t.strictSame(
    [...runs.keys()].filter((name) => !names.includes(name)),
    [],
  );
});

/** Where a value is not what the page says, in words; null where it is. A number is compared to the digits that are written. */
function difference(found: unknown, written: unknown, text: string): string | null {
  if (typeof written === 'number') {
    if (typeof found !== 'number') return `${String(found)} is not ${String(written)}`;
    return Math.abs(found - written) <= halfDigit(written, text) ? null : `${found} is not ${written}`;
  }
  if (typeof written !== 'object' || written === null)
    return found === written ? null : `${String(found)} is not ${String(written)}`;
  for (const [key, value] of Object.entries(written)) {
    const inside = difference((found as Record<string, unknown> | null | undefined)?.[key], value, text);
    if (inside !== null) return `${key}: ${inside}`;
  }
  return null;
}

/** Half of the last digit that is written: 1.30 asks for more than 1.3. */
function halfDigit(written: number, text: string): number {
  const decimals = [...text.matchAll(/-?\d+\.(\d+)/g)]
    .filter(([number]) => Number(number) === written)
    .map(([, digits = '']) => digits.length);
  return Math.max(0.5 * 10 ** -Math.max(0, ...decimals), 1e-12) * (decimals.length === 0 ? 1e-6 : 1);
}
