import type { Room } from './room.ts';

const FILL_WITHIN_MS = 10 * 60_000;
const WARM_UP = 5;

/** What a store is filled with: points of the first site are among those that measure IT, behind one of the supply. */
interface Size {
  readonly sites: number;
  readonly points: number;
  readonly itPoints: number;
}

/** A data directory with a year of quarter-hours and days. */
export interface Year {
  /** In the room. */
  readonly data: string;
  readonly from: string;
  readonly to: string;
  /** The store's own answer to a year of days of a site, median, ms. */
  readonly storeMs: number;
  /** The database's sums of all that the first site's days, and its quarter-hours, say of its points, medians, ms. */
  readonly daySumsMs: number;
  readonly quarterSumsMs: number;
}

export async function fillYear(room: Room, { sites, points, itPoints }: Size): Promise<Year> {
  const data = `data-${sites}-${itPoints}`;
  const size = ['--data', room.path(data), '--sites', `${sites}`, '--points', `${points}`];
  const known = room.startLoad('history', [...size, '--it-points', `${itPoints}`, '--minutes', '2']);
  await known.expect((line) => (line.startsWith('{') ? line : null), FILL_WITHIN_MS);
  await known.ended;
  const filling = room.startLoad('year', size);
  const filled = await filling.expect((line) => (line.startsWith('{') ? JSON.parse(line) : null), FILL_WITHIN_MS);
  await filling.ended;
  return { data, ...filled };
}

/**
 * Times of complete answers, ms, after some that do not count.
 * @param objection why an answer is not the one that was wanted, or null
 * @throws Error where one is not
 */
export async function timesOf(
  url: string,
  questions: number,
  objection: (answer: unknown) => string | null,
): Promise<number[]> {
  const answersMs: number[] = [];
  for (let question = 0; question < WARM_UP + questions; question++) {
    const startMs = performance.now();
    const answer = await fetch(url);
    const text = await answer.text();
    const elapsedMs = performance.now() - startMs;
    if (question >= WARM_UP) answersMs.push(elapsedMs);
    const wrong = answer.ok ? objection(JSON.parse(text)) : text.slice(0, 300);
    if (wrong !== null) throw new Error(`${url}: ${answer.status}, ${wrong}`);
  }
  return answersMs;
}
