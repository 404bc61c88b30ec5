import type { Level } from '@wattmark/shared/roles';
import type { PointInterval, Span } from '../../src/accounting/interval.ts';
import type { AgentFigures } from '../../src/figures.ts';
import type { Finding } from '../../src/findings/finding.ts';
import { type Inspection, inspectionOf } from '../../src/findings/inspection.ts';
import type { SiteNotes } from '../../src/findings/notes.ts';
import { inspect } from '../../src/findings/site-findings.ts';
import type { SiteFile } from '../../src/site/site-file.ts';
import type { SitePoint } from '../../src/site/site.ts';
import { row, site, T0 } from '../site/example.ts';

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

/** Energy of a point in one step, Wh; null for a step of which nothing is known. */
export type Energy = number | null | Partial<PointInterval>;

export interface Look {
  readonly points: readonly SitePoint[];
  /** By number of the point: one value for all steps, or one for each. */
  readonly energies?: Readonly<Record<number, Energy | readonly Energy[]>>;
  readonly steps?: number;
  readonly stepMs?: number;
  readonly notes?: Partial<SiteNotes>;
  readonly agents?: readonly AgentFigures[];
  readonly asOfMs?: number | null;
  readonly kind?: 'data-centre' | 'base-station';
  readonly file?: SiteFile;
  readonly itLevel?: Level;
}

/** A site as the checks see it: by default one day of hours. */
export function inspectionOfLook(look: Look): Inspection {
  const { points, energies = {}, steps = 24, stepMs = HOUR_MS, asOfMs = null } = look;
  const edgesMs = Array.from({ length: steps + 1 }, (_, index) => T0 + index * stepMs);
  const span: Span = { fromMs: T0, toMs: T0 + steps * stepMs };
  const rows = Object.entries(energies).flatMap(([pointId, values]) =>
    Array.from({ length: steps }, (_, step) => {
      const value = Array.isArray(values) ? (values as Energy[])[step] : (values as Energy);
      if (value === null || value === undefined) return [];
      const known = typeof value === 'number' ? { energyWh: value } : value;
      const startMs = T0 + step * stepMs;
      return [{ ...row(Number(pointId), 0), measuredMs: stepMs, ...known, startMs }];
    }).flat(),
  );
  const daysMs = Array.from({ length: Math.ceil((steps * stepMs) / DAY_MS) }, (_, day) => T0 + day * DAY_MS);
  const notes = { incidents: [], clocks: [], registers: [], meters: [], ...look.notes };
  const agents = look.agents ?? [];
  const { file, itLevel = null } = look;
  const at = site(points, { kind: look.kind ?? 'data-centre', itLevel, ...(file === undefined ? {} : { file }) });
  return inspectionOf({
    site: at,
    span,
    edgesMs,
    daysMs,
    rows,
    notes,
    agents,
    agentNames: ['hall-a', 'hall-b'],
    asOfMs,
  });
}

export function find(look: Look): Finding[] {
  return inspect(inspectionOfLook(look));
}

/** The kinds found, in order. */
export function kindsOf(look: Look): string[] {
  return find(look).map(({ kind }) => kind);
}

export function only(look: Look, kind: string): Finding {
  const found = find(look).filter((finding) => finding.kind === kind);
  if (found.length !== 1) throw new Error(`${found.length} findings ${kind} among ${kindsOf(look).join(', ')}`);
  return found[0] as Finding;
}
