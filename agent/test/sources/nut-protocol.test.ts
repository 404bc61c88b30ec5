import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import type { Channel } from '@wattmark/shared/channels';
import { Unit } from '../../src/sources/nut/unit.ts';
import { type Section, tell, variablesOf } from '../../src/sources/nut/variables.ts';
import { quote, wordsOf } from '../../src/sources/nut/words.ts';
import nut from '../../src/sources/nut.ts';
import { context, openSource, tick } from './conformance.ts';

t.test('words come back as they were quoted, and a line is taken apart whatever it says', async () => {
  const word = fc.string({ minLength: 1 }).filter((text) => !/\p{Cc}/u.test(text));
  fc.assert(
    fc.property(fc.array(word), (words) => wordsOf(words.map(quote).join(' ')).join('\n') === words.join('\n')),
  );
  fc.assert(fc.property(fc.string(), (line) => wordsOf(line).every((text) => typeof text === 'string')));
});

t.test('lines as the protocol shows them', async (t) => {
  t.same(wordsOf('UPS su700 "Development box"'), ['UPS', 'su700', 'Development box']);
  t.same(wordsOf(String.raw`VAR su700 ups.id "say \"hi\" \\ there"`), [
    'VAR',
    'su700',
    'ups.id',
    String.raw`say "hi" \ there`,
  ]);
});

function told(section: Section, variables: Readonly<Record<string, string>>, channel: Channel = 'power') {
  const found = tell(section, variablesOf(Object.entries(variables))).get(channel);
  return found?.value instanceof Error ? found.value.message : found?.value;
}

t.test('power: real before phases before the estimate, and never from VA', async (t) => {
  const phases = { 'output.L1.realpower': '100', 'output.L2.realpower': '200', 'output.L3.realpower': '300.5' };
  const estimate = { 'ups.load': '25', 'ups.realpower.nominal': '2000' };
  t.equal(told('output', { ...phases, ...estimate, 'ups.realpower': '610', 'output.realpower': '611' }), 610);
  t.equal(told('output', { ...phases, ...estimate, 'output.realpower': '611' }), 611);
  t.equal(told('output', { ...phases, ...estimate }), 600.5);
  t.equal(told('output', estimate), 500);
  t.equal(told('output', { 'ups.load': '25', 'ups.power.nominal': '2000', 'ups.power': '500' }), undefined);
  t.equal(
    told('output', { 'output.L1.realpower': '100', 'output.L2.realpower': '200' }),
    undefined,
    'a phase is missing',
  );
  t.equal(told('input', { 'input.L1.realpower': '1', 'input.L2.realpower': '2', 'input.L3.realpower': '3' }), 6);
});

t.test('voltage is the mean of the phases, current their sum', async (t) => {
  const phases = [1, 2, 3].flatMap((n) => [
    [`output.L${n}-N.voltage`, `${229 + n}`],
    [`output.L${n}.current`, `${n}.5`],
  ]);
  const variables = Object.fromEntries(phases) as Record<string, string>;
  t.equal(told('output', variables, 'voltage'), 231);
  t.equal(told('output', variables, 'current'), 7.5);
});

t.test('what cannot be is no data, with the reason', async (t) => {
  const cases: readonly [Section, Record<string, string>, RegExp][] = [
    ['output', { 'ups.realpower': 'NA' }, /ups.realpower is "NA", which is no number/],
    ['output', { 'ups.realpower': '1,200' }, /no number/],
    ['output', { 'ups.realpower': '4294967295' }, /impossible value 4294967295 \(plausible is 0 to 10000000\)/],
    [
      'output',
      { 'ups.realpower': '6000', 'ups.realpower.nominal': '2700' },
      /impossible value 6000 \(plausible is 0 to 5400\)/,
    ],
    ['output', { 'ups.realpower': '-1' }, /impossible value -1/],
    ['output', { 'ups.realpower': '0', 'ups.load': '39' }, /ups.realpower is 0 although ups.load is 39 %/],
    ['output', { 'ups.load': '300', 'ups.realpower.nominal': '540' }, /impossible value 1620/],
    [
      'battery',
      { 'battery.voltage': '50', 'battery.current': '2', 'ups.status': 'OL' },
      /which way the power .* flows/,
    ],
  ];
  for (const [section, variables, reason] of cases) t.match(told(section, variables), reason);
  t.equal(told('output', { 'ups.realpower': '0', 'ups.load': '0' }), 0, 'no load is no load');
  t.equal(told('input', { 'input.realpower': '0', 'ups.load': '39' }), 0, 'on battery nothing comes in');
});

