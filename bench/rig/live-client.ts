import { get } from 'node:http';

/** The part of a live event that bench looks at. */
export interface LiveEvent {
  readonly site: string;
  readonly totalW: number | null;
}

const DATA = 'data: ';

/** A listener of server-sent events, as small as one can be. */
export class LiveClient {
  readonly #close: () => void;

  private constructor(close: () => void) {
    this.#close = close;
  }

  static start(url: string, listener: (event: LiveEvent) => void): Promise<LiveClient> {
    return new Promise((resolve, reject) => {
      const request = get(`${url}/api/v1/live`, (response) => {
        let rest = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          const lines = (rest + chunk).split('\n');
          rest = lines.pop() ?? '';
          for (const line of lines) if (line.startsWith(DATA)) listener(JSON.parse(line.slice(DATA.length)));
        });
        response.on('error', () => {});
        resolve(new LiveClient(() => request.destroy()));
      });
      request.on('error', reject);
    });
  }

  close(): void {
    this.#close();
  }
}
