import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { createMemory, forgetful } from '../src/source-memory.ts';
import { scratch } from './support/scratch.ts';

const settled = async (): Promise<void> => {};

t.test('what was saved is there after a restart, under its name alone', async (t) => {
  const directory = join(scratch(t), 'memory');
  t.equal(await createMemory(directory, settled)('a').load(), null);
  await createMemory(directory, settled)('a').save({ offset: 7 });
  await createMemory(directory, settled)('../b').save(8);
  t.same(await createMemory(directory, settled)('a').load(), { offset: 7 });
  t.equal(await createMemory(directory, settled)('../b').load(), 8);
  t.equal(readdirSync(directory).length, 2, 'in the directory, whatever the name');
});

t.test('a torn file is nothing remembered', async (t) => {
  const directory = scratch(t);
  const memory = createMemory(directory, settled)('a');
  await memory.save({ offset: 7 });
  const [file = ''] = readdirSync(directory);
  writeFileSync(join(directory, file), '{"off');
  t.equal(await memory.load(), null);
});

t.test('nothing is remembered that is not sure yet', async (t) => {
  let isSure = false;
  const settle = async (): Promise<void> => {
    if (!isSure) throw new Error('the disk is full');
  };
  const memory = createMemory(scratch(t), settle)('a');
  await t.rejects(memory.save({ offset: 7 }), { message: 'the disk is full' });
  t.equal(await memory.load(), null);
  isSure = true;
  await memory.save({ offset: 7 });
  t.same(await memory.load(), { offset: 7 });
});

t.test('who only looks remembers nothing', async (t) => {
  const memory = forgetful();
  await memory.save(2);
  t.equal(await memory.load(), null);
});