t.test('three phases, as drivers tell them', async (t) => {
  const phases = (prefix: string, quantity: string, values: readonly number[]) =>
    Object.fromEntries(values.map((value, index) => [`${prefix}.L${index + 1}.${quantity}`, String(value)]));
  t.equal(told('output', phases('ups', 'realpower', [90, 110, 100.5])), 300.5, 'a HP R12000');
  const silcon = { 'output.current': '99', ...phases('output', 'current', [130, 150, 140]) };
  t.equal(told('output', silcon, 'current'), 420, 'a total that is none');
  const powerware = { 'ups.power': '30000', ...phases('output', 'realpower', [30000, 40000, 35000]) };
  t.equal(told('output', powerware), 105_000);
  t.match(
    told('output', powerware, 'apparent-power'),
    /^the UPS says 30000, less than its power of 105000 W: .*one phase$/,
  );
  const noughts = { ...phases('output', 'power', [0, 0, 0]), 'ups.power': '4100' };
  t.equal(told('output', noughts, 'apparent-power'), 4100, 'phases that are not told');
});

t.test('noughts that other variables contradict', async (t) => {
  const bypass = {
    'ups.realpower': '226',
    'ups.load': '5',
    'output.voltage': '0.0',
    'output.frequency': '0.0',
    'output.powerfactor': '0.00',
  };
  for (const channel of ['voltage', 'frequency', 'power-factor'] as const) {
    t.equal(told('output', bypass, channel), 'the UPS says 0, although its power is 226 W');
  }
  t.equal(told('output', { ...bypass, 'ups.realpower': '0', 'ups.load': '0' }, 'voltage'), 0, 'an output that is off');
  for (const [name, channel] of [['output.current', 'current'] as const, ['ups.power', 'apparent-power'] as const]) {
    t.equal(told('output', { [name]: '0', 'ups.load': '90' }, channel), `${name} is 0 although ups.load is 90 %`);
    t.equal(told('output', { [name]: '0', 'ups.load': '1' }, channel), 0);
  }
  const input = { 'input.realpower': '0', 'input.current': '2.3' };
  t.equal(told('input', input), 'the UPS says 0, although its current is 2.3 A');
  t.equal(told('input', { ...input, 'input.current': '0' }), 0);
});

const unitOf = () =>
  new Unit('x', { point: 'a', from: 'x', role: 'it' }, { log: context.log, intervalMs: 1000, simulated: false });

const take = (unit: Unit, variables: Readonly<Record<string, string>>) =>
  unit.take(variablesOf(Object.entries(variables)));

t.test('another serial number is another UPS, of which nothing is known', async (t) => {
  const unit = unitOf();
  take(unit, { 'ups.serial': 'A1', 'ups.realpower': '1', 'battery.charge': '90' });
  const before = unit.points;
  t.match(before, [
    { point: 'a', meter: { serial: 'A1' } },
    { point: 'a-battery', channels: ['charge'] },
  ]);
  t.match(take(unit, { 'ups.serial': 'A1', 'ups.realpower': '1' }), [
    ['a', 'power', 1],
    { point: 'a-battery', channel: 'charge', reason: 'the UPS does not tell its charge' },
  ]);
  t.equal(unit.points, before, 'what it does not tell now, it still has');
  t.same(take(unit, { 'ups.serial': 'B2', 'ups.realpower': '2' }), [['a', 'power', 2]]);
  t.match(unit.points, [{ point: 'a', role: 'it', meter: { serial: 'B2' } }]);
  t.equal(unit.points.length, 1);
});

