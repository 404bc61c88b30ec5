import type { Socket } from 'node:net';
import { abandoned } from '../support/abort.ts';

/** Longest line and longest list that a server can reasonably mean: a UPS has some hundred variables. */
const MAX_LINE_LENGTH = 4096;
const MAX_LINES = 2000;

interface Question {
  readonly resolve: (lines: string[]) => void;
  readonly reject: (error: Error) => void;
}

/**
 * One connection on which lines are asked and answered in turn; the next may be asked before the last is answered. It
 * ends with the first answer that is late, abandoned or unintelligible, because nobody could tell afterwards which answer
 * belongs to which question.
 */
export class Conversation {
  readonly #socket: Socket;
  readonly #where: string;
  readonly #decoder = new TextDecoder();
  #rest = '';
  #lines: string[] = [];
  #questions: Question[] = [];
  #end: Error | null = null;

  /** @param where names the server in messages */
  constructor(socket: Socket, where: string) {
    this.#socket = socket;
    this.#where = where;
    socket.on('data', this.#hear).on('error', this.#fail).on('close', this.#closed);
  }

  get ended(): boolean {
    return this.#end !== null;
  }

  /**
   * The lines of the answer: one, or those of a list with its beginning and end.
   * @throws Error saying why there is no answer; SourceError where `signal` aborts.
   */
  async ask(question: string, timeoutMs: number, signal: AbortSignal): Promise<string[]> {
    if (this.#end !== null) throw this.#end;
    if (signal.aborted) throw abandoned(this.#where);
    const giveUp = () => this.#fail(abandoned(this.#where));
    const timer = setTimeout(() => this.#fail(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      return await new Promise<string[]>((resolve, reject) => {
        this.#questions.push({ resolve, reject });
        this.#socket.write(`${question}\n`);
      });
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', giveUp);
    }
  }

  /** Lets go of the socket, for another conversation on it. @throws Error where the server has said more than asked. */
  release(): void {
    this.#socket.off('data', this.#hear).off('error', this.#fail).off('close', this.#closed);
    // Whoever takes it over sees what becomes of it; without a listener here an error would end the process.
    this.#socket.on('error', () => {});
    if (this.#end === null && this.#rest === '') return;
    this.#socket.destroy();
    throw this.#end ?? unintelligible(this.#rest);
  }

  end(): void {
    this.#fail(new Error('the connection was closed'));
  }

  readonly #hear = (chunk: Buffer): void => {
    const received = (this.#rest + this.#decoder.decode(chunk, { stream: true })).split('\n');
    this.#rest = received.pop() ?? '';
    for (const line of received) this.#take(line.trimEnd());
    if (this.#rest.length > MAX_LINE_LENGTH) {
      this.#fail(new Error(`upsd says a line of more than ${MAX_LINE_LENGTH} characters`));
    }
  };

  readonly #closed = (): void => this.#fail(new Error('upsd closed the connection: is this host allowed to connect?'));

  readonly #fail = (error: Error): void => {
    this.#end ??= error;
    this.#socket.destroy();
    for (const { reject } of this.#questions) reject(this.#end);
    this.#questions = [];
  };

  #take(line: string): void {
    const lines = this.#lines;
    if (this.#questions.length === 0 || !isExpected(line, lines)) return this.#fail(unintelligible(line));
    if (lines.push(line) > MAX_LINES) {
      return this.#fail(new Error(`upsd says a list of more than ${MAX_LINES} lines`));
    }
    if (!isComplete(lines)) return;
    this.#questions.shift()?.resolve(lines);
    this.#lines = [];
  }
}

function isExpected(line: string, before: readonly string[]): boolean {
  return before.length > 0 || /^(BEGIN LIST |OK\b|ERR )/.test(line);
}

function isComplete(lines: readonly string[]): boolean {
  return lines[0]?.startsWith('BEGIN LIST ') !== true || lines.at(-1)?.startsWith('END LIST ') === true;
}

function unintelligible(line: string): Error {
  return new Error(`unintelligible answer ${JSON.stringify(line.slice(0, 40))}: is it upsd that listens there?`);
}
