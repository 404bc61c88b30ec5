import { channels } from '@wattmark/shared/channels';
import { scaleOf, unitProblem } from '@wattmark/shared/units';
import { Temporal } from 'temporal-polyfill';
import { AnswerError } from './collector-client.ts';

/** What an operator says on the command line, as the change that the API takes. */

export interface CorrectOptions {
  readonly config: string;
  readonly site: string;
  readonly by: string;
  readonly reason: string;
  readonly point?: string;
  readonly from?: string;
  readonly to?: string;
  readonly at?: string;
  readonly value?: string;
  readonly last?: string;
  readonly first?: string;
  readonly channel?: string;
  readonly factor?: string;
  readonly finding?: string;
  readonly correction?: string;
  readonly timezone?: string;
  readonly dryRun?: boolean;
}

type OptionName = Exclude<keyof CorrectOptions, 'config' | 'site' | 'by' | 'reason' | 'timezone' | 'dryRun'>;

interface Kind {
  readonly required: readonly OptionName[];
  readonly optional: readonly OptionName[];
}

/** The options of each kind; all others are a mistake. */
const kinds: Readonly<Record<string, Kind>> = {
  void: { required: ['point', 'from', 'to'], optional: [] },
  reading: { required: ['point', 'at', 'value'], optional: ['channel'] },
  replacement: { required: ['point', 'at', 'last', 'first'], optional: ['channel'] },
  factor: { required: ['point', 'from', 'factor'], optional: ['to'] },
  structure: { required: ['from'], optional: [] },
  acknowledge: { required: ['finding'], optional: [] },
  withdraw: { required: ['correction'], optional: [] },
};

const names: readonly OptionName[] = [
  ...new Set(Object.values(kinds).flatMap(({ required, optional }) => [...required, ...optional])),
];

/**
 * @param timezone the site's
 * @throws AnswerError naming every option that is missing, too much or not understood
 */
export function changeOf(kind: string, options: CorrectOptions, timezone: string): Record<string, unknown> {
  const of = kinds[kind];
  if (of === undefined)
    throw new AnswerError(`there is no correction ${kind}; there are: ${Object.keys(kinds).join(', ')}`);
  const missing = of.required.filter((name) => options[name] === undefined);
  const allowed = [...of.required, ...of.optional];
  const extra = names.filter((name) => options[name] !== undefined && !allowed.includes(name));
  if (missing.length > 0) throw new AnswerError(`${kind} needs ${missing.map((name) => `--${name}`).join(', ')}`);
  if (extra.length > 0) throw new AnswerError(`${kind} takes no ${extra.map((name) => `--${name}`).join(', ')}`);
  const given = allowed.flatMap((name) => {
    const text = options[name];
    return text === undefined ? [] : [[keyOf[name] ?? name, valueOf(name, text, options, timezone)] as const];
  });
  return { kind, ...Object.fromEntries(given) };
}

const keyOf: Partial<Record<OptionName, string>> = { last: 'oldLast', first: 'newFirst' };

function valueOf(name: OptionName, text: string, { channel, timezone: said }: CorrectOptions, ofSite: string): unknown {
  if (name === 'from' || name === 'to' || name === 'at') return instantOf(name, text, said, ofSite);
  if (name === 'value' || name === 'last' || name === 'first') return energyWh(name, text, channel);
  if (name === 'factor') return numberOf(name, text);
  return text;
}

/** @returns ISO 8601 in UTC */
function instantOf(name: string, text: string, said: string | undefined, ofSite: string): string {
  if (/T.*([zZ]|[+-]\d\d:?\d\d)$/.test(text)) {
    try {
      return Temporal.Instant.from(text).toString();
    } catch {
      throw new AnswerError(`--${name} ${text} is not in the calendar`);
    }
  }
  if (said === undefined) {
    const advice = `say it, as in 2026-10-01T06:00+08:00, or add --timezone site (${ofSite})`;
    throw new AnswerError(`--${name} ${text} is a local time without its offset: ${advice}`);
  }
  const timezone = said === 'site' ? ofSite : said;
  try {
    return Temporal.PlainDateTime.from(text)
      .toZonedDateTime(timezone, { disambiguation: 'reject' })
      .toInstant()
      .toString();
  } catch {
    throw new AnswerError(
      `--${name} ${text} is no local time of ${timezone}, or comes twice or never there: say it with its offset`,
    );
  }
}

/** A register value with its unit. */
function energyWh(name: string, text: string, channel = 'energy'): number {
  if (channel !== 'energy' && channel !== 'energy-export')
    throw new AnswerError(`--channel must be energy or energy-export, not ${channel}`);
  const [, number = '', unit = ''] = /^([\d.]+) ?([A-Za-z]*)$/.exec(text) ?? [];
  if (number === '') throw new AnswerError(`--${name} ${text} must be a number with its unit, such as 12345.6kWh`);
  if (unit === '')
    throw new AnswerError(`--${name} ${text} has no unit: is it ${text}kWh, or ${text}${channels[channel].unit}?`);
  const problem = unitProblem(channel, { unit });
  if (problem !== null) throw new AnswerError(`--${name}: ${problem}`);
  // 12345.6 kWh are 12,345,600 Wh, and not a binary neighbour of it.
  return Number((numberOf(name, number) * scaleOf(channel, { unit })).toPrecision(15));
}

function numberOf(name: string, text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new AnswerError(`--${name} ${text} is not a number`);
  return value;
}
