import type { Birth, ReadingsMessage, Status } from '@wattmark/shared/messages';
import { type Address, topicOf } from '@wattmark/shared/topics';
import { connectAsync, type MqttClient } from 'mqtt';

export interface Loss {
  readonly from: number;
  readonly to: number;
}

/** The contract's collector in a hundred lines: it takes a message only in its turn, and acknowledges what it took. */
export class FakeCollector {
  readonly accepted: ReadingsMessage[] = [];
  readonly births: Birth[] = [];
  readonly statuses: Status[] = [];
  readonly losses: Loss[] = [];
  /** Sequence numbers that came again with other content: must stay empty. */
  readonly contradictions: number[] = [];
  /** Every sequence number that arrived, in the order of arrival. */
  readonly arrivals: number[] = [];
  duplicates = 0;
  /** Decides whether the n-th acknowledgement is sent. */
  acknowledges: (n: number) => boolean = () => true;
  #client: MqttClient | null = null;
  readonly #address: Address;
  readonly #payloads = new Map<string, string>();
  readonly #watchers = new Set<() => void>();
  #epoch = '';
  #last = 0;
  #firstSeq = 1;
  #acks = 0;

  constructor(address: Address) {
    this.#address = address;
  }

  get last(): number {
    return this.#last;
  }

  async connect(url: string): Promise<void> {
    const client = await connectAsync(url, { protocolVersion: 4, reconnectPeriod: 50, clientId: 'fake-collector' });
    client.on('error', () => {});
    client.on('message', (topic, payload) => this.#receive(topic, payload));
    await client.subscribeAsync(
      ['birth', 'readings', 'status'].map((leaf) => this.#topic(leaf)),
      { qos: 1 },
    );
    this.#client = client;
  }

  async close(): Promise<void> {
    await this.#client?.endAsync(true);
    this.#client = null;
  }

  /** Sends any acknowledgement, right or wrong. */
  async sendAck(epoch: string, seq: number): Promise<void> {
    await this.#client?.publishAsync(this.#topic('ack'), JSON.stringify({ v: 1, epoch, seq }), { qos: 1 });
  }

  /** Resolves as soon as `condition` holds; it is looked at after everything that arrives. */
  when(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!condition()) return;
        this.#watchers.delete(look);
        resolve();
      };
      this.#watchers.add(look);
      look();
    });
  }

  #topic(leaf: string): string {
    return topicOf(this.#address, leaf as 'ack');
  }

  #receive(topic: string, payload: Buffer): void {
    const text = payload.toString();
    if (topic.endsWith('/status')) this.statuses.push(JSON.parse(text) as Status);
    else if (topic.endsWith('/birth')) this.#takeBirth(JSON.parse(text) as Birth);
    else this.#takeReadings(JSON.parse(text) as ReadingsMessage, text);
    for (const look of this.#watchers) look();
  }

  #takeBirth(birth: Birth): void {
    this.births.push(birth);
    if (birth.epoch < this.#epoch) return;
    if (birth.epoch !== this.#epoch) this.#last = 0;
    this.#epoch = birth.epoch;
    this.#firstSeq = birth.firstSeq;
  }

  #takeReadings(message: ReadingsMessage, text: string): void {
    const { epoch, seq } = message;
    this.arrivals.push(seq);
    const known = this.#payloads.get(`${epoch} ${seq}`);
    if (known !== undefined && known !== text) this.contradictions.push(seq);
    if (epoch < this.#epoch) return void this.sendAck(this.#epoch, this.#last).catch(() => {});
    if (epoch !== this.#epoch) return;
    if (seq > this.#last + 1 && seq === this.#firstSeq) {
      this.losses.push({ from: this.#last + 1, to: seq - 1 });
      this.#last = seq - 1;
    }
    if (seq > this.#last + 1) return;
    if (seq <= this.#last) this.duplicates++;
    else {
      this.#payloads.set(`${epoch} ${seq}`, text);
      this.accepted.push(message);
      this.#last = seq;
    }
    if (this.acknowledges(++this.#acks)) void this.sendAck(epoch, this.#last).catch(() => {});
  }
}
