import { type InfluxTarget, influxError, type Series } from './client.ts';

interface Piece {
  readonly results?: readonly {
    readonly error?: string;
    readonly series?: readonly (Omit<Series, 'tags'> & { readonly tags?: Series['tags'] })[];
  }[];
  readonly error?: string;
}

/**
 * Series out of a chunked answer: one JSON document a line, each with a bounded number of rows.
 * @throws InfluxError where the server says that it cannot answer.
 */
export async function* readSeries(
  chunks: AsyncIterable<string | Uint8Array>,
  target: InfluxTarget,
): AsyncGenerator<Series> {
  for await (const line of linesOf(chunks)) {
    const { results = [], error } = JSON.parse(line) as Piece;
    const problem = error ?? results.find((result) => result.error !== undefined)?.error;
    if (problem !== undefined) throw influxError(target, /not found/i.test(problem) ? 'missing' : 'refused', problem);
    for (const { series = [] } of results) for (const one of series) yield { ...one, tags: one.tags ?? {} };
  }
}

async function* linesOf(chunks: AsyncIterable<string | Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest: string[] = [];
  for await (const chunk of chunks) {
    const lines = (typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true })).split('\n');
    const last = lines.pop() as string;
    for (const line of lines) {
      const whole = [...rest, line].join('');
      rest = [];
      if (whole.trim() !== '') yield whole;
    }
    rest.push(last);
  }
  const whole = rest.join('');
  if (whole.trim() !== '') yield whole;
}
