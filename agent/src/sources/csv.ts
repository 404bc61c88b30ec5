import { resolve } from 'node:path';
import type { PointDeclaration } from '@wattmark/shared/messages';
import { declarePoint } from '../point-config.ts';
import { type Source, type SourceContext, SourceError, type SourceModule } from '../source.ts';
import { interpret, type Interpreted, type Interpreter, MAX_AHEAD_MS } from './csv/interpreter.ts';
import { filesOf, readLines } from './csv/line.ts';
import { paceOf } from './csv/pace.ts';
import { parseProgress, type Progress } from './csv/progress.ts';
import { createReport, type Look } from './csv/report.ts';
import { slotsOf } from './csv/row.ts';
import { type CsvConfig, csvSchema } from './csv/settings.ts';
import { createTimeReader } from './csv/time.ts';
import { untilAborted } from './support/abort.ts';

/** Lines taken at a tick: each may become a message, of which an agent can hold a thousand before they are on disk. */
const MAX_LINES = 500;

/** Reads a file of readings, or several that continue each other, and goes on as they grow. */
export async function openCsv(
  config: CsvConfig,
  context: SourceContext,
  /** Tests hold the file system up here. */
  before: () => Promise<void> = async () => {},
): Promise<Source> {
  const path = resolve(context.directory, config.path);
  const interpreter: Interpreter = { config, slots: slotsOf(config), readTime: createTimeReader(config.time) };
  // Two sources may read the same file; no two read the same point.
  const memory = context.memory(`csv ${path} ${config.points.map(({ point }) => point).sort()[0]}`);
  let progress = parseProgress(await memory.load());
  let handedOut: { progress: Progress; signal: AbortSignal } | null = null;
  /** A look at a file system that hangs goes on after its tick; no second one is begun beside it. */
  let looking: Promise<unknown> = Promise.resolve();
  let points = declare(config, context, paceOf(progress.steps));
  const report = createReport(context);

  /** What was handed out and not given up is behind us, and on disk: while it is not, nothing more is read. */
  async function settle(): Promise<void> {
    if (handedOut !== null && !handedOut.signal.aborted) {
      await save(handedOut.progress);
      progress = handedOut.progress;
    }
    handedOut = null;
  }

  async function save(reached: Progress): Promise<void> {
    await memory.save(reached).catch((error: Error) => {
      throw new SourceError('retry', `${path}: how far it was read cannot be remembered: ${error.message}`);
    });
  }

  return {
    get points() {
      return points;
    },
    async read(signal) {
      await untilAborted(signal, path, looking);
      const look = settle()
        .then(before)
        .then(() => readOn(path, interpreter, progress, context.clock.now()));
      looking = look.catch(() => undefined);
      const read = await untilAborted(signal, path, look);
      if (read.lines > 0) handedOut = { progress: read.progress, signal };
      if (paceOf(read.progress.steps) !== paceOf(progress.steps)) {
        points = declare(config, context, paceOf(read.progress.steps));
      }
      report(read);
      return { readings: [], dated: read.dated, noData: read.noData };
    },
    async close() {
      await settle();
    },
  };
}

export default {
  schema: csvSchema,
  open: (config, context) => openCsv(config, context),
} satisfies SourceModule<typeof csvSchema>;

function declare(config: CsvConfig, context: SourceContext, paceMs: number | null): readonly PointDeclaration[] {
  return config.points.map((point) =>
    declarePoint(point, {
      source: 'csv',
      intervalMs: config.every ?? paceMs ?? context.intervalMs,
      simulated: config.simulated,
      channels: point.channels.map(([channel]) => channel),
      method: point.estimated,
    }),
  );
}

type Read = Interpreted & Look;

/** @throws SourceError where nothing can be read. */
async function readOn(path: string, interpreter: Interpreter, progress: Progress, nowMs: number): Promise<Read> {
  assertClock(path, progress, nowMs);
  let read: Read = { dated: [], noData: [], bad: 0, stale: 0, progress, lines: 0, bytesLeft: 0 };
  try {
    const files = await filesOf(path);
    if (files.length === 0) throw new SourceError('absent', `${path}: there is no such file yet`);
    while (read.lines < MAX_LINES) {
      const found = await readLines(files, read.progress.place, interpreter.config.encoding, MAX_LINES - read.lines);
      if (found === null || found.lines.length === 0) break;
      const header = found.isGoingOn ? read.progress.header : null;
      const more = interpret(interpreter, found.lines, { ...read.progress, header }, nowMs);
      read = {
        dated: [...read.dated, ...more.dated],
        noData: [...read.noData, ...more.noData],
        bad: read.bad + more.bad,
        stale: read.stale + more.stale,
        progress: { ...more.progress, place: found.place },
        lines: read.lines + found.lines.length,
        bytesLeft: found.bytesLeft,
      };
    }
  } catch (error) {
    throw failureOf(path, error as NodeJS.ErrnoException);
  }
  return read;
}

/**
 * A clock that was set back, or not yet set since the host was started, makes rows of the future out of good ones: they
 * wait until it is right.
 * @throws SourceError where the clock is before what was read
 */
function assertClock(path: string, { times }: Progress, nowMs: number): void {
  const newestMs = Math.max(...Object.values(times));
  if (newestMs - nowMs <= MAX_AHEAD_MS) return;
  const [now, newest] = [nowMs, newestMs].map((at) => new Date(at).toISOString());
  throw new SourceError(
    'retry',
    `${path} was read up to ${newest}, and now it is ${now}: nothing more is read until this host's clock is right`,
  );
}

function failureOf(path: string, error: NodeJS.ErrnoException): SourceError {
  if (error instanceof SourceError) return error;
  const failures: Readonly<Record<string, SourceError>> = {
    ENOENT: new SourceError('absent', `${path}: there is no such file yet`),
    EACCES: new SourceError('absent', `${path} may not be read: permission denied`),
    EISDIR: new SourceError('fatal', `${path} is a directory: name its files, as in ${path}/*.csv`),
  };
  return failures[error.code ?? ''] ?? new SourceError('retry', `${path}: ${error.message}`);
}
