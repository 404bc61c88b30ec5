import { resolve } from 'node:path';
import type { PointDeclaration } from '@wattmark/shared/messages';
import * as v from 'valibot';
import { pointEntries, simulated } from '../point-config.ts';
import { type Found, type Memory, type Sample, type Search, type Source } from '../source.ts';
import { type SourceContext, SourceError, type SourceModule } from '../source.ts';
import { type Card, comparable } from './gpu/card.ts';
import { Slot } from './gpu/slot.ts';
import { askTool, type Look, tools } from './gpu/tool.ts';
import { createBackgroundLooks } from './support/background-looks.ts';
import { type Outcome, toSample } from './support/outcome.ts';

const SUFFIX_LENGTH = '-63'.length;

const named = { point: pointEntries.point, name: pointEntries.name };

const schema = v.pipe(
  v.strictObject({
    vendor: v.optional(v.picklist(['nvidia', 'amd']), 'nvidia'),
    /** Where the vendor's tool is, if not in PATH. */
    program: v.optional(v.pipe(v.string(), v.nonEmpty())),
    point: v.optional(
      v.pipe(named.point, v.maxLength(63 - SUFFIX_LENGTH, `must leave ${SUFFIX_LENGTH} characters for a number`)),
    ),
    cards: v.optional(
      v.pipe(
        v.array(v.strictObject({ ...named, card: v.pipe(v.string('must be in quotes'), v.nonEmpty()) })),
        v.nonEmpty('must name at least one card'),
        v.check(
          (cards) => new Set(cards.map(({ card }) => comparable(card))).size === cards.length,
          'must not name a card more than once',
        ),
      ),
    ),
    simulated,
  }),
  v.check(({ point, cards }) => (point === undefined) !== (cards === undefined), 'needs either point or cards'),
);

type Config = v.InferOutput<typeof schema>;

/** Reads the cards of this machine with their vendor's own tool, nvidia-smi or rocm-smi, which runs once a tick. */
export default { schema, open, discover } satisfies SourceModule<typeof schema>;

async function open(config: Config, context: SourceContext): Promise<Source> {
  const program = placeOf(config, context.directory);
  const slots = await openSlots(config, context);
  let points: readonly PointDeclaration[] = slots.all.map(({ declaration }) => declaration);
  async function look(signal: AbortSignal): Promise<Sample> {
    const found = await askTool(config.vendor, program, signal);
    await slots.welcome(found.cards);
    const outcomes = outcomesOf(slots.all, found);
    const now = slots.all.map(({ declaration }) => declaration);
    if (now.length !== points.length || now.some((point, index) => point !== points[index])) points = now;
    return toSample(outcomes);
  }

  // A tool that has to wake the driver first takes seconds.
  const looks = createBackgroundLooks(program, look, context.clock);
  return {
    get points() {
      return points;
    },
    read: (signal) => looks.read(signal),
    close: () => looks.close(),
  };
}

/** A name without a slash is looked for in PATH. */
function placeOf({ vendor, program = tools[vendor].program }: Config, directory: string): string {
  return program.includes('/') ? resolve(directory, program) : program;
}

interface Slots {
  readonly all: readonly Slot[];
  /** Gives each card that has none a point of its own, where that is for the source to do. */
  welcome(cards: readonly Card[]): Promise<void>;
}

/**
 * Without a list, the cards are numbered by where they sit, and that is remembered: when one has fallen off its bus, the
 * others must not take its number. Another card in its place takes it.
 */
async function openSlots({ vendor, point = '', cards, simulated }: Config, context: SourceContext): Promise<Slots> {
  const facts = { intervalMs: context.intervalMs, simulated };
  if (cards !== undefined) return { all: cards.map((card) => new Slot(card, facts)), welcome: async () => {} };
  const memory = context.memory(`gpu ${vendor} ${point}`);
  const all = (await busesIn(memory)).map((card, index) => new Slot({ point: `${point}-${index}`, card }, facts));
  return {
    all,
    async welcome(found) {
      const known = new Set(all.map(({ config }) => config.card));
      const fresh = found.map(({ bus }) => bus).filter((bus) => !known.has(bus));
      if (fresh.length === 0) return;
      for (const card of fresh.toSorted()) all.push(new Slot({ point: `${point}-${all.length}`, card }, facts));
      await memory.save(all.map(({ config }) => config.card));
    },
  };
}

async function busesIn(memory: Memory): Promise<string[]> {
  const saved = await memory.load();
  return v.is(v.pipe(v.array(v.string()), v.maxLength(64)), saved) ? saved : [];
}

function outcomesOf(slots: readonly Slot[], { cards, complaint }: Look): Outcome[] {
  const pairs = slots.map((slot) => {
    const name = comparable(slot.config.card);
    return [slot, cards.find(({ names }) => names.includes(name))] as const;
  });
  const there = `there are ${cards.map(({ bus, meter }) => `${bus} (${meter.serial ?? 'no number'})`).join(', ')}`;
  if (pairs.every(([, card]) => card === undefined)) {
    throw new SourceError('absent', `no card ${slots.map(({ config }) => config.card).join(', ')}; ${there}`);
  }
  return pairs.flatMap(([slot, card]) =>
    card === undefined ? slot.miss(`no card ${slot.config.card}: ${complaint ?? there}`) : slot.take(card),
  );
}

async function discover({ signal, progress }: Search): Promise<readonly Found[]> {
  const found: Found[] = [];
  for (const vendor of ['nvidia', 'amd'] as const) {
    const { program } = tools[vendor];
    try {
      const { cards } = await askTool(vendor, program, signal);
      found.push({
        title: `${cards.length === 1 ? '1 card' : `${cards.length} cards`} of this machine, by ${program}`,
        notes: [
          ...cards.map(({ bus, meter }) => `${bus}: ${meter.model ?? 'unnamed'}, ${meter.serial ?? 'no number'}`),
          'a card is a part of this machine, so that its point has no role',
        ],
        entry: { kind: 'gpu', ...(vendor === 'amd' && { vendor }), point: 'gpu' },
      });
    } catch (error) {
      progress(`gpu: ${(error as Error).message}`);
    }
  }
  return found;
}
