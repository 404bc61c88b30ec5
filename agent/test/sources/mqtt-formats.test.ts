import fc from 'fast-check';
import t from 'tap';
import type { Slot } from '../../src/sources/mqtt/format.ts';
import { topicMatches } from '../../src/sources/mqtt/format.ts';
import { parseLines } from '../../src/sources/mqtt/line-protocol.ts';
import { createPlain, type PlainSlot } from '../../src/sources/mqtt/plain.ts';
import { timeOf } from '../../src/sources/mqtt/published-time.ts';
import { numberOf } from '../../src/sources/support/decimal.ts';
import { valueAt } from '../../src/sources/support/json-path.ts';
import { createTelegraf, type TelegrafSlot } from '../../src/sources/mqtt/telegraf.ts';

const message = (topic: string, payload: string) => ({ topic, payload: Buffer.from(payload), retained: false });
const base: Slot = { point: 'a', channel: 'power', scale: 1, origin: 'somewhere' };

const escaped = (text: string, characters: RegExp) => text.replaceAll(characters, '\\$&');
/** A backslash before what needs one is ambiguous in the protocol itself. */
const word = fc
  .string({ minLength: 1, maxLength: 12 })
  .filter((text) => !/[\\\n\r#]/.test(text) && text.trim() === text);
const value = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.string({ maxLength: 20 }).filter((text) => !text.includes('\r')),
);
const line = fc.record({
  measurement: word,
  tags: fc.dictionary(word, word, { maxKeys: 3, noNullPrototype: true }),
  fields: fc.dictionary(word, value, { minKeys: 1, maxKeys: 3, noNullPrototype: true }),
  time: fc.option(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String)),
});

t.test('line protocol: what was written is read, however it must be escaped', async (t) => {
  const write = ({ measurement, tags, fields, time }: typeof line extends fc.Arbitrary<infer L> ? L : never) => {
    const key = (text: string) => escaped(text, /[,= ]/g);
    const head = [escaped(measurement, /[, ]/g), ...Object.entries(tags).map(([k, v]) => `${key(k)}=${key(v)}`)].join(
      ',',
    );
    const field = (v: string | number | boolean) => (typeof v === 'string' ? `"${escaped(v, /["\\]/g)}"` : String(v));
    const body = Object.entries(fields).map(([k, v]) => `${key(k)}=${field(v)}`);
    return [head, body.join(','), ...(time === null ? [] : [time])].join(' ');
  };
  fc.assert(
    fc.property(
      fc.array(line, { maxLength: 4 }),
      fc.constantFrom('\n', '\r\n', '\n\n# a comment, "quoted"\n'),
      (lines, end) => {
        t.same(parseLines(lines.map(write).join(end)), lines);
      },
    ),
    { numRuns: 300 },
  );
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        return Array.isArray(parseLines(text));
      } catch (error) {
        return /^line \d+ is not line protocol: it lacks /.test((error as Error).message);
      }
    }),
  );
});

t.test('line protocol: the examples of its reference', async (t) => {
  const lines = parseLines('weather,location=us-midwest temperature=82,humidity=71i 1465839830100400200\n# a comment');
  t.same(lines, [
    {
      measurement: 'weather',
      tags: { location: 'us-midwest' },
      fields: { temperature: 82, humidity: 71 },
      time: '1465839830100400200',
    },
  ]);
  t.same(
    parseLines('wea\\,ther,loc\\ ation=us\\,mid\\=west temp\\=rature=8.2e1,free=12u,text="too \\"hot\\", C:\\\\"'),
    [
      {
        measurement: 'wea,ther',
        tags: { 'loc ation': 'us,mid=west' },
        fields: { 'temp=rature': 82, free: 12, text: 'too "hot", C:\\' },
        time: null,
      },
    ],
  );
  for (const [text, lacks] of [
    ['weather', 'a space before the fields'],
    ['weather,location temperature=82', '= after the tag location'],
    ['weather temperature=warm', 'a value, not warm'],
    ['weather temperature=82 yesterday', 'a time, not yesterday'],
    ['weather a=1\nweather text="open', 'the end of a text'],
  ] as const) {
    t.throws(() => parseLines(text), { message: new RegExp(`it lacks ${lacks}`) });
  }
});

const watts: TelegrafSlot = {
  ...base,
  measurement: 'ipmi_sensor',
  tags: { host: 'node-7', name: 'pwr_consumption' },
  field: 'value',
};

