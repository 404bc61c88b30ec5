import type { Api } from './api.ts';
import type { Figure, Kpis, Site } from './contract.ts';
import { type Poll, usePolling } from './polling.ts';

/** A site without a figure yet has just begun, and somebody is watching it fill. */
const FIRST_FIGURE_REFRESH_MS = 5000;

/** A period's figures, asked for again every `refreshMs`. */
export function useKpis(api: Api, site: string, period: string, refreshMs: number): Poll<Kpis> {
  return usePolling({
    key: `${site}/${period}`,
    load: (signal) => api.kpis(site, period, signal),
    pauseMs: (kpis) => (figureOf(kpis)?.value == null ? Math.min(refreshMs, FIRST_FIGURE_REFRESH_MS) : refreshMs),
  });
}

/** The figure that a site is judged by: SEE for a base station, PUE otherwise. */
export function figureOf(kpis: Kpis | null): Figure | null {
  return kpis?.pue ?? kpis?.see ?? null;
}

export function figureName(kind: Site['kind']): 'PUE' | 'SEE' {
  return kind === 'base-station' ? 'SEE' : 'PUE';
}

/** What the energy that a site exists for is called. */
export function loadName(kind: Site['kind']): 'IT' | 'telecom' {
  return kind === 'base-station' ? 'telecom' : 'IT';
}

const levelPlaces: Readonly<Record<string, string>> = {
  'ups-output': 'at the output of the UPS (category 1)',
  'pdu-output': 'at the output of the PDUs (category 2)',
  'equipment-input': 'at the input of the IT equipment (category 3)',
};

/** The nearer to the equipment, the less of the losses before it is called IT. */
export function levelText(level: string | null, of: 'power' | 'energy'): string {
  if (level === null) return `Where the IT ${of} is measured is not said: give the IT points a level.`;
  return `IT ${of} is measured ${levelPlaces[level] ?? level}.`;
}
