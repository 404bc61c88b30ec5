// Writes json/*.json, which are checked in: `npm run dashboards`.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { boards, jsonOf } from './boards.ts';

const folder = join(import.meta.dirname, 'json');
mkdirSync(folder, { recursive: true });
for (const [name, board] of Object.entries(boards)) writeFileSync(join(folder, `${name}.json`), jsonOf(board));
