import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { EvidenceLog } from '../../src/evidence/evidence-log.ts';
import { Fold } from '../../src/fold.ts';
import { birth, Rig, START, scratch, tick } from '../support/rig.ts';

/** What happens around the instants at which something is on disk and something else is not. */

/** Puts the time on record `minutes` after the start and waits until that is stored. */
async function minute(rig: Rig, minutes: number): Promise<void> {
  rig.nowMs = START + minutes * 60_000 + 2000;
  rig.pipeline.tick();
  await rig.settle();
}

t.test('a snapshot knows nothing that is not on disk', async (t) => {
  const rig = await Rig.open(scratch(t));
  t.teardown(() => rig.crash().catch(() => {}));
  rig.send('birth', birth(1));
  rig.send('readings', tick(1, 1000));
  await rig.settle();
  const before = rig.fold.save();
  // Accepted, and so in the catalogue already; its frame waits for the disk.
  rig.ingest.receive(
    {
      topic: 'wattmark/v1/default/dc-2/other/readings',
      payload: Buffer.from('{"v":1,"readings":[["p","power",1]]}'),
      retained: false,
    },
    rig.nowMs,
  );
  const { sites, agents, points, slots } = rig.fold.save();
  t.same({ sites, agents, points, slots }, pick(before));
  t.same(pick(Fold.load(rig.fold.save()).save()), pick(before), 'also once it was loaded again');
});

function pick({ sites, agents, points, slots }: ReturnType<Fold['save']>): unknown {
  return { sites, agents, points, slots };
}

t.test('what fails after the append does not append again', async (t) => {
  const rig = await Rig.open(scratch(t));
  t.teardown(() => rig.crash().catch(() => {}));
  rig.send('birth', birth(1));
  await rig.settle();
  const { position } = rig.fold.cursor;
  rig.live.onLive(() => {
    throw Object.assign(new Error('a listener fails'), { code: 'EPIPE' });
  });
  rig.nowMs += 10_000;
  rig.send('readings', tick(1, 1000));
  await t.rejects(rig.settle(), { code: 'EPIPE' });
  t.equal(rig.fold.cursor.position, position + 1);
  t.equal(rig.pipeline.problem, null);
});

t.test('a store that cannot be written does not keep the collector from stopping', async (t) => {
  const rig = await Rig.open(scratch(t));
  rig.send('birth', birth(1));
  rig.store.begin = async () => {
    throw new Error('the disk is full');
  };
  for (let minutes = 1; minutes <= 8; minutes++) await minute(rig, minutes);
  // With this one too many wait, and the pipeline waits with them.
  void minute(rig, 9);
  await rig.close();
  t.match(rig.recorder.problem, /the disk is full/);
});

t.test('a log that is shorter than the store says is refused', async (t) => {
  const data = scratch(t);
  const rig = await Rig.open(data);
  rig.send('birth', birth(1));
  await rig.settle();
  const older = scratch(t);
  cpSync(join(data, 'evidence'), older, { recursive: true });
  rig.send('readings', tick(1, 1000));
  rig.send('readings', tick(2, 1000));
  await minute(rig, 1);
  await rig.recorder.idle();
  await rig.crash();
  cpSync(older, join(data, 'evidence'), { recursive: true });
  writeFileSync(join(data, 'snapshot.bin'), '');
  await t.rejects(Rig.open(data), { message: /evidence log ends at record 1/ });
});

t.test('a record damaged in the middle of the newest segment is not taken for a torn write', async (t) => {
  const directory = scratch(t);
  const log = await EvidenceLog.open(directory);
  let head = log.start;
  const ends: number[] = [];
  for (const body of ['first', 'second', 'third']) {
    head = (await log.append(head, Buffer.from(body))).next;
    ends.push(head.log.offset);
  }
  await log.close();
  const file = join(directory, readdirSync(directory)[0] as string);
  const bytes = readFileSync(file);
  const damaged = Buffer.from(bytes);
  damaged[(ends[1] as number) - 1] = 0;
  writeFileSync(file, damaged);
  await t.rejects(EvidenceLog.open(directory), { name: 'CorruptLogError' });
  t.same(readFileSync(file), damaged, 'nothing was cut off');
  writeFileSync(file, bytes.subarray(0, (ends[2] as number) - 1));
  const reopened = await EvidenceLog.open(directory);
  t.equal(reopened.cutBytes, (ends[2] as number) - 1 - (ends[1] as number), 'a torn write is');
  await reopened.close();
});

t.test('the time of recording never goes back, so that what is newer wins', async (t) => {
  const data = scratch(t);
  const rig = await Rig.open(data);
  t.teardown(() => rig.close().catch(() => {}));
  const send = (second: number, energyWh: number): void =>
    rig.send('readings', {
      v: 1,
      epoch: 'E1',
      seq: second / 10 + 1,
      at: START + second * 1000,
      readings: [
        ['utility-a', 'power', 600],
        ['utility-a', 'energy', energyWh],
      ],
    });
  rig.send('birth', birth(1));
  // The register has not moved yet when the first minute is closed; then the clock is set back by two minutes.
  for (let second = 0; second <= 60; second += 10) send(second, 1000);
  await minute(rig, 1);
  rig.nowMs = START - 60_000;
  send(70, 1020);
  rig.pipeline.tick();
  await rig.settle();
  await rig.recorder.idle();
  const id = rig.fold.catalogue.pointId(0, 'utility-a') as number;
  const [row] = await rig.store.pointMinutes([id], { fromMs: START, toMs: START + 60_000 }, null);
  t.ok(Math.abs((row?.energyWh ?? 0) - (20 * 60) / 70) < 1e-9, `${row?.energyWh} Wh`);
});

t.test('a birth that comes again while another waits for the disk is on record again', async (t) => {
  const rig = await Rig.open(scratch(t));
  t.teardown(() => rig.close().catch(() => {}));
  rig.send('birth', birth(1));
  await rig.settle();
  rig.send('birth', { ...(birth(1) as object), software: 'test/2' });
  rig.send('birth', birth(1));
  await rig.settle();
  t.equal(rig.fold.agents[0]?.software, 'test/1');
});

t.test('an epoch that the log cannot give back is refused', async (t) => {
  const rig = await Rig.open(scratch(t));
  t.teardown(() => rig.close());
  rig.send('readings', tick(1, 1000, '\ud800'));
  await rig.settle();
  t.same(rig.ingest.rejects.toRecord(), { 'bad-sequence': 1 });
  t.same(rig.acks, []);
});
