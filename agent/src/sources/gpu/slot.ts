import type { Channel } from '@wattmark/shared/channels';
import type { PointDeclaration } from '@wattmark/shared/messages';
import { declarePoint } from '../../point-config.ts';
import { judge, type Outcome } from '../support/outcome.ts';
import type { Card } from './card.ts';

export interface SlotConfig {
  readonly point: string;
  readonly name?: string | undefined;
  /** The card's bus, UUID or serial number. */
  readonly card: string;
}

interface SlotFacts {
  readonly intervalMs: number;
  readonly simulated: boolean;
}

/**
 * One card's point. It has no role: a card is a part of a machine, whose energy is measured where it enters. Channels
 * are announced as soon as the card has told them once; from then on, one that it does not tell is no data.
 */
export class Slot {
  readonly config: SlotConfig;
  readonly #facts: SlotFacts;
  #channels: ReadonlySet<Channel> = new Set(['power']);
  #declaration: PointDeclaration;

  constructor(config: SlotConfig, facts: SlotFacts) {
    this.config = config;
    this.#facts = facts;
    this.#declaration = this.#declare(undefined);
  }

  /** The same object until what the card is, or tells, has changed. */
  get declaration(): PointDeclaration {
    return this.#declaration;
  }

  take({ meter, told }: Card): Outcome[] {
    const isOther = this.#declaration.meter !== undefined && this.#declaration.meter.serial !== meter.serial;
    this.#channels = new Set(['power', ...(isOther ? [] : this.#channels), ...told.keys()]);
    const declaration = this.#declare(meter);
    if (JSON.stringify(declaration) !== JSON.stringify(this.#declaration)) this.#declaration = declaration;
    return [...this.#channels].map((channel) => this.#outcomeOf(channel, told.get(channel)));
  }

  miss(reason: string): Outcome[] {
    return [...this.#channels].map((channel) => ({ point: this.config.point, channel, reason }));
  }

  #outcomeOf(channel: Channel, value: number | Error | undefined): Outcome {
    const { point } = this.config;
    if (value === undefined) return { point, channel, reason: `the card does not tell its ${channel}` };
    return value instanceof Error ? { point, channel, reason: value.message } : judge(point, channel, value);
  }

  #declare(meter: Card['meter'] | undefined): PointDeclaration {
    const { point, name } = this.config;
    return declarePoint({ point, name }, { source: 'gpu', ...this.#facts, channels: [...this.#channels], meter });
  }
}
