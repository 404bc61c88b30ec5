import type { Clock } from '../../clock.ts';
import { SourceError } from '../../source.ts';
import { untilAborted } from '../support/abort.ts';
import type { Connection } from './connection.ts';
import { createDialler, type Dialler } from './dialler.ts';
import { NoAnswer, type Query, Refusal } from './framing.ts';
import { beginLimit, type Limit } from './limit.ts';
import type { Place } from './place.ts';
import { Units } from './units.ts';

/** A connection to a device or gateway, or a serial line, shared by all sources that read units there. */
export interface Bus {
  readonly name: string;
  /** Grows with each connection that is made. */
  readonly connections: number;
  /**
   * Asks one question at a time, whoever asks: of units that answered their last question first, each in its turn.
   * @throws NoAnswer, or SourceError where there is no connection or where `signal` aborted.
   */
  ask(query: Query, timeoutMs: number, signal: AbortSignal): Promise<Buffer | Refusal>;
  /** Ends this holder's share; the last one closes the connection. */
  release(): void;
}

/** The process's buses by the name of their place: a second connection to a gateway would let questions collide. */
const shared = new Map<string, { readonly place: Place; readonly line: Line; holders: number }>();

/** @throws SourceError of kind `absent` where others read there in another way, who may be about to let go. */
export function acquireBus(place: Place, clock: Clock): Bus {
  const { name, settings } = place;
  const entry = shared.get(name) ?? { place, line: new Line(place, clock), holders: 0 };
  if (entry.place.settings !== settings) {
    throw new SourceError('absent', `${name} is read with ${entry.place.settings} by another source, not ${settings}`);
  }
  entry.holders += 1;
  shared.set(name, entry);
  const { line } = entry;
  return {
    name,
    get connections() {
      return line.connections;
    },
    ask: (query, timeoutMs, signal) => line.ask(query, timeoutMs, signal),
    release() {
      entry.holders -= 1;
      if (entry.holders > 0) return;
      shared.delete(name);
      line.close();
    },
  };
}

interface Question {
  readonly query: Query;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly resolve: (answer: Buffer | Refusal) => void;
  readonly reject: (error: Error) => void;
}

/** Questions in a row without a sign of life after which a connection is made anew. */
const MOST_UNANSWERED = 2;

class Line {
  readonly #place: Place;
  readonly #clock: Clock;
  readonly #units: Units;
  readonly #dialler: Dialler;
  readonly #waiting: Question[] = [];
  #working = false;
  #limit: Limit | null = null;
  #unanswered = 0;

  constructor(place: Place, clock: Clock) {
    this.#place = place;
    this.#clock = clock;
    this.#units = new Units(place, clock);
    this.#dialler = createDialler(place, clock);
  }

  get connections(): number {
    return this.#dialler.connections;
  }

  ask(query: Query, timeoutMs: number, signal: AbortSignal): Promise<Buffer | Refusal> {
    const answer = new Promise<Buffer | Refusal>((resolve, reject) => {
      this.#waiting.push({ query, timeoutMs, signal, resolve, reject });
    });
    this.#limit?.contest();
    if (!this.#working) void this.#work();
    return untilAborted(signal, this.#place.name, answer);
  }

  close(): void {
    this.#dialler.close();
  }

  async #work(): Promise<void> {
    this.#working = true;
    for (;;) {
      // All that is asked at this tick, or in answer to what was just answered, is there before one is chosen.
      await new Promise((resolve) => setImmediate(resolve));
      const question = takeNext(this.#waiting, this.#units);
      if (question === null) break;
      await this.#serve(question);
    }
    this.#working = false;
  }

  async #serve(question: Question): Promise<void> {
    try {
      const connection = await this.#dialler.connection(question.timeoutMs);
      await this.#converse(connection, question);
    } catch (error) {
      // Whoever waits for the same connection fails together with it, rather than one timeout after the other.
      for (const one of [question, ...this.#waiting.splice(0)]) one.reject(error as Error);
    }
  }

  async #converse(connection: Connection, { query, timeoutMs, signal, resolve, reject }: Question): Promise<void> {
    const bus = this.#place.name;
    const isContested = () => this.#waiting.length > 0;
    const limit = beginLimit({ bus, timeoutMs, holdMs: this.#units.holdMs(query), isContested, asker: signal });
    this.#limit = limit;
    const startedMs = this.#clock.monotonicMs();
    const tookMs = () => this.#clock.monotonicMs() - startedMs;
    try {
      const answer = await this.#exchange(connection, query, limit.signal);
      if (answer instanceof Refusal && unitIsMissing(answer)) this.#units.isMissing(query.unit);
      else this.#units.isWell(query.unit, tookMs());
      resolve(answer);
    } catch (error) {
      if (this.#units.isTelling(query.unit)) this.#unanswered += 1;
      this.#units.owes(query.unit, tookMs());
      if (this.#unanswered >= MOST_UNANSWERED && this.#place.canBreakUnseen) connection.close();
      reject(explained(error as Error, connection, this.#place));
    } finally {
      limit.end();
      this.#limit = null;
    }
  }

  async #exchange(connection: Connection, query: Query, signal: AbortSignal): Promise<Buffer | Refusal> {
    const probe = this.#units.probeFor(query);
    if (probe !== null) await this.#put(connection, probe, signal);
    return this.#put(connection, query, signal);
  }

  async #put(connection: Connection, query: Query, signal: AbortSignal): Promise<Buffer | Refusal> {
    this.#units.asked(query);
    const answer = await connection.ask(query, signal);
    this.#units.answered(query);
    this.#unanswered = 0;
    return answer;
  }
}

/** The next question that somebody still waits for; those that nobody does are forgotten. */
function takeNext(waiting: Question[], units: Units): Question | null {
  const wanted = waiting.filter(({ signal }) => !signal.aborted);
  const ranks = wanted.map(({ query }) => units.rank(query.unit));
  const next = wanted[ranks.indexOf(Math.min(...ranks))] ?? null;
  waiting.splice(0, waiting.length, ...wanted.filter((question) => question !== next));
  return next;
}

/** Exceptions by which a gateway says that the unit behind it is not there. */
export function unitIsMissing({ code }: Refusal): boolean {
  return code === 10 || code === 11;
}

/** The error with what the operator should look at. */
function explained(error: Error, { heard }: Connection, { doubt }: Place): Error {
  if (!(error instanceof NoAnswer) || error.why === 'closed') return error;
  const { why, message } = error;
  if (why === 'unintelligible') return new NoAnswer(why, `${message}: ${doubt}`);
  if (heard) return new NoAnswer('unintelligible', `unintelligible answer: ${doubt}`);
  return new NoAnswer(why, `${message}: is the unit number right?`);
}
