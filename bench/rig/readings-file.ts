import { mkdirSync, writeFileSync } from 'node:fs';
import type { Child } from './child.ts';
import { type BenchCollector, program } from './collector.ts';
import type { Room } from './room.ts';

const WRITTEN_WITHIN_MS = 10 * 60_000;
const IMPORTED_WITHIN_MS = 30 * 60_000;

/** A site's readings in a file, as another system would hand them out; its description is in `sites` beside it. */
export class ReadingsFile {
  readonly directory: string;
  readonly readings: number;

  private constructor(directory: string, readings: number) {
    this.directory = directory;
    this.readings = readings;
  }

  /** One reading a minute of each point, from 2025-01-01 on. */
  static async write(room: Room, points: number, days: number): Promise<ReadingsFile> {
    const directory = room.path('history');
    const args = ['--directory', directory, '--points', `${points}`, '--days', `${days}`];
    const child = room.startLoad('readings-file', args);
    const { readings } = await child.expect(
      (line) => (line.startsWith('{') ? (JSON.parse(line) as { readings: number }) : null),
      WRITTEN_WITHIN_MS,
    );
    await child.ended;
    return new ReadingsFile(directory, readings);
  }

  /** The same of one point, beside it. */
  static ofPoint(room: Room, point: string, days: number): ReadingsFile {
    const directory = room.path(point);
    mkdirSync(directory);
    const rows = Array.from({ length: days * 1_440 }, (_, minute) => {
      const time = new Date(Date.UTC(2025, 0, 1) + minute * 60_000).toISOString();
      return `${time},${200 + (minute % 977) / 10}`;
    });
    writeFileSync(`${directory}/history.csv`, `time,power\n${rows.join('\n')}\n`);
    const column = `  power: {point: ${point}, kind: interval-mean, unit: W}`;
    writeFileSync(
      `${directory}/mapping.yaml`,
      `time: {column: time, format: iso}\ninterval: 1m\nstamp: start\ncolumns:\n${column}\n`,
    );
    return new ReadingsFile(directory, rows.length);
  }

  get csv(): string {
    return `${this.directory}/history.csv`;
  }

  get sites(): string {
    return `${this.directory}/sites`;
  }

  /** Imports it with the command, as an operator does. @returns the time until everything is restated, ms */
  async importInto(room: Room, { config }: BenchCollector): Promise<number> {
    const who = ['--by', 'bench', '--reason', 'bench', '--site', 'hall', '--config', config];
    const startMs = performance.now();
    const child: Child = room.start(program, [
      'import',
      this.csv,
      '--mapping',
      `${this.directory}/mapping.yaml`,
      ...who,
    ]);
    await child.expect((line) => (line.startsWith('Imported:') ? line : null), IMPORTED_WITHIN_MS);
    return performance.now() - startMs;
  }
}
