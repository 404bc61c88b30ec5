import type { Quantity } from '../../accounting/quantity.ts';
import type { SitePoint } from '../../site/site.ts';
import type { Observation } from '../finding.ts';
import type { Inspection } from '../inspection.ts';
import type { RegisterNote } from '../notes.ts';
import { limits } from '../thresholds.ts';
import { amount, duration, percent } from '../wording.ts';

const QUARTER_H = 0.25;
const FLOAT32_DIGITS = 24;

/** Registers are kept by meters in these units; agents hand them on in Wh, L and kg. */
const units = {
  energy: [
    { name: 'kWh', size: 1e3 },
    { name: 'MWh', size: 1e6 },
    { name: 'Wh', size: 1 },
  ],
  volume: [
    { name: 'm³', size: 1e3 },
    { name: 'L', size: 1 },
  ],
  mass: [
    { name: 'kg', size: 1 },
    { name: 't', size: 1e3 },
  ],
} as const satisfies Record<Quantity, unknown>;

/**
 * Registers whose steps are large beside the energy of a quarter-hour: because they are 32-bit floats, which keep 24 binary
 * digits and so lose value·2⁻²³ at the worst, or because the meter counts so. A register that stood still between two
 * readings has shown its step.
 */
export function checkRegisters(inspection: Inspection): Observation[] {
  return inspection.site.points.flatMap((point): Observation[] => {
    const note = inspection.register(point);
    if (note === undefined || !(note.meanW > 0)) return [];
    const float = float32StepOf(point.quantity, note.valueWh, note.valueWh - note.stepWh);
    const floatWh = float?.stepWh ?? 0;
    const stoodMs = (note.stepWh * 3_600_000) / note.meanW;
    const stepWh = stoodMs >= 2 * point.intervalMs ? note.stepWh : 0;
    const quarterWh = note.meanW * QUARTER_H;
    if (Math.max(floatWh, stepWh) <= limits.coarseRegister * quarterWh) return [];
    // Power says how energy was spread, and nothing of litres and kilograms.
    const severity = point.quantity === 'energy' && point.channels.includes('power') ? 'notice' : 'warning';
    const brought = amount(quarterWh, point.quantity);
    const beside = `${percent(Math.max(floatWh, stepWh) / quarterWh)} of the ${brought} that a quarter-hour brings`;
    return [
      float !== null && floatWh > limits.coarseRegister * quarterWh
        ? observe('register-float32', severity, point, float32Facts(point, note, float, beside))
        : observe('register-coarse', severity, point, coarseFacts(point, stepWh, stoodMs, beside)),
    ];
  });
}

/**
 * The step of a register that can only be a 32-bit float, or null. Both readings must be exact multiples of a float's last
 * digit, and no whole numbers: counters of whole units are such multiples by nature.
 */
export function float32StepOf(
  quantity: Quantity,
  ...registers: readonly number[]
): { stepWh: number; unit: string } | null {
  for (const { name, size } of units[quantity]) {
    const values = registers.map((value) => value / size);
    const isFloat = values.every((value) => value > 0 && Math.fround(value) === value);
    if (!isFloat || values.every(Number.isInteger)) continue;
    const greatest = Math.max(...values);
    return { stepWh: 2 ** (Math.floor(Math.log2(greatest)) - FLOAT32_DIGITS + 1) * size, unit: name };
  }
  return null;
}

function float32Facts(
  { point, quantity }: SitePoint,
  { valueWh }: RegisterNote,
  { stepWh, unit }: { stepWh: number; unit: string },
  beside: string,
): string {
  const register = `The register of ${point} stands at ${amount(valueWh, quantity)} as a 32-bit float in ${unit}`;
  return `${register}, whose last digit is ${amount(stepWh, quantity)}: ${beside}.`;
}

function coarseFacts({ point, quantity }: SitePoint, stepWh: number, stoodMs: number, beside: string): string {
  return `The register of ${point} moves by ${amount(stepWh, quantity)} every ${duration(stoodMs)}: ${beside}.`;
}

function observe(
  kind: 'register-float32' | 'register-coarse',
  severity: 'notice' | 'warning',
  { point }: SitePoint,
  facts: string,
): Observation {
  return { kind, severity, points: [point], span: null, facts };
}
