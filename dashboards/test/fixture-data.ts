import type { Agent, Interval, ItLevel, Kpis, Live, Point, Site, Step, Target } from '../page/contract.ts';

/** The answers of an invented collector: a pure function of the instant at which it is asked. */

export const NOW_MS = Date.parse('2026-10-05T06:03:20Z');

/** A name that would become markup if it were not escaped. */
export const ODD_NAME = '<img src=x onerror="document.title=1">Hall & "Süd"';

const target: Target = { id: 'miit-design-pue-1.3', metric: 'pue', value: 1.3, name: 'MIIT design value' };
const seeTarget: Target = { id: 'operator-see-0.8', metric: 'see', value: 0.8, name: 'operator’s own' };

const lives: Record<string, Omit<Live, 'at'>> = {
  'dc-1': {
    site: 'dc-1',
    totalW: 184_620,
    itW: 144_910,
    ratio: 1.274,
    byRole: {
      utility: 184_620,
      ups: 152_300,
      it: 144_910,
      cooling: 27_480,
      lighting: 1210,
      other: null,
      battery: -350,
    },
    stale: ['crac-2'],
    target,
    gapW: -3763,
    totalFrom: 'supply',
    level: 'pdu-output',
  },
  'hall-south': {
    site: 'hall-south',
    totalW: 2_412_000,
    itW: 1_710_600,
    ratio: 1.41,
    byRole: { cooling: 540_000, it: 1_710_600, other: 161_400 },
    stale: [],
    target,
    gapW: 188_220,
    totalFrom: 'parts',
    level: null,
  },
  'bs-0417': {
    site: 'bs-0417',
    totalW: 4310,
    itW: 3590,
    ratio: 1.2006,
    byRole: { utility: 4310, rectifier: 4020, telecom: 3590, cooling: 520 },
    stale: [],
    target: seeTarget,
    gapW: null,
    totalFrom: 'supply',
    level: null,
  },
  'edge-9': {
    site: 'edge-9',
    totalW: null,
    itW: null,
    ratio: null,
    byRole: {},
    stale: ['main-meter'],
    target: null,
    gapW: null,
    totalFrom: null,
    level: null,
  },
};

const descriptions = [
  { site: 'dc-1', name: 'Demo hall', kind: 'data-centre', timezone: 'Asia/Shanghai', simulated: true },
  { site: 'hall-south', name: ODD_NAME, kind: 'data-centre', timezone: 'Europe/Berlin', simulated: false },
  { site: 'bs-0417', name: 'Base station 0417', kind: 'base-station', timezone: 'Asia/Urumqi', simulated: false },
  { site: 'edge-9', name: 'Edge room 9', kind: 'data-centre', timezone: 'Nowhere/Atlantis', simulated: false },
] as const;

export function liveOf(site: string, nowMs: number): Live {
  const live = lives[site];
  if (live === undefined) throw new Error(`the fixture has no site ${site}`);
  return { ...live, at: live.totalW === null ? null : iso(nowMs - 2000) };
}

export function sitesAt(nowMs: number): Site[] {
  return descriptions.map((site) => {
    const live = liveOf(site.site, nowMs);
    return { ...site, group: 'default', target: live.target, live };
  });
}

const stepMs: Record<Step, number> = {
  PT1M: 60_000,
  PT15M: 900_000,
  PT1H: 3_600_000,
  P1D: 86_400_000,
  P1M: 30 * 86_400_000,
  P1Y: 365 * 86_400_000,
};

/** Positions before the newest interval without data: answered with nulls, and left out altogether. */
export const NULL_POSITIONS = { from: 85, to: 99 };
export const ABSENT_POSITIONS = { from: 44, to: 49 };

/** All closed intervals in the window; those of days and months lie in the site's calendar. */
export function intervalsOf(site: string, step: Step, fromMs: number, toMs: number, nowMs: number): Interval[] {
  if (site === 'edge-9') return [];
  const starts = step === 'P1M' ? monthStarts(nowMs) : fixedStarts(step, fromMs, toMs, nowMs);
  const isLong = step === 'P1D' || step === 'P1M';
  return starts.flatMap(([startMs, endMs], index) => {
    const position = starts.length - 1 - index;
    if (isLong ? position === 3 : within(position, ABSENT_POSITIONS)) return [];
    const isKnown = !(isLong ? position === 5 : within(position, NULL_POSITIONS));
    return [interval(site, startMs, endMs, isKnown)];
  });
}

