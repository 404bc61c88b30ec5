import type { Birth } from '@wattmark/shared/messages';
import t from 'tap';
import { MeterBook } from '../../src/site/meter-book.ts';

const births = (at: number, serials: Readonly<Record<string, string | undefined>>): Birth =>
  ({
    v: 1,
    epoch: 'E',
    firstSeq: 1,
    at,
    points: Object.entries(serials).map(([point, serial]) => ({
      point,
      ...(serial === undefined ? {} : { meter: { serial } }),
    })),
  }) as unknown as Birth;

const before = (point: string) => ({ a: { pointId: 1, serial: 'x' }, b: { pointId: 2, serial: 'y' } })[point] ?? null;

t.test('another serial number is another instrument; none, the same or the first is not', async (t) => {
  const book = new MeterBook();
  book.note(3, births(100, { a: 'z', b: 'y', c: 'w' }), before);
  book.note(3, births(200, { a: undefined, b: undefined }), before);
  const change = { pointId: 1, agentId: 3, atMs: 100, before: 'x', after: 'z' };
  t.same([book.of(1), book.of(2), book.of(3)], [[change], [], []]);
  const again = new MeterBook();
  again.load(book.save());
  t.same(again.save(), [change]);
});

t.test('of each point the last sixteen are kept', async (t) => {
  const book = new MeterBook();
  for (let at = 0; at < 20; at++) book.note(3, births(at, { a: `z${at}`, b: 'new' }), before);
  t.same(
    book.of(1).map(({ atMs }) => atMs),
    Array.from({ length: 16 }, (_, index) => 4 + index),
  );
  t.equal(book.of(2).length, 16);
});
