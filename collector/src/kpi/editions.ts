import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';

const editionSchema = v.strictObject({
  id: v.string(),
  title: v.string(),
  figure: v.picklist(['pue', 'see', 'notation']),
  status: v.picklist(['followed', 'withdrawn']),
  note: v.string(),
  source: v.string(),
});

/** An edition of a document that defines a figure. */
type Edition = Readonly<v.InferOutput<typeof editionSchema>>;

/** Documents that define figures; of each figure one edition is followed, and goes with every value. */
export const editions: readonly Edition[] = v.parse(
  v.array(editionSchema),
  JSON.parse(readFileSync(join(import.meta.dirname, 'editions.json'), 'utf8')),
);

/** The edition by which a figure is computed. */
export function editionOf(figure: Edition['figure']): Edition {
  const found = editions.find((edition) => edition.figure === figure && edition.status === 'followed');
  if (found === undefined) throw new RangeError(`no edition of ${figure} is followed`);
  return found;
}