function fixedStarts(step: Step, fromMs: number, toMs: number, nowMs: number): [number, number][] {
  const widthMs = stepMs[step];
  const count = Math.floor((Math.min(toMs, nowMs) - fromMs) / widthMs);
  return Array.from({ length: count }, (_, index) => [fromMs + index * widthMs, fromMs + (index + 1) * widthMs]);
}

function monthStarts(nowMs: number): [number, number][] {
  const now = new Date(nowMs);
  const local = (months: number) => Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + months) - 8 * 3_600_000;
  return Array.from({ length: 12 }, (_, index) => [local(index - 11), local(index - 10)]);
}

function interval(site: string, startMs: number, endMs: number, isKnown: boolean): Interval {
  const hours = (endMs - startMs) / 3_600_000;
  const wave =
    Math.sin(startMs / 2_900_000) * 0.018 + Math.sin(startMs / 410_000) * 0.007 + Math.sin(startMs / 97_000) * 0.004;
  const itWh = (lives[site]?.itW ?? 0) * hours * (1 + wave);
  const pue = 1.276 - wave;
  const totalWh = itWh * pue;
  const coverage = Math.floor(startMs / 60_000) % 17 === 0 ? 0.9667 : 1;
  return {
    start: iso(startMs),
    end: iso(endMs),
    totalWh: isKnown ? totalWh : null,
    itWh: isKnown ? itWh : null,
    pue: isKnown && site !== 'bs-0417' ? pue : null,
    coverage: isKnown ? coverage : 0,
    estimatedShare: isKnown ? 0 : null,
    paired: { totalWh: isKnown ? totalWh : null, itWh: isKnown ? itWh : null },
  };
}

interface Period {
  readonly name: string;
  readonly start: string;
  readonly end: string;
  readonly hours: number;
}

const periods: Record<string, Period> = {
  today: { name: '2026-10-05', start: '2026-10-04T16:00:00Z', end: '2026-10-05T16:00:00Z', hours: 14 },
  'this-month': { name: '2026-10', start: '2026-09-30T16:00:00Z', end: '2026-10-31T16:00:00Z', hours: 110 },
  'this-year': { name: '2026', start: '2025-12-31T16:00:00Z', end: '2026-12-31T16:00:00Z', hours: 6660 },
};

export function kpisOf(site: string, periodName: string): Kpis | null {
  const period = periods[periodName];
  if (period === undefined) return null;
  const { hours, ...span } = period;
  const live = lives[site];
  const common = {
    site,
    period: { ...span, complete: false },
    totalWh: scale(live?.totalW, hours),
    itWh: scale(live?.itW, hours),
    target: live?.target ?? null,
    estimatedShare: site === 'dc-1' ? 0.0004 : null,
  };
  const figure = { uncertainty: 0.015, coverage: 0.9987, category: 2, notation: 'PUE2,DC', derivative: 'interim PUE' };
  if (site === 'dc-1') {
    if (periodName === 'this-year') {
      const reason = 'coverage is 61.2 % of the year so far, less than the 90 % that a yearly figure needs';
      return { ...common, pue: { ...figure, value: 1.262, coverage: 0.612 }, verdict: 'insufficient-data', reason };
    }
    if (periodName === 'this-month') {
      const reason = '1.3 lies inside 1.294 ± 0.015';
      return { ...common, pue: { ...figure, value: 1.294 }, verdict: 'indeterminate', reason };
    }
    return { ...common, pue: { ...figure, value: 1.2714 }, verdict: 'met', reason: '1.271 ± 0.015 lies below 1.3' };
  }
  if (site === 'hall-south') {
    return { ...common, pue: { ...figure, value: 1.408 }, verdict: 'missed', reason: '1.408 ± 0.015 lies above 1.3' };
  }
  if (site === 'bs-0417') {
    const see = { value: 0.833, coverage: 0.991, uncertainty: 0.008 };
    const baseline = { value: 103.4, unit: 'kWh/d', reference: 126.4, change: -0.182 };
    return { ...common, see, baseline, verdict: 'met', reason: '0.833 ± 0.008 lies above 0.8' };
  }
  const pue = { ...figure, value: null, uncertainty: null, coverage: 0, notation: null };
  return { ...common, pue, verdict: null, reason: 'no target is set for this site' };
}

