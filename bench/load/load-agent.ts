import type { MqttClient } from 'mqtt';

/** Messages in flight without an acknowledgement, as many as the real agent allows itself. */
const WINDOW = 64;

/** Different sets of values that an agent sends in turn. */
const VARIANTS = 16;

export interface LoadAgentOptions {
  readonly client: MqttClient;
  readonly index: number;
  readonly points: number;
  /** Declared interval of its points, ms. */
  readonly intervalMs: number;
}

/** An agent with a window and numbered messages, like the real one, with as little work for each message as possible. */
export class LoadAgent {
  readonly site: string;
  readonly #options: LoadAgentOptions;
  readonly #base: string;
  readonly #readings: readonly string[];
  sent = 0;
  acked = 0;

  constructor(options: LoadAgentOptions) {
    this.#options = options;
    this.site = `site-${options.index}`;
    this.#base = `wattmark/v1/default/${this.site}/agent-${options.index}`;
    this.#readings = Array.from({ length: VARIANTS }, (_, variant) => readings(options, variant));
  }

  get ackTopic(): string {
    return `${this.#base}/ack`;
  }

  get readingsTopic(): string {
    return `${this.#base}/readings`;
  }

  get hasRoom(): boolean {
    return this.sent - this.acked < WINDOW;
  }

  birth(nowMs: number): Promise<unknown> {
    const { client, points, intervalMs } = this.#options;
    const birth = {
      v: 1,
      epoch: 'E1',
      firstSeq: 1,
      at: nowMs,
      software: 'bench',
      points: declarations(points, intervalMs),
    };
    return client.publishAsync(`${this.#base}/birth`, JSON.stringify(birth), { qos: 1, retain: true });
  }

  /** Publishes the next message; `readings` replaces its own. */
  publish(atMs: number, own?: string): void {
    this.sent++;
    const list = own ?? this.#readings[this.sent % VARIANTS];
    const payload = `{"v":1,"epoch":"E1","seq":${this.sent},"at":${atMs},"readings":[${list}]}`;
    this.#options.client.publish(this.readingsTopic, payload, { qos: 1 });
  }
}

/** What the agent's birth says of its points: one of the supply, one or more of the load, and others. */
export function declarations(points: number, intervalMs: number, itPoints = 1): unknown[] {
  return Array.from({ length: points }, (_, point) => ({
    point: `point-${point}`,
    ...(point === 0
      ? { role: 'utility' }
      : point <= itPoints
        ? { role: 'it', level: 'ups-output' }
        : { role: 'other' }),
    channels: ['power'],
    intervalMs,
  }));
}

function readings({ index, points }: LoadAgentOptions, variant: number): string {
  const powerW = (point: number): number => (1000 + ((index * 7 + point * 13 + variant * 31) % 500)) / 10 + 200;
  return Array.from({ length: points }, (_, point) => `["point-${point}","power",${powerW(point)}]`).join(',');
}
