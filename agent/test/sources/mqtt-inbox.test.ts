import t from 'tap';
import type { Slot } from '../../src/sources/mqtt/format.ts';
import { Inbox } from '../../src/sources/mqtt/inbox.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { recordingLog } from '../support/log.ts';

const power: Slot = { point: 'a', channel: 'power', scale: 1, origin: 'topic x' };
const energy: Slot = { point: 'a', channel: 'energy', scale: 1 / 3600, origin: 'topic y' };

function bench(slots: readonly Slot[] = [power, energy], hold = false) {
  const clock = new FakeClock();
  const { log, entries } = recordingLog();
  const inbox = new Inbox(slots, { clock, log, everyMs: 10_000, expectMs: 30_000, hold });
  const say = (value: number, at: number | null = null, slot = power, series = 's') =>
    inbox.take({ slot, value, at, series }, false);
  const reasons = () => inbox.drain().noData.map(({ channel, reason }) => `${channel}: ${reason}`);
  return { clock, inbox, say, reasons, warnings: () => entries.map(({ msg }) => msg) };
}

t.test('readings come in the order of their times, once each, in the channel’s unit', async (t) => {
  const { clock, inbox, say } = bench();
  const now = clock.now();
  say(3, now - 1000);
  say(1, now - 3000);
  say(7200, now - 3000, energy);
  say(2, now - 2000);
  say(2.5, now - 2000);
  const { dated } = inbox.drain();
  t.same(dated, [
    {
      at: now - 3000,
      readings: [
        ['a', 'power', 1],
        ['a', 'energy', 2],
      ],
    },
    { at: now - 2000, readings: [['a', 'power', 2.5]] },
    { at: now - 1000, readings: [['a', 'power', 3]] },
  ]);
  t.same(inbox.drain().dated, []);
});

t.test('older than what was handed out is dropped, counted, and said once; the same again is no loss', async (t) => {
  const { clock, inbox, say, warnings } = bench();
  const now = clock.now();
  say(1, now);
  inbox.drain();
  say(1, now);
  t.equal(inbox.dropped.late, 0);
  say(9, now - 1);
  say(9, now - 2);
  say(8, now - 1, energy);
  t.match(inbox.drain().dated, [{ at: now - 1, readings: [['a', 'energy']] }], 'each channel has its own newest');
  t.equal(inbox.dropped.late, 2);
  t.same(warnings(), ['readings older than the newest one are dropped']);
});

t.test('a publisher whose clock is set back is not silently without data', async (t) => {
  const { clock, inbox, say, reasons } = bench([power]);
  say(1, clock.now());
  inbox.drain();
  for (let i = 0; i < 3; i++) {
    await clock.pass(10_000);
    say(2, clock.now() - 3_600_000);
    t.match(reasons(), [/^power: its readings are older than the newest one, of 2026-01-01T00:00:00.000Z: was the p/]);
    t.equal(inbox.silentMs, 0);
  }
  say(3, clock.now());
  t.match(inbox.drain(), { dated: [{ readings: [['a', 'power', 3]] }], noData: [] });
});

t.test('arrivals within one millisecond are apart', async (t) => {
  const { clock, inbox, say } = bench();
  say(1);
  say(2);
  t.match(inbox.drain().dated, [{ at: clock.now() }, { at: clock.now() + 1 }]);
  say(3);
  t.match(inbox.drain().dated, [{ at: clock.now() + 2, readings: [['a', 'power', 3]] }]);
});

t.test('a host whose clock is set back goes on', async (t) => {
  const { clock, inbox, say } = bench();
  say(1);
  inbox.drain();
  clock.jump(-3_600_000);
  say(2);
  t.match(inbox.drain().dated, [{ at: clock.now(), readings: [['a', 'power', 2]] }]);
  await clock.pass(10_000);
  say(3);
  t.match(inbox.drain().dated, [{ at: clock.now(), readings: [['a', 'power', 3]] }]);
});

t.test('a slot that says nothing has no data, with what is known about it', async (t) => {
  const { clock, inbox, say, reasons } = bench();
  t.same(reasons(), ['power: nothing yet from topic x', 'energy: nothing yet from topic y']);
  t.equal(inbox.silentMs, 0);
  say(1);
  inbox.take({ slot: energy, hint: 'messages come, but without E' }, false);
  t.same(reasons(), ['energy: nothing yet from topic y: messages come, but without E']);
  await clock.pass(30_000);
  t.same(reasons(), ['energy: nothing yet from topic y: messages come, but without E']);
  await clock.pass(5000);
  t.match(reasons(), ['power: nothing for 35 s from topic x', /^energy/]);
  t.equal(inbox.silentMs, 35_000);
  say(2);
  t.match(reasons(), [/^energy/]);
  inbox.take({ slot: power, problem: 'it died' }, false);
  t.match(reasons(), ['power: it died', /^energy/]);
  say(2);
  t.match(reasons(), [/^energy/], 'until the next value');
});

