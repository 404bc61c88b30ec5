/** What is known of a point over some time: energy drawn and fed back, and the time that it was measured and estimated for. */
export interface Measured {
  /** Wh; without meaning where no time is measured or estimated. */
  readonly energyWh: number;
  /** Wh, of the same time; where nothing is known of the energy drawn, all that was fed back. */
  readonly exportWh: number;
  readonly measuredMs: number;
  readonly estimatedMs: number;
}

export const nothingMeasured: Measured = { energyWh: 0, exportWh: 0, measuredMs: 0, estimatedMs: 0 };

/** Of a row; nothing where there is none. */
export function measuredOf(row: Measured | undefined): Measured {
  if (row === undefined) return nothingMeasured;
  const { energyWh, exportWh, measuredMs, estimatedMs } = row;
  return { energyWh, exportWh, measuredMs, estimatedMs };
}

export function addMeasured(a: Measured, b: Measured): Measured {
  return {
    energyWh: a.energyWh + b.energyWh,
    exportWh: a.exportWh + b.exportWh,
    measuredMs: a.measuredMs + b.measuredMs,
    estimatedMs: a.estimatedMs + b.estimatedMs,
  };
}

export function subtractMeasured(a: Measured, b: Measured): Measured {
  return {
    energyWh: a.energyWh - b.energyWh,
    exportWh: a.exportWh - b.exportWh,
    measuredMs: a.measuredMs - b.measuredMs,
    estimatedMs: a.estimatedMs - b.estimatedMs,
  };
}
