import type { Clock } from '../../clock.ts';
import { SourceError } from '../../source.ts';
import { Connection } from './connection.ts';
import type { Place } from './place.ts';

/** Keeps one connection to a place. */
export interface Dialler {
  /** How many have been made. */
  readonly connections: number;
  /** The connection, made where there is none. @throws SourceError of kind `absent`. */
  connection(timeoutMs: number): Promise<Connection>;
  close(): void;
}

export function createDialler(place: Place, clock: Clock): Dialler {
  let current: Connection | null = null;
  let connections = 0;
  let closed = false;
  return {
    get connections() {
      return connections;
    },
    async connection(timeoutMs) {
      if (current?.isOpen) return current;
      if (closed) throw new SourceError('retry', `${place.name} is not read any more`);
      current = new Connection(await place.open(timeoutMs), place, clock);
      connections += 1;
      // Whoever closed it meanwhile could not close what was not there yet.
      if (closed) current.close();
      return current;
    },
    close() {
      closed = true;
      current?.close();
    },
  };
}
