import type { Meter, PointDeclaration } from '@wattmark/shared/messages';

/** What instruments say of themselves, a line for each that differs: `Eastron SDM630, serial 123, CT ratio 40`. */
export function meterLines(points: readonly PointDeclaration[]): string[] {
  const owners = new Map<string, string[]>();
  for (const { point, meter } of points) {
    if (meter === undefined) continue;
    const text = meterText(meter);
    if (text !== '') owners.set(text, [...(owners.get(text) ?? []), point]);
  }
  const isOne = owners.size === 1;
  return [...owners].map(([text, of]) => (isOne ? `meter: ${text}` : `meter of ${of.join(', ')}: ${text}`));
}

function meterText({ manufacturer, model, serial, firmware, ctRatio, vtRatio }: Meter): string {
  const name = [manufacturer, model].filter((part) => part !== undefined).join(' ');
  const facts = [
    name === '' ? null : name,
    serial === undefined ? null : `serial ${serial}`,
    firmware === undefined ? null : `firmware ${firmware}`,
    ctRatio === undefined ? null : `CT ratio ${ctRatio}`,
    vtRatio === undefined ? null : `VT ratio ${vtRatio}`,
  ];
  return facts.filter((fact) => fact !== null).join(', ');
}
