import type { PointDeclaration } from '@wattmark/shared/messages';
import { declarePoint } from '../point-config.ts';
import { type Sample, type Source, SourceError, type SourceContext, type SourceModule } from '../source.ts';
import { Wake } from '../wake.ts';
import { type Config, jsonSlots, numberSlots, schema, sparkplugSlots, telegrafSlots } from './mqtt/config.ts';
import type { Format, Message } from './mqtt/format.ts';
import { Inbox } from './mqtt/inbox.ts';
import { createPlain } from './mqtt/plain.ts';
import { createSparkplug } from './mqtt/sparkplug.ts';
import { Subscription } from './mqtt/subscription.ts';
import { createTelegraf } from './mqtt/telegraf.ts';
import { abandoned } from './support/abort.ts';

/** The first looks wait so long for the broker and a message, and no longer than half of a tick's default deadline. */
const LONGEST_WAIT_MS = 1_000;

/** Listens to what others publish over MQTT: Sparkplug B, telegraf, InfluxDB's lines, JSON and bare numbers. */
export default {
  schema,
  async open(config, context): Promise<Source> {
    const { clock, log } = context;
    const everyMs = config.every ?? context.intervalMs;
    const expectMs = config.expect ?? 3 * everyMs;
    const format = createFormat(config, context, (topic, payload) => subscription.publish(topic, payload));
    const hold = config.format === 'sparkplug' && config.hold;
    const inbox = new Inbox(format.slots, { clock, log, everyMs, expectMs, hold });
    const wake = new Wake(clock);
    const unreadable = new Set<string>();
    const receive = (message: Message): void => {
      try {
        for (const news of format.decode(message)) inbox.take(news, message.retained);
      } catch (error) {
        const reason = (error as Error).message;
        inbox.hint(`a message on ${message.topic} could not be read: ${reason}`);
        if (!unreadable.has(message.topic) && unreadable.size < 100) {
          unreadable.add(message.topic);
          log.warn({ topic: message.topic, reason }, 'a message could not be read');
        }
      }
      wake.wake();
    };
    const subscription = new Subscription({
      access: config,
      directory: context.directory,
      filters: format.filters,
      clock,
      log,
      begin: () => format.restart(),
      greet: () => format.greet(),
      receive,
      wake() {
        if (!subscription.isListening) inbox.letGo();
        wake.wake();
      },
    });
    return {
      points: declare(config, everyMs),
      async read(signal) {
        await waitForFirst(inbox, subscription, wake, context, signal);
        return look(inbox, subscription, config.url, format);
      },
      close: () => subscription.close(),
    };
  },
} satisfies SourceModule<typeof schema>;

function createFormat(
  config: Config,
  { clock }: SourceContext,
  publish: (topic: string, payload: Uint8Array) => void,
): Format {
  switch (config.format) {
    case 'sparkplug':
      return createSparkplug(sparkplugSlots(config.points), { clock, send: config.rebirth ? publish : null });
    case 'telegraf-json':
    case 'influx':
      return createTelegraf(config.format, config.topics, telegrafSlots(config.points));
    case 'json':
      return createPlain(jsonSlots(config.points));
    case 'number':
      return createPlain(numberSlots(config.points));
  }
}

function declare(config: Config, intervalMs: number): readonly PointDeclaration[] {
  const facts = { source: 'mqtt', intervalMs, simulated: config.simulated };
  return config.points.map((point) => {
    const channels = point.channels.map(([channel]) => channel);
    return declarePoint(point, { ...facts, channels });
  });
}

/** Until something was heard there is nothing else to do in a tick. @throws SourceError where `signal` aborts. */
async function waitForFirst(
  inbox: Inbox,
  subscription: Subscription,
  wake: Wake,
  { clock, intervalMs }: SourceContext,
  signal: AbortSignal,
): Promise<void> {
  const stop = (): void => wake.wake();
  signal.addEventListener('abort', stop, { once: true });
  const endMs = clock.monotonicMs() + Math.min(LONGEST_WAIT_MS, intervalMs / 4);
  for (;;) {
    const leftMs = endMs - clock.monotonicMs();
    if (signal.aborted || inbox.isHeard || subscription.problem !== null || leftMs <= 0) break;
    await wake.wait(leftMs);
  }
  signal.removeEventListener('abort', stop);
  if (signal.aborted) throw abandoned('the broker');
}

/** @throws SourceError where nothing is heard: `absent` where nothing ever was. */
function look(inbox: Inbox, subscription: Subscription, url: string, { filters }: Format): Sample {
  if (inbox.hasReadings) return inbox.drain();
  const kind = inbox.isHeard ? 'retry' : 'absent';
  if (!subscription.isListening) {
    throw new SourceError(kind, `${url}: ${subscription.problem ?? 'no connection yet'}`);
  }
  if (inbox.silentMs > 0) {
    const silentS = Math.round(inbox.silentMs / 1000);
    const topics = filters.join(', ').slice(0, 200);
    const advice = 'are the topics right, and may this user read them?';
    throw new SourceError(kind, `${url}: nothing for ${silentS} s on ${topics}: ${advice}`);
  }
  return inbox.drain();
}