t.test('clocks that are ahead or were never set, and impossible values', async (t) => {
  const { clock, inbox, say, reasons } = bench([power]);
  say(1, clock.now() + 60_000);
  t.same(reasons(), [], 'a little ahead is usual');
  say(1, clock.now() + 3_600_000);
  t.same(reasons(), ["power: the publisher's clock is 3600 s ahead of this host's"]);
  say(1, 86_400_000);
  t.same(reasons(), ["power: the publisher's clock says 1970-01-02T00:00:00.000Z: is it set?"]);
  say(1, -1e300);
  t.match(reasons(), [/is it set/]);
  t.equal(inbox.dropped.misdated, 3);
  say(4_294_967_295_000);
  t.match(reasons(), [/impossible value/]);
  say(Number.NaN);
  t.same(reasons(), ['power: the instrument said NaN']);
});

t.test('two that match are none, until one of them is gone', async (t) => {
  const { clock, inbox, say, reasons } = bench([power]);
  say(1, null, power, 'host=a');
  t.same(reasons(), []);
  for (let i = 0; i < 8; i++) {
    await clock.pass(10_000);
    say(2, null, power, 'host=b');
    say(1, null, power, 'host=a');
    t.same(inbox.drain().dated, []);
    t.same(reasons(), ['power: both host=a and host=b match topic x: say which']);
  }
  for (let i = 0; i < 4; i++) {
    await clock.pass(10_000);
    say(2, null, power, 'host=b');
  }
  await clock.pass(30_000);
  inbox.drain();
  say(3, null, power, 'host=b');
  t.match(inbox.drain(), { dated: [{ readings: [['a', 'power', 3]] }], noData: [] });
});

t.test(
  'what stands is the newest value said of now, whatever the publisher’s clock; a history does not stand',
  async (t) => {
    const { clock, inbox, say } = bench([power], true);
    say(1, clock.now());
    inbox.drain();
    inbox.take({ slot: power, value: 7, at: clock.now() - 60_000, series: 's', isHistorical: true }, false);
    t.same(inbox.drain().readings, [['a', 'power', 1]]);
    say(2, clock.now() - 3_600_000);
    t.same(inbox.drain().readings, [['a', 'power', 2]], 'not the value from before the clock was set back');
  },
);

t.test('it holds a limited number of readings, and says when it drops the oldest', async (t) => {
  const { clock, inbox, say, warnings } = bench();
  const start = clock.now() - 20_000;
  for (let i = 0; i < 10_005; i++) say(i, start + i);
  const { dated = [] } = inbox.drain();
  t.equal(dated.length, 10_000);
  t.match(dated[0]?.readings, [['a', 'power', 5]]);
  t.equal(inbox.dropped.overflow, 5);
  t.same(warnings(), ['too many readings between two looks; the oldest are dropped']);
});

t.test('a publisher that is slower than was announced is noticed; an outage is not taken for one', async (t) => {
  const { clock, say, inbox, warnings } = bench();
  const steps = async (...seconds: number[]) => {
    for (const s of seconds) {
      await clock.pass(1000 * s);
      say(1);
      inbox.drain();
    }
  };
  await steps(10, 10, 600, 10, 600, 600, 10);
  t.same(warnings(), []);
  await steps(60, 60, 60);
  t.same(warnings(), ['readings come further apart than `every` says, and count as gaps: raise it']);
});

t.test(
  'a publisher that reports by exception: a value stands until it changes, fails or may have been missed',
  async (t) => {
    const { clock, inbox, say, reasons } = bench([power], true);
    say(1);
    t.match(inbox.drain(), { readings: [], dated: [{ readings: [['a', 'power', 1]] }] });
    await clock.pass(3_600_000);
    t.equal(inbox.silentMs, 0);
    t.same(inbox.drain(), { readings: [['a', 'power', 1]], dated: [], noData: [] });
    say(2, clock.now() - 50);
    t.same(
      inbox.drain(),
      { readings: [['a', 'power', 2]], dated: [], noData: [] },
      'a change that comes after the look',
    );
    inbox.take({ slot: power, problem: 'it died' }, false);
    t.match(inbox.drain(), { readings: [], noData: [{ reason: 'it died' }] });
    say(3);
    inbox.drain();
    inbox.letGo();
    t.same(inbox.drain().readings, []);
    await clock.pass(31_000);
    t.match(reasons(), [/nothing for 31 s/]);
  },
);
