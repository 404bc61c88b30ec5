import type { Channel } from '@wattmark/shared/channels';
import type { Meter, PointDeclaration } from '@wattmark/shared/messages';
import type { Logger } from '@wattmark/shared/logger';
import { declarePoint, type PointConfig } from '../../point-config.ts';
import { judge, type Outcome } from '../support/outcome.ts';
import { estimateMethod, identify, problemIn, type Section, type Told, tell, type Variables } from './variables.ts';

export interface UnitContext {
  readonly log: Logger;
  readonly intervalMs: number;
  readonly simulated: boolean;
}

/** What the points of a UPS's parts append to its own id. */
export const suffixes = { output: '', input: '-input', battery: '-battery' } as const satisfies Record<Section, string>;

/**
 * A UPS whose output is the configured point, beside which `-input` (where its power is told) and `-battery` stand.
 * Channels are announced as soon as the UPS has told them once; from then on, one that it does not tell is no data.
 * A power distribution unit (`device.type` pdu) has no output of its own: there the point is its input.
 */
export class Unit {
  /** As ups.conf of the server names it. */
  readonly name: string;
  readonly #config: PointConfig;
  readonly #context: UnitContext;
  #known: Map<Section, Set<Channel>>;
  #meter: Meter = {};
  #method: string | null = null;
  #isPdu = false;
  #state = '';
  #points: readonly PointDeclaration[];

  constructor(name: string, config: PointConfig, context: UnitContext) {
    this.name = name;
    this.#config = config;
    this.#context = context;
    this.#known = new Map([['output', new Set(config.channels ?? ['power'])]]);
    this.#points = this.#declare();
  }

  /** The same array until what the UPS is, or tells, has changed. */
  get points(): readonly PointDeclaration[] {
    return this.#points;
  }

  /** What becomes of the channels now that the UPS has told this. */
  take(variables: Variables): Outcome[] {
    this.#state = logState(this.#context.log, this.name, this.#state, variables.get('ups.status') ?? '');
    const problem = problemIn(variables);
    if (problem !== null) return this.miss(problem);
    this.#identify(variables);
    const told = this.#toldBy(variables);
    this.#announce(told, estimateMethod(variables));
    return [...this.#known].flatMap(([section, channels]) =>
      [...channels].map((channel) => outcomeOf(this.#pointOf(section), channel, told.get(section)?.get(channel))),
    );
  }

  /** What becomes of them without any. */
  miss(reason: string): Outcome[] {
    return this.#points.flatMap(({ point, channels }) => channels.map((channel) => ({ point, channel, reason })));
  }

  get #main(): Section {
    return this.#isPdu ? 'input' : 'output';
  }

  #pointOf(section: Section): string {
    return section === this.#main ? this.#config.point : `${this.#config.point}${suffixes[section]}`;
  }

  /** Another serial number or model is another UPS, of which nothing is known. */
  #identify(variables: Variables): void {
    const meter = identify(variables);
    const isPdu = variables.get('device.type') === 'pdu';
    if (meter.serial !== this.#meter.serial || meter.model !== this.#meter.model || isPdu !== this.#isPdu) {
      this.#isPdu = isPdu;
      this.#known = new Map([[this.#main, new Set(this.#config.channels ?? ['power'])]]);
    }
    this.#meter = meter;
  }

  #toldBy(variables: Variables): Map<Section, Map<Channel, Told>> {
    const sections: readonly Section[] = this.#isPdu ? ['input'] : ['output', 'input', 'battery'];
    const told = sections.map((section) => [section, tell(section, variables)] as const);
    for (const [section, channels] of told) {
      if (section === this.#main) keepOnly(channels, this.#config.channels);
      // Nearly every UPS tells its input's voltage, which alone is no reason for a point.
      else if (section === 'input' && !channels.has('power')) channels.clear();
    }
    return new Map(told);
  }

  #announce(told: ReadonlyMap<Section, ReadonlyMap<Channel, Told>>, method: string | null): void {
    this.#method = method;
    for (const [section, channels] of told) {
      if (channels.size === 0) continue;
      this.#known.set(section, new Set([...(this.#known.get(section) ?? []), ...channels.keys()]));
    }
    const points = this.#declare();
    if (JSON.stringify(points) !== JSON.stringify(this.#points)) this.#points = points;
  }

  #declare(): PointDeclaration[] {
    const { intervalMs, simulated } = this.#context;
    const meter = Object.keys(this.#meter).length === 0 ? undefined : this.#meter;
    return [...this.#known].map(([section, channels]) => {
      const isMain = section === this.#main;
      const method = isMain ? (this.#method ?? undefined) : undefined;
      const facts = { source: 'nut', intervalMs, simulated, channels: [...channels], method, meter };
      return declarePoint(isMain ? this.#config : { point: this.#pointOf(section) }, facts);
    });
  }
}

function outcomeOf(point: string, channel: Channel, told: Told | undefined): Outcome {
  if (told === undefined) {
    const reason =
      channel === 'power'
        ? 'the UPS tells no real power, nor ups.load and ups.realpower.nominal (which ups.conf of the server can override)'
        : `the UPS does not tell its ${channel}`;
    return { point, channel, reason };
  }
  if (told.value instanceof Error) return { point, channel, reason: told.value.message };
  return judge(point, channel, told.value, told.quality);
}

function keepOnly(told: Map<Channel, Told>, wanted: readonly Channel[] | undefined): void {
  for (const channel of told.keys()) if (wanted?.includes(channel) === false) told.delete(channel);
}

const states: readonly [word: string, text: string][] = [
  ['LB', 'the battery of the UPS is low'],
  ['OB', 'the UPS runs on its battery'],
  ['OFF', 'the UPS is off'],
  ['OL', 'the UPS is on line'],
];

/** Logs what the UPS runs on when that has changed, and returns it. */
function logState(log: Logger, ups: string, before: string, status: string): string {
  const words = status.split(' ');
  const [word, text] = states.find(([candidate]) => words.includes(candidate)) ?? ['', ''];
  if (word === '' || word === before || (before === '' && word === 'OL')) return word || before;
  log[word === 'OL' ? 'info' : 'warn']({ ups, status }, text);
  return word;
}
