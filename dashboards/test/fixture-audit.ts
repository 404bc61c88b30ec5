import type {
  Changes,
  CorrectionEffect,
  Corrections,
  ExplainedPoint,
  Explanation,
  Figures,
  Findings,
  JudgedTarget,
} from '../page/audit/contract.ts';
import type { Kpis } from '../page/contract.ts';
import { itLevel, kpisOf, ODD_NAME } from './fixture-data.ts';

/** What the invented collector answers about the figures of dc-1 and bs-0417; of other sites it knows the figure alone. */

const target: JudgedTarget = {
  id: 'miit-design-pue-1.3',
  name: 'MIIT design value',
  metric: 'pue',
  value: 1.3,
  unit: '1',
  direction: 'at-most',
  kind: 'design',
  scope: 'average design PUE of planned data centres',
  source: 'reported by a newspaper',
  status: 'in-force',
  validFrom: '2022-09-01',
  validTo: null,
  verdict: 'indeterminate',
  reason: '1.3 lies inside 1.294 ± 0.015',
};

const { verdict: _, reason: __, ...withoutVerdict } = target;

const uncertaintyParts = {
  coverageFactor: 2,
  meters: 0.0106,
  transformers: 0.0106,
  commonCause: 0,
  resolution: 0.0002,
  missingData: 0.0012,
  ifIndependent: 0.015,
  withoutClass: [],
  assumedTransformers: ['utility-a'],
};

/** Of a month, a year or a span; null for what is none. As known before October it was another value. */
export function auditedKpis(site: string, query: URLSearchParams): Kpis | null {
  const period = query.get('period') ?? `${query.get('from')}/${query.get('to')}`;
  if (!/^\d{4}(-\d\d)?$|Z\/.*Z$/.test(period)) return null;
  const kpis = kpisOf(site, 'this-month');
  if (kpis === null) return null;
  const named = { ...kpis, period: { ...kpis.period, name: period } };
  const figure = kpis.pue;
  if (site !== 'dc-1' || figure == null) return named;
  const value = query.has('asOf') ? 1.311 : figure.value;
  return {
    ...named,
    target: { ...withoutVerdict, ...kpis.target },
    targets: [{ ...target, id: 'own-1.25', name: 'decision of the board', value: 1.25, verdict: 'missed' }],
    design: { symbol: 'dPUE', value: 1.28, itLoadFactor: 0.8, source: 'design report', judgement: null },
    totalFrom: 'supply',
    partials: [
      {
        id: 'hall-2',
        name: 'Hall 2',
        symbol: 'pPUE',
        value: 1.2,
        uncertainty: 0.015,
        coverage: 0.998,
        notation: 'pPUE1,MC',
      },
    ],
    corrections: ['118'],
    itLevel,
    pue: {
      ...figure,
      value,
      symbol: 'iPUE',
      averagingPeriod: 'P1M',
      interval: 'PT1M',
      boundary: 'the whole site',
      edition: { title: 'EN 50600-4-2:2016', note: 'see the standard' },
      conversion: {
        name: 'source energy',
        edition: null,
        source: 'from memory',
        carriers: [{ name: 'diesel', whPerUnit: 9900, unit: 'Wh/L', weight: 0.3, source: 'a fact sheet' }],
      },
      uncertaintyParts,
    },
  };
}

/** Null for what this collector does not have. */
export function auditAnswer(site: string, leaf: string | undefined, query: URLSearchParams): unknown {
  if (site === 'bs-0417' && leaf === 'changes') return { ...changes, metric: 'total-over-telecom' };
  if (site !== 'dc-1' && site !== 'bs-0417') return null;
  if (leaf === 'kpis/explain') return explanation;
  if (leaf === 'figures') return figures;
  if (leaf === 'findings') return findings;
  if (leaf === 'corrections') return corrections;
  if (leaf === 'corrections/118') return effect;
  if (leaf === 'corrections/121' || leaf === 'corrections/122') return { effect: null };
  if (leaf === 'changes') return query.get('against') === 'target' ? gap : changes;
  return null;
}

const utility: ExplainedPoint = {
  point: 'utility-a',
  name: 'Utility feed A',
  role: 'utility',
  totalWeight: 1,
  itWeight: 0,
  quantity: 'energy',
  energy: 20_311_400,
  constantWh: 0,
  totalWh: 20_311_400,
  itWh: null,
  measuredS: 396_000,
  bridgedS: 1800,
  estimatedS: 0,
  missingS: 515,
  accuracyClass: '0.5S',
  meterPercent: 0.5,
  transformerPercents: [0.5],
  commonCause: null,
  uncertainty: 0.0106,
  flags: ['bridged', 'assumed-transformer'],
};

const tank: ExplainedPoint = {
  ...utility,
  point: 'tank',
  name: 'Diesel tank',
  role: 'generator',
  totalWeight: 9900,
  quantity: 'volume',
  energy: 2.5,
  totalWh: 24_750,
};

const explanation: Explanation = {
  value: 1.294,
  uncertainty: 0.015,
  coverage: 0.9987,
  leastCoverage: 0.9,
  months: [{ name: '2026-10', coverage: 0.9987 }],
  paired: { totalWh: 20_300_000, itWh: 15_687_800 },
  pairedS: 395_485,
  points: [
    utility,
    {
      ...utility,
      point: 'ups-1',
      name: ODD_NAME,
      role: 'it',
      totalWeight: 0,
      itWeight: 1,
      energy: 15_687_800,
      constantWh: -1_200_000,
      totalWh: null,
      itWh: 15_687_800,
      flags: ['simulated'],
    },
    tank,
  ],
  instruments: [{ ...utility, point: 'feed-b', name: 'Feed B', totalWeight: -1, totalWh: -20_311_400 }],
  partials: [
    {
      id: 'hall-2',
      name: 'Hall 2',
      value: 1.2,
      paired: { totalWh: 1_200_000, itWh: 1_000_000 },
      points: [utility],
      instruments: [],
    },
  ],
};

