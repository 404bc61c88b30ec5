import { InfluxError } from '../client.ts';

/** A database (a bucket, in version 2) as it is. */
export interface ExistingDatabase {
  /** How long it keeps what is written, ms; null: for ever; `unknown` where the server does not say. */
  readonly retentionMs: number | null | 'unknown';
  /** Whether InfluxQL finds it by its name. */
  readonly isMapped: boolean;
}

/** What is needed of a server to set databases up. All of it may throw InfluxError or SetupError. */
export interface DatabaseAdmin {
  /** Null where there is none of that name. */
  find(name: string): Promise<ExistingDatabase | null>;
  create(name: string, retentionMs: number | null): Promise<void>;
  /** Null where the server cannot change what it keeps. */
  readonly retain: ((name: string, retentionMs: number | null) => Promise<void>) | null;
  /** Lets InfluxQL find it by its name. */
  map(name: string): Promise<void>;
}

/** Databases could not be set up; the message says what an operator can do. */
export class SetupError extends Error {
  override name = 'SetupError';
}

/** The same error in the words of a setup: who may write need not be allowed to create. */
export function setupError(error: unknown): unknown {
  if (!(error instanceof InfluxError)) return error;
  if (error.failure !== 'unauthorised') return new SetupError(error.message);
  return new SetupError(
    `${error.message}. Databases are created by an administrator: configure such credentials for the setup, others after it`,
  );
}
