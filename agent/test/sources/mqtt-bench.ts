import mqttClient, { type MqttClient } from 'mqtt';
import type { Test } from 'tap';
import * as v from 'valibot';
import { freePort } from '../../../shared/test/free-port.ts';
import { requireProgram } from '../../../shared/test/program.ts';
import mqtt from '../../src/sources/mqtt.ts';
import type { Sample, Source } from '../../src/source.ts';
import { recordingLog } from '../support/log.ts';
import { Mosquitto } from '../support/mosquitto.ts';
import { realClock } from '../support/real-clock.ts';
import { scratch } from '../support/scratch.ts';
import { context, tick } from './conformance.ts';

/** A broker, and somebody who publishes there. */
export interface Broker {
  readonly broker: Mosquitto;
  readonly url: string;
  publish(topic: string, payload: string | Uint8Array, retain?: boolean): Promise<void>;
  /** kill -9, and a new life at the same port. */
  restart(): Promise<void>;
}

/** Starts mosquitto; null where the test was skipped. */
export async function startBroker(t: Test, lines?: readonly string[], login?: object): Promise<Broker | null> {
  const program = requireProgram(t, 'mosquitto');
  if (program === null) return null;
  const broker = new Mosquitto(program, await freePort(), scratch(t), lines);
  let client: MqttClient | null = null;
  const connect = async () => {
    client = await mqttClient.connectAsync(broker.url, { reconnectPeriod: 0, ...login });
  };
  t.teardown(async () => {
    client?.end(true);
    await broker.kill();
  });
  await broker.start();
  await connect();
  return {
    broker,
    url: broker.url,
    async publish(topic, payload, retain = false) {
      await client?.publishAsync(topic, Buffer.from(payload), { qos: 1, retain });
    },
    async restart() {
      client?.end(true);
      await broker.kill();
      await broker.start();
      await connect();
    },
  };
}

/** A source whose every message a test can wait for. */
export interface Listener {
  readonly source: Source;
  /** Resolves when the source has subscribed for the n-th time. */
  subscribed(times?: number): Promise<void>;
  /** Resolves when the source has noticed for the n-th time that its broker is gone. */
  lost(times?: number): Promise<void>;
  /** Resolves when the source has heard as many messages. */
  heard(messages: number): Promise<void>;
  /** Publishes until the source has heard a message: it may just be about to lose its connection, or to get it back. */
  hears(publish: () => Promise<void> | void): Promise<void>;
  /** Messages heard so far. */
  count(): number;
  /** How often it subscribed so far. */
  subscriptions(): number;
  /** Messages of the log at warn level. */
  warnings(): string[];
  look(): Promise<Sample>;
}

/** A message that was not heard by then was lost. */
const PATIENCE_MS = 500;

export async function listen(config: object, intervalMs = 1000): Promise<Listener> {
  const { log, entries, when } = recordingLog();
  const source = await mqtt.open(v.parse(mqtt.schema, config), { ...context, log, intervalMs });
  const count = (msg: string) => entries.filter((entry) => entry.msg === msg).length;
  const reaches = (msg: string, n: number) => when(() => count(msg) >= n).then(() => undefined);
  return {
    source,
    subscribed: (times = 1) => reaches('listening to the broker', times),
    lost: (times = 1) => reaches('not listening to the broker', times),
    heard: (messages) => reaches('a message', messages),
    async hears(publish) {
      const over = new AbortController();
      const heard = reaches('a message', count('a message') + 1).then(() => over.abort());
      while (!over.signal.aborted) {
        await publish();
        await Promise.race([heard, realClock.sleep(PATIENCE_MS, over.signal)]);
      }
    },
    count: () => count('a message'),
    subscriptions: () => count('listening to the broker'),
    warnings: () => entries.filter((entry) => (entry as { level?: number }).level === 40).map(({ msg }) => msg),
    async look() {
      const outcome = await tick(source);
      if (outcome instanceof Error) throw outcome;
      return outcome;
    },
  };
}
