import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { boards, jsonOf } from '../../grafana/boards.ts';

const folder = join(import.meta.dirname, '../../grafana/json');

t.test('what is checked in is what the code makes; after a change: npm run dashboards', async (t) => {
  t.same(
    readdirSync(folder).sort(),
    Object.keys(boards)
      .map((name) => `${name}.json`)
      .sort(),
  );
  for (const [name, board] of Object.entries(boards))
    t.equal(readFileSync(join(folder, `${name}.json`), 'utf8'), jsonOf(board), name);
});