export function pointsOf(site: string, nowMs: number): Point[] {
  if (site === 'edge-9') return [];
  const point = (id: string, name: string, role: string, powerW: number | null, more: Partial<Point> = {}): Point => ({
    point: id,
    name,
    role,
    level: null,
    source: 'modbus',
    agent: 'agent-1',
    accuracyClass: '0.5S',
    meter: null,
    simulated: false,
    method: null,
    stale: false,
    lastSeen: iso(nowMs - 2000),
    live: powerW === null ? {} : { power: { value: powerW, unit: 'W', quality: 'measured', at: iso(nowMs - 2000) } },
    ...more,
  });
  const simulated = { simulated: true, method: 'sine of the day over Modbus TCP' };
  const register = (value: number) => ({ value, unit: 'Wh', quality: 'measured', at: iso(nowMs - 2000) });
  const utility = point('utility-a', 'Utility feed A', 'utility', 184_620, simulated);
  return [
    {
      ...utility,
      live: {
        ...utility.live,
        energy: register(92_114_503_200),
        voltage: { value: 399.2, unit: 'V', quality: 'measured', at: iso(nowMs - 2000) },
        'power-factor': { value: 0.974, unit: '1', quality: 'measured', at: iso(nowMs - 2000) },
      },
    },
    point('ups-1', 'UPS 1 output', 'it', 144_910, { ...simulated, level: 'ups-output' }),
    point('crac-1', ODD_NAME, 'cooling', 14_480, { source: 'snmp', accuracyClass: null }),
    point('crac-2', 'CRAC 2', 'cooling', 13_000, { source: 'snmp', stale: true, lastSeen: iso(nowMs - 754_000) }),
    point('host-7', 'Host 7', 'other', 312.4, {
      source: 'host',
      method: 'CPU load and model',
      live: { power: { value: 312.4, unit: 'W', quality: 'estimated', at: iso(nowMs - 2000) } },
    }),
    point('lighting', 'Lighting', 'lighting', null, { lastSeen: null, agent: null, source: null }),
  ];
}

export function agentsAt(nowMs: number): Agent[] {
  const agent = (id: string, site: string, more: Partial<Agent> = {}): Agent => ({
    agent: id,
    site,
    group: 'default',
    state: 'online',
    lastSeen: iso(nowMs - 2000),
    epoch: '01KA9X',
    seq: 1_204_336,
    lost: 0,
    duplicates: 3,
    rejected: 0,
    clockSkewMs: 14,
    spoolDepth: 0,
    software: 'wattmark-agent/0.1.0',
    sources: { total: 4, failing: [] },
    ...more,
  });
  return [
    agent('agent-1', 'dc-1'),
    agent('agent-2', 'dc-1', {
      state: 'offline',
      lastSeen: iso(nowMs - 754_000),
      lost: 120,
      clockSkewMs: -61_000,
      spoolDepth: null,
      sources: {
        total: 6,
        failing: [
          {
            source: 'modbus 192.0.2.10 port 502 unit 3',
            state: 'absent',
            since: iso(nowMs - 1_754_000),
            reason: 'no answer within 1000 ms: is the unit number right?',
          },
        ],
      },
    }),
    agent('bs-agent', 'bs-0417', { seq: null, clockSkewMs: null }),
  ];
}

function scale(powerW: number | null | undefined, hours: number): number | null {
  return powerW == null ? null : powerW * hours;
}

function within(position: number, { from, to }: { from: number; to: number }): boolean {
  return position >= from && position <= to;
}

function iso(timeMs: number): string {
  return new Date(timeMs).toISOString();
}

/** At which all figures of the invented halls are taken. */
export const itLevel: ItLevel = { level: 'ups-output', category: 1, reason: 'the only level that is measured' };
