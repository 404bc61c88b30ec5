import { type Card, comparable, describeCard, isTelling, numberIn, plausiblePowerW, tellings } from './card.ts';

const MICROJOULES_PER_WATT_HOUR = 3.6e9;

export const rocmArguments: readonly string[] = [
  '--showpower',
  '--showuse',
  '--showtemp',
  '--showenergycounter',
  '--showid',
  '--showuniqueid',
  '--showserial',
  '--showbus',
  '--showproductname',
  '--showvbios',
  '--json',
];

/**
 * The cards in what `rocm-smi --json` writes: texts by names that differ in case, and in words, between versions.
 * Warnings may stand before the object.
 * @throws Error where it wrote anything else.
 */
export function parseRocm(output: string): Card[] {
  const begin = output.search(/^\s*\{/m);
  if (begin === -1) throw new Error('the output is no JSON object');
  const cards = JSON.parse(output.slice(begin)) as Readonly<Record<string, unknown>>;
  return Object.entries(cards).flatMap(([name, card]) =>
    /^card\d+$/.test(name) && typeof card === 'object' && card !== null ? [cardOf(card)] : [],
  );
}

function cardOf(card: object): Card {
  const texts = new Map(Object.entries(card).map(([key, text]) => [key.toLowerCase(), String(text)]));
  const first = (...keys: readonly string[]) => keys.map((key) => texts.get(key)).find(isTelling);
  const serial = first('serial number', 'unique id');
  const bus = comparable(first('pci bus') ?? '');
  return {
    bus,
    names: [bus, texts.get('unique id'), texts.get('serial number')].filter(isTelling).map(comparable),
    meter: describeCard({
      manufacturer: first('card vendor'),
      model: first('card series', 'device name', 'card model'),
      serial,
      firmware: first('vbios version'),
    }),
    told: tellings([
      ['power', powerW(texts)],
      ['energy', energyWh(texts)],
      ['utilisation', numberIn('GPU use (%)', texts.get('gpu use (%)'))],
      ['temperature', temperatureC(texts)],
    ]),
  };
}

/** Cards of the MI300 series tell the power of the socket, older ones that of the package. */
function powerW(texts: ReadonlyMap<string, string>): number | Error | null {
  const names = ['average graphics package power (w)', 'current socket graphics package power (w)'];
  const values = names.map((name) => numberIn(name, texts.get(name)));
  return plausiblePowerW('Graphics Package Power', values.find((value) => value !== null) ?? null);
}

/** A counter that stands at 0 is one that the card does not have. */
function energyWh(texts: ReadonlyMap<string, string>): number | Error | null {
  const energyUj = numberIn('Accumulated Energy (uJ)', texts.get('accumulated energy (uj)'));
  if (typeof energyUj !== 'number') return energyUj;
  return energyUj > 0 ? energyUj / MICROJOULES_PER_WATT_HOUR : null;
}

function temperatureC(texts: ReadonlyMap<string, string>): number | Error | null {
  const names = ['edge', 'junction'].map((sensor) => `temperature (sensor ${sensor}) (c)`);
  return names.map((name) => numberIn(name, texts.get(name))).find((value) => value !== null) ?? null;
}
