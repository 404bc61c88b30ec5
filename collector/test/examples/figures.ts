import type { PointInterval } from '../../src/accounting/interval.ts';
import { costFigures } from '../../src/kpi/figures/cost.ts';
import { emissionFigures } from '../../src/kpi/figures/emissions.ts';
import type { Figure } from '../../src/kpi/figures/figure.ts';
import { coolingFigure, reuseEffectiveness, reuseFigure } from '../../src/kpi/figures/heat.ts';
import { renewableFigure } from '../../src/kpi/figures/renewables.ts';
import type { SiteEnergies, Stretch } from '../../src/kpi/figures/stretches.ts';
import { priceSpans, type Tariff } from '../../src/kpi/figures/tariff.ts';
import { utilisationFigure } from '../../src/kpi/figures/utilisation.ts';
import { waterFigure } from '../../src/kpi/figures/water.ts';
import type { Site, SitePoint } from '../../src/site/site.ts';
import type { SiteFile } from '../../src/site/site-file.ts';
import { emptySiteFile } from '../../src/site/site-file.ts';
import { point, row, site } from '../site/example.ts';

export const HOUR_MS = 3_600_000;

/** Energies of a site of which everything was measured for so long. */
export function energies(totalWh: number, itWh: number, measuredMs = HOUR_MS): SiteEnergies {
  const times = { totalMs: measuredMs, itMs: measuredMs, pairedMs: measuredMs };
  return { totalWh, itWh, pairedTotalWh: totalWh, pairedItWh: itWh, ...times };
}

/** An hour in which points drew so much, each measured throughout. */
export function hour(
  start: string,
  of: SiteEnergies,
  drawn: Readonly<Record<number, Partial<PointInterval>>>,
): Stretch {
  const startMs = Date.parse(start);
  const rows = new Map(
    Object.entries(drawn).map(([id, more]) => [
      Number(id),
      row(Number(id), 0, { startMs, measuredMs: HOUR_MS, ...more }),
    ]),
  );
  return { startMs, endMs: startMs + HOUR_MS, site: of, point: (pointId) => rows.get(pointId) };
}

export function siteWith(points: readonly SitePoint[], file: Partial<SiteFile> = {}): Site {
  return site(points, { file: { ...emptySiteFile({ site: 'dc-1', group: 'default' }), ...file } });
}

const START = '2026-03-02T00:00:00Z';
const utility = point(1, 'utility');

interface Kwh {
  readonly itKwh: number;
  readonly totalKwh: number;
}

function valueOf({ value, coverage }: Figure): unknown {
  return { value, coverage };
}

export const examples = {
  emissions: (given: Kwh & { gridKwh: number; kgPerKwh: number; gensetKwh: number; gensetKgPerKwh: number }) => {
    const at = siteWith([utility, point(2, 'generator', { point: 'genset' })], {
      gridFactors: [{ from: '2026-01-01', kgPerKwh: given.kgPerKwh, source: 'example' }],
      emissionFactors: [{ point: 'genset', kgPerUnit: given.gensetKgPerKwh, source: 'example' }],
    });
    const drawn = { 1: { energyWh: given.gridKwh * 1000 }, 2: { energyWh: given.gensetKwh * 1000 } };
    const stretches = [hour(START, energies(given.totalKwh * 1000, given.itKwh * 1000), drawn)];
    const { emissions, cue } = emissionFigures(at, stretches, HOUR_MS);
    return { emissionsT: emissions.value, cue: cue.value };
  },
  wue: ({ waterL, itKwh, measuredHours, elapsedHours }: Record<string, number>) => {
    const stretches = Array.from({ length: measuredHours as number }, (_, index) => {
      const start = new Date(Date.parse(START) + index * HOUR_MS).toISOString();
      const share = 1 / (measuredHours as number);
      const drawn = { 3: { energyWh: (waterL as number) * share } };
      return hour(start, energies(0, (itKwh as number) * 1000 * share), drawn);
    });
    return valueOf(waterFigure(siteWith([point(3, 'water')]), stretches, (elapsedHours as number) * HOUR_MS));
  },
  ref: (given: { totalKwh: number; solarKwh: number; exportKwh: number; certificateKwh: number; days: number }) => {
    const to = new Date(Date.parse(START) + given.days * 24 * HOUR_MS).toISOString().slice(0, 10);
    const certificate = {
      kind: 'certificate',
      from: '2026-03-02',
      to,
      kwh: given.certificateKwh,
      source: 'example',
    } as const;
    const at = siteWith([utility, point(2, 'solar')], { renewables: [certificate] });
    const drawn = { 1: { exportWh: given.exportKwh * 1000 }, 2: { energyWh: given.solarKwh * 1000 } };
    return renewableFigure(at, [hour(START, energies(given.totalKwh * 1000, 0), drawn)], HOUR_MS).value;
  },
  reuse: ({ reusedKwh, totalKwh, itKwh }: Kwh & { reusedKwh: number }) => {
    const drawn = { 4: { energyWh: reusedKwh * 1000 } };
    const stretches = [hour(START, energies(totalKwh * 1000, itKwh * 1000), drawn)];
    const erf = reuseFigure(siteWith([point(4, 'heat-reuse')]), stretches, HOUR_MS);
    return { erf: erf.value, ere: reuseEffectiveness(erf, totalKwh / itKwh, 1).value };
  },
  cer: ({ heatKwh, coolingKwh }: { heatKwh: number; coolingKwh: number }) => {
    const at = siteWith([point(5, 'heat-removal'), point(6, 'cooling')]);
    const drawn = { 5: { energyWh: heatKwh * 1000 }, 6: { energyWh: coolingKwh * 1000 } };
    return coolingFigure(at, [hour(START, energies(0, 0), drawn)], HOUR_MS).value;
  },
  utilisation: ({ servers }: { servers: readonly { mean: number; hours: number }[] }) => {
    const means = servers.map(({ mean, hours }, pointId) => ({ pointId, mean, measuredMs: hours * HOUR_MS }));
    const points = servers.map((_, pointId) => point(pointId, null, { channels: ['utilisation'] }));
    return valueOf(utilisationFigure(points, means, 24 * HOUR_MS));
  },
  cost: (given: { from: string; to: string; timezone: string; totalKw: number; itKw: number; tariff: Tariff }) => {
    const span = { fromMs: Date.parse(given.from), toMs: Date.parse(given.to) };
    const spans = priceSpans(given.tariff, span, given.timezone).map((priced) => {
      const ms = priced.toMs - priced.fromMs;
      return { span: priced, energies: energies((given.totalKw * ms) / 3600, (given.itKw * ms) / 3600, ms) };
    });
    const { energyCost, overheadCost } = costFigures(given.tariff, spans, span.toMs - span.fromMs);
    return { energy: energyCost.value, overhead: overheadCost.value, coverage: energyCost.coverage };
  },
};
