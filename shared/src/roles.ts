/** What a metering point is for. */
export const roles = [
  'utility',
  'generator',
  'solar',
  'district-cooling',
  'ups',
  'pdu',
  'rectifier',
  'it',
  'telecom',
  'cooling',
  'lighting',
  'other',
  'battery',
  'heat-removal',
  'heat-reuse',
  'water',
] as const;
export type Role = (typeof roles)[number];

/** Roles whose points measure energy, in the order in which sites' energies by role are kept; water is counted in litres. */
export const energyRoles: readonly Role[] = roles.filter((role) => role !== 'water');

/** Roles through which energy enters a site. */
export const supplyRoles: readonly Role[] = ['utility', 'generator', 'solar', 'district-cooling'];

/** Where IT energy is measured, from the supply side to the load: PUE categories 1, 2 and 3 (ISO/IEC 30134-2). */
export const levels = ['ups-output', 'pdu-output', 'equipment-input'] as const;
export type Level = (typeof levels)[number];

/** Accuracy classes by IEC 62053-21/-22 and the MID, with the limit of error at reference conditions in per cent. */
export const accuracyClasses = {
  '0.1': 0.1,
  '0.2S': 0.2,
  '0.2': 0.2,
  '0.5S': 0.5,
  '0.5': 0.5,
  '1': 1,
  '2': 2,
  A: 2,
  B: 1,
  C: 0.5,
} as const;
export type AccuracyClass = keyof typeof accuracyClasses;

export function isRole(value: unknown): value is Role {
  return (roles as readonly unknown[]).includes(value);
}

export function isLevel(value: unknown): value is Level {
  return (levels as readonly unknown[]).includes(value);
}

export function isAccuracyClass(value: unknown): value is AccuracyClass {
  return typeof value === 'string' && Object.hasOwn(accuracyClasses, value);
}
