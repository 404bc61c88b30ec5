/** Grafana's ids of the units that panels use; a ratio says `none`, so that no panel is without a unit. */
export const units = {
  ratio: 'none',
  count: 'none',
  text: 'none',
  share: 'percentunit',
  percent: 'percent',
  energy: 'watth',
  power: 'watt',
  energyPerDay: 'suffix: kWh/d',
  emissions: 'suffix: tCO₂e',
  duration: 'ms',
  seconds: 's',
  hours: 'h',
  bytes: 'bytes',
  perSecond: 'cps',
  time: 'dateTimeAsIso',
} as const;
export type Unit = keyof typeof units;
