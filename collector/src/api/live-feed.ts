import type { ServerResponse } from 'node:http';
import type { Figures } from '../figures.ts';
import { liveOf } from './live.ts';

export interface FeedLimits {
  readonly clients: number;
  /** A client that leaves so much unread, beyond one event of each site, is dropped: it would read what is out of date. */
  readonly bufferBytes: number;
  readonly heartbeatMs: number;
}

export const feedLimits: FeedLimits = { clients: 1_000, bufferBytes: 1_048_576, heartbeatMs: 15_000 };

interface Client {
  readonly response: ServerResponse;
  /** Null for all sites. */
  readonly site: string | null;
  readonly limitBytes: number;
}

/**
 * Passes live figures on to whoever listens, at once and written once for all. Every event is complete, so that a client
 * which lost some has lost nothing that the next one does not say again.
 */
export class LiveFeed {
  readonly #figures: Figures;
  readonly #limits: FeedLimits;
  readonly #clients = new Set<Client>();
  readonly #last = new Map<string, string>();
  readonly #unsubscribe: () => void;
  readonly #heartbeat: NodeJS.Timeout;
  #eventId = 0;
  #dropped = 0;
  #refused = 0;

  constructor(figures: Figures, limits: FeedLimits) {
    this.#figures = figures;
    this.#limits = limits;
    this.#unsubscribe = figures.onLive((site) => this.#publish(site));
    this.#heartbeat = setInterval(() => this.#beat(), limits.heartbeatMs).unref();
  }

  get clients(): number {
    return this.#clients.size;
  }

  /** Clients that were dropped because they did not read. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Clients that found no room. */
  get refused(): number {
    return this.#refused;
  }

  /** Whether there is room for one more client; one that is turned away is counted. */
  admit(): boolean {
    if (this.#clients.size < this.#limits.clients) return true;
    this.#refused++;
    return false;
  }

  /** Sends the present figures, and from then on every change, until the client goes. */
  add(response: ServerResponse, site: string | null): void {
    const present = this.#figures
      .sites()
      .filter((known) => site === null || site === known.site)
      .map((known) => this.#event(JSON.stringify(liveOf(this.#figures, known))))
      .join('');
    // All sites may well say something within one moment, before anything can be read.
    const client = { response, site, limitBytes: this.#limits.bufferBytes + present.length };
    this.#clients.add(client);
    response.on('close', () => this.#clients.delete(client));
    this.#write(client, present);
  }

  close(): void {
    clearInterval(this.#heartbeat);
    this.#unsubscribe();
    for (const { response } of this.#clients) response.end();
  }

  #publish(siteId: string): void {
    const site = this.#figures.site(siteId);
    if (site === undefined || this.#clients.size === 0) return;
    const data = JSON.stringify(liveOf(this.#figures, site));
    this.#last.set(siteId, data);
    const event = this.#event(data);
    for (const client of this.#clients) if (client.site === null || client.site === siteId) this.#write(client, event);
  }

  /** Keeps connections open, and tells of sites that changed without a reading: by falling silent. */
  #beat(): void {
    for (const client of this.#clients) this.#write(client, ':\n\n');
    for (const site of this.#clients.size === 0 ? [] : this.#figures.sites()) {
      if (this.#last.get(site.site) !== JSON.stringify(liveOf(this.#figures, site))) this.#publish(site.site);
    }
  }

  #event(data: string): string {
    this.#eventId++;
    return `id: ${this.#eventId}\nevent: live\ndata: ${data}\n\n`;
  }

  #write(client: Client, text: string): void {
    const { response, limitBytes } = client;
    response.write(text);
    if (response.writableLength <= limitBytes) return;
    this.#dropped++;
    this.#clients.delete(client);
    response.destroy();
  }
}