t.test('telegraf: one metric, a batch, and lines say the same', async (t) => {
  // As its documents show what the ipmi_sensor input gives and how the serializers write it.
  const metric = (name: string, power: number) => ({
    fields: { status: 1, value: power },
    name: 'ipmi_sensor',
    tags: { host: 'node-7', name, unit: 'watts' },
    timestamp: 1458229140,
  });
  const batch = {
    metrics: [metric('fan_1', 4680), metric('pwr_consumption', 210), { ...metric('x', 1), name: 'cpu' }],
  };
  const at = 1_458_229_140_000;
  const news = [{ slot: watts, value: 210, at, series: 'host=node-7,name=pwr_consumption,unit=watts' }];
  const json = createTelegraf('telegraf-json', ['telegraf/#'], [watts]);
  t.same(json.decode(message('telegraf/node-7', JSON.stringify(metric('pwr_consumption', 210)))), news);
  t.same(json.decode(message('telegraf/node-7', JSON.stringify(batch))), news);
  const influx = createTelegraf('influx', ['telegraf/#'], [watts]);
  const tags = 'host=node-7,name=pwr_consumption,unit=watts';
  for (const time of ['1458229140', '1458229140000', '1458229140000000', '1458229140000000000']) {
    const text = `cpu,host=node-7 usage_idle=99 ${time}\nipmi_sensor,${tags} status=1i,value=210 ${time}\n`;
    t.same(influx.decode(message('telegraf/node-7', text)), news);
  }
  t.match(influx.decode(message('a', `ipmi_sensor,${tags} value=210`)), [{ at: null }]);
  t.match(influx.decode(message('a', `ipmi_sensor,${tags} value="high"`)), [
    { problem: 'value is not a number: "high"' },
  ]);
  t.match(influx.decode(message('a', `ipmi_sensor,${tags} status=1i`)), [{ hint: 'its fields are status' }]);
  t.same(influx.decode(message('a', `ipmi_sensor,host=node-8,name=pwr_consumption value=210`)), [], 'another host');
  t.throws(() => json.decode(message('a', '{"power": 1}')), /not telegraf's JSON: a metric has a name and fields/);
});

t.test('JSON as Tasmota, Shelly and Zigbee2MQTT publish it, and bare numbers', async (t) => {
  const plain = (topic: string, path: string | null, time: string | null = null): PlainSlot => ({
    ...base,
    topic,
    path,
    time,
  });
  const said = (slot: PlainSlot, topic: string, payload: unknown) =>
    createPlain([slot]).decode(message(topic, typeof payload === 'string' ? payload : JSON.stringify(payload)));
  const tasmota = { Time: '2026-05-04T12:00:00', ENERGY: { Total: 12.5, Power: 217, Voltage: 230 } };
  t.match(said(plain('tele/+/SENSOR', 'ENERGY.Power'), 'tele/rack/SENSOR', tasmota), [
    { value: 217, at: null, series: 'tele/rack/SENSOR' },
  ]);
  t.match(said(plain('tele/rack/SENSOR', 'ENERGY.Power', 'Time'), 'tele/rack/SENSOR', tasmota), [
    { problem: /the time "2026-05-04T12:00:00" does not say its zone: leave out time/ },
  ]);
  const shelly = { method: 'NotifyStatus', params: { ts: 1_631_266_595.44, 'switch:0': { id: 0, apower: 8.9 } } };
  t.match(said(plain('shelly/events/rpc', 'params.switch:0.apower', 'params.ts'), 'shelly/events/rpc', shelly), [
    { value: 8.9, at: 1_631_266_595_440 },
  ]);
  t.match(said(plain('shelly/events/rpc', 'params.switch:1.apower'), 'shelly/events/rpc', shelly), [
    { hint: 'messages come, but without params.switch:1.apower' },
  ]);
  const zigbee = { power: '85.3', last_seen: '2026-05-04T12:00:00+02:00' };
  t.match(said(plain('zigbee2mqtt/plug', 'power', 'last_seen'), 'zigbee2mqtt/plug', zigbee), [
    { value: 85.3, at: Date.UTC(2026, 4, 4, 10) },
  ]);
  t.match(said(plain('zigbee2mqtt/plug', 'power', 'time'), 'zigbee2mqtt/plug', zigbee), [
    { problem: /no time for its time/ },
  ]);
  t.match(said(plain('a', 'power'), 'a', { power: null }), [{ problem: 'not a number: null' }]);
  t.match(said(plain('a', 'power'), 'a', '<html>'), [{ problem: 'not JSON: "<html>"' }]);
  t.match(said(plain('homie/pdu/meter/power', null), 'homie/pdu/meter/power', '123.4'), [{ value: 123.4, at: null }]);
  for (const text of ['', 'NaN', '12,5', 'offline', '0x10', '1 2'])
    t.match(said(plain('a', null), 'a', text), [{ problem: /not a number/ }], text);
  t.same(said(plain('a', null), 'b', '1'), []);
});

t.test('paths: dots, list items, and pointers where keys have dots', async (t) => {
  const document = { a: [{ 'b.c': 1, '/~': 2 }], d: null };
  t.equal(valueAt(document, '/a/0/b.c'), 1);
  t.equal(valueAt(document, '/a/0/~1~0'), 2);
  t.same(valueAt(document, 'a.0'), document.a[0]);
  for (const path of ['a.1', 'd.e', 'a.length.x', 'toString', 'a.0.__proto__'])
    t.equal(valueAt(document, path), undefined);
});

t.test('times in any unit, told by their size', async (t) => {
  fc.assert(
    fc.property(fc.integer({ min: Date.UTC(2020), max: Date.UTC(2100) }), (ms) => {
      const same = (text: string) => timeOf(text) === ms;
      return timeOf(ms) === ms && same(`${ms}000`) && same(`${ms}000000`) && same(new Date(ms).toISOString());
    }),
  );
  t.equal(timeOf(1_458_229_140), 1_458_229_140_000);
  t.throws(() => timeOf(null), /null is not a time/);
  t.throws(() => timeOf('tomorrow'), /"tomorrow" is not a time/);
  t.equal(numberOf(' 1e3 '), 1000);
  t.equal(numberOf(true), null);
});

t.test('topics match their filter as MQTT has it', async (t) => {
  for (const [filter, topic, does] of [
    ['a/b', 'a/b', true],
    ['a/+/c', 'a/b/c', true],
    ['a/+', 'a/b/c', false],
    ['a/#', 'a', true],
    ['a/#', 'a/b/c', true],
    ['#', '$SYS/x', false],
    ['+/x', '$SYS/x', false],
    ['a/b', 'a/b/', false],
  ] as const)
    t.equal(topicMatches(filter, topic), does, `${filter} ${topic}`);
});
