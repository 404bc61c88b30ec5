import type { InfluxClient, Rejection } from './client.ts';

/** Bounds of one request: InfluxData advises some thousands of lines; a server takes 25 MB by default. */
const MOST_LINES = 5_000;
const MOST_CHARACTERS = 4 * 1024 * 1024;

/** Requests under way at once: while the server writes one to disk another is being compressed. */
const IN_FLIGHT = 3;

/**
 * Writes any number of lines in requests of bounded size and resolves when the server has them all.
 * @param onRejected is told of lines that the server will never take.
 * @throws InfluxError
 */
export async function writeLines(
  client: InfluxClient,
  database: string,
  lines: Iterable<string>,
  onRejected: (rejection: Rejection) => void,
): Promise<void> {
  const underWay = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | null = null;
  const send = (request: readonly string[]): void => {
    const sent = client.write(request, database).then(
      (rejection) => {
        underWay.delete(sent);
        if (rejection !== null) onRejected(rejection);
      },
      (error: unknown) => {
        underWay.delete(sent);
        failure ??= { error };
      },
    );
    underWay.add(sent);
  };
  for (const request of requestsOf(lines)) {
    if (underWay.size >= IN_FLIGHT) await Promise.race(underWay);
    if (failure !== null) break;
    send(request);
  }
  await Promise.all(underWay);
  if (failure !== null) throw (failure as { readonly error: unknown }).error;
}

function* requestsOf(lines: Iterable<string>): Generator<readonly string[]> {
  let request: string[] = [];
  let characters = 0;
  for (const line of lines) {
    request.push(line);
    characters += line.length;
    if (request.length < MOST_LINES && characters < MOST_CHARACTERS) continue;
    yield request;
    request = [];
    characters = 0;
  }
  if (request.length > 0) yield request;
}