t.test('a power distribution unit is its input', async (t) => {
  const unit = unitOf();
  const pdu = { 'device.type': 'pdu', 'input.realpower': '300', 'input.power': '500', 'input.voltage': '230' };
  t.same(take(unit, pdu), [
    ['a', 'power', 300],
    ['a', 'apparent-power', 500],
    ['a', 'voltage', 230],
  ]);
  t.match(unit.points, [{ point: 'a', role: 'it' }]);
});

t.test('the input of a UPS is a point only where its power is told', async (t) => {
  const ups = { 'ups.realpower': '300', 'input.voltage': '230' };
  t.same(take(unitOf(), ups), [['a', 'power', 300]]);
  t.same(take(unitOf(), { ...ups, 'input.realpower': '330' }), [
    ['a', 'power', 300],
    ['a-input', 'power', 330],
    ['a-input', 'voltage', 230],
  ]);
});

/** A server that says what the test wants, whatever it is asked. */
async function openAt(t: Test, answer: (socket: Socket) => void, config = {}) {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', () => answer(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const source = await openSource(nut, { host: '127.0.0.1', port, timeout: '300ms', ...config });
  t.teardown(async () => {
    await source.close();
    server.close();
  });
  return source;
}

t.test('a server that says too much, or nonsense, is left', async (t) => {
  const line = await openAt(t, (socket) => socket.write(`BEGIN LIST UPS\n${'x'.repeat(5000)}`));
  t.match(await tick(line), { message: /a line of more than 4096 characters/ });
  const list = await openAt(t, (socket) => socket.write(`BEGIN LIST UPS\n${'UPS a "b"\n'.repeat(3000)}`));
  t.match(await tick(list), { message: /a list of more than 2000 lines/ });
  const other = await openAt(t, (socket) => socket.write('BEGIN LIST CMD a\nEND LIST CMD a\n'));
  t.match(await tick(other), { message: /answers LIST UPS with another list/ });
  const nonsense = await openAt(t, (socket) => socket.write('\u0000\uffff\n'));
  t.match(await tick(nonsense), {
    message: /unintelligible answer .*: is it upsd that listens there\?/,
  });
  const silent = await openAt(t, () => {});
  for (const kind of ['absent', 'absent']) t.match(await tick(silent), { kind, message: /no answer within 300 ms/ });
  const closing = await openAt(t, (socket) => socket.end());
  t.match(await tick(closing), { message: /upsd closed the connection: is this host allowed to connect\?/ });
  const empty = await openAt(t, (socket) => socket.write('BEGIN LIST UPS\nEND LIST UPS\n'));
  t.match(await tick(empty), { kind: 'absent', message: /upsd has no UPS/ });
});

t.test('what is said in clear after STARTTLS is not taken for an answer', async (t) => {
  for (const said of ['OK STARTTLS\nOK\n', 'OK STARTTLS\nOK']) {
    const source = await openAt(t, (socket) => socket.write(said), { tls: 'starttls', username: 'a' });
    t.match(await tick(source), { message: /unintelligible answer "OK"/ });
  }
});

t.test('nobody listens', async (t) => {
  const source = await openSource(nut, { host: '127.0.0.1', port: 1 });
  t.teardown(() => source.close());
  const message =
    /cannot connect to 127.0.0.1:1: ECONNREFUSED; does upsd run there, and does LISTEN .* name this address\?/;
  t.match(await tick(source), { kind: 'absent', message });
});

t.test('what cannot work is refused before it begins', async (t) => {
  const place = { host: '127.0.0.1' };
  const point = { point: 'a', from: 'x' };
  const wrong: readonly [object, RegExp][] = [
    [{ points: [{ point: 'a' }] }, /must each name a UPS with from/],
    [{ points: [point, { point: 'b', from: 'x' }] }, /must not name a UPS more than once/],
    [{ points: [{ point: 'a'.repeat(60), from: 'x' }] }, /at most 55 characters/],
    [{ points: [point], prefix: 'ups' }, /prefix is only for use without points/],
    [{ password: 'x' }, /password needs a username/],
    [{ username: 'a\nLOGOUT' }, /control characters/],
    [{ ca: 'ca.pem' }, /ca is only for tls: starttls/],
  ];
  for (const [config, message] of wrong) await t.rejects(openSource(nut, { ...place, ...config }), { message });
});