const definition = { formula: 'water drawn / IT energy', standard: 'ISO/IEC 30134-9', edition: null, source: 'a page' };

const figures: Figures = {
  figures: {
    cue: {
      name: 'Carbon usage effectiveness',
      value: 0.7348,
      unit: 'kgCO2e/kWh',
      reason: null,
      coverage: 0.998,
      inputs: [{ name: 'grid factor', value: 0.55, unit: 'kgCO2/kWh', source: 'East China grid 2023' }],
      notes: ['no newer factor is known'],
      definition: { ...definition, formula: 'emissions / IT energy' },
    },
    wue: {
      name: 'Water usage effectiveness',
      value: null,
      unit: 'm3/MWh',
      reason: 'no point has the role water',
      coverage: null,
      inputs: [],
      notes: [],
      definition,
    },
  },
};

const findings: Findings = {
  findings: [
    {
      id: 'register-reset/crac-1/2026-10-02T04:00:00Z',
      kind: 'register-reset',
      severity: 'error',
      points: ['crac-1'],
      agent: null,
      from: '2026-10-02T04:00:00Z',
      to: '2026-10-02T05:00:00Z',
      explanation: 'The register of crac-1 fell.',
      acknowledged: { by: 'A. Auditor', reason: 'meter replaced', at: '2026-10-03T01:00:00Z' },
    },
    {
      id: 'feeds-cycle',
      kind: 'feeds-cycle',
      severity: 'notice',
      points: [],
      agent: 'agent-2',
      from: null,
      to: null,
      explanation: ODD_NAME,
      acknowledged: null,
    },
  ],
};

const corrections: Corrections = {
  corrections: [
    {
      id: '118',
      by: 'A. Auditor',
      reason: 'the CT ratio was 200:5 and not 100:5',
      change: { kind: 'factor', point: 'utility-a', from: '2026-10-01T00:00:00Z', factor: 2 },
      recorded: '2026-10-03T02:00:00Z',
      withdrawnBy: null,
    },
    {
      id: '121',
      by: 'A. Auditor',
      reason: 'read off at the meter',
      change: { kind: 'reading', point: 'ups-1', at: '2026-10-02T00:00:00Z', value: 1000 },
      recorded: '2026-10-04T02:00:00Z',
      withdrawnBy: '122',
    },
    {
      id: '122',
      by: 'B. Auditor',
      reason: 'it was another meter',
      change: { kind: 'withdraw', correction: '121' },
      recorded: '2026-10-04T03:00:00Z',
      withdrawnBy: null,
    },
  ],
};

const effect: CorrectionEffect = {
  effect: {
    from: '2026-09-30T16:00:00Z',
    to: '2026-10-03T16:00:00Z',
    points: [
      {
        point: 'utility-a',
        unit: 'Wh',
        before: { energyWh: 5_000_000, exportWh: 0, measuredS: 1, estimatedS: 0 },
        after: { energyWh: 10_000_000, exportWh: 12_000, measuredS: 1, estimatedS: 0 },
      },
    ],
    before: { totalWh: 5_000_000, itWh: 7_700_000, pue: 0.649, coverage: 1 },
    after: { totalWh: 10_000_000, itWh: 7_700_000, pue: 1.299, coverage: 1 },
  },
};

const none = { powerW: null, ratio: null };
const month = { name: '2026-10', start: '2026-09-30T16:00:00Z', end: '2026-10-31T16:00:00Z', value: 1.294 };

/** PUE rose from 1.262 by 0.05 through the load and fell by 0.018 through cooling. */
export const changes: Changes = {
  metric: 'pue',
  period: month,
  against: { name: '2026-09', start: '2026-08-31T16:00:00Z', end: '2026-09-30T16:00:00Z', value: 1.262 },
  target: null,
  change: 0.032,
  energyWh: 502_000,
  cost: 301.2,
  co2T: 0.266,
  rates: { currency: 'CNY' },
  parts: [
    { part: 'it-load', points: 0.05, energyWh: 784_400, cost: 470.6, co2T: 0.416, before: none, after: none },
    { part: 'cooling', points: -0.018, energyWh: -282_400, cost: -169.4, co2T: -0.15, before: none, after: none },
  ],
  reason: null,
  sentences: ['PUE rose by 0.032, from 1.262 in 2026-09 to 1.294 in 2026-10.'],
};

/** Nobody said how the overhead is designed to divide. */
export const gap: Changes = {
  ...changes,
  against: null,
  target: { name: 'MIIT design value', value: 1.3 },
  change: -0.006,
  parts: [
    { ...part('cooling'), after: { powerW: 27_480, ratio: 0.19 } },
    { ...part('losses'), after: { powerW: 15_000, ratio: 0.104 } },
  ],
  sentences: ['PUE of 2026-10 is 1.294, 0.006 below the target 1.3.'],
};

function part(name: string) {
  return { part: name, points: null, energyWh: null, cost: null, co2T: null, before: none };
}
