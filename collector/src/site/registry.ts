import type { PointDeclaration } from '@wattmark/shared/messages';
import type { Catalogue } from '../evidence/catalogue.ts';
import { DEFAULT_PROFILE, quantityOf, usualCarrier } from './conversion.ts';
import type { Site, SitePoint } from './site.ts';
import { emptySiteFile, type SiteFile, type SiteFilePoint } from './site-file.ts';

/** Target of a data centre for which no other is configured. */
const DEFAULT_TARGET = 'miit-design-pue-1.3';

/** Interval assumed of a point where neither its site file nor an agent says, ms. */
export const DEFAULT_INTERVAL_MS = 60_000;

/**
 * The sites as site files and agents' births describe them together. Both come through the evidence log, so that a replay sees
 * the same sites at the same places of the log.
 */
export class SiteRegistry {
  readonly #catalogue: Catalogue;
  readonly #ownerOf: (pointId: number) => number | undefined;
  #files = new Map<string, SiteFile>();
  /** `site/point` of all points that some description made of others: what was computed of them stays in the store. */
  readonly #virtual = new Set<string>();
  /** By agent number. */
  readonly #announced: (ReadonlyMap<string, PointDeclaration> | undefined)[] = [];
  readonly #built: (Site | undefined)[] = [];

  constructor(catalogue: Catalogue, ownerOf: (pointId: number) => number | undefined) {
    this.#catalogue = catalogue;
    this.#ownerOf = ownerOf;
  }

  setFiles(files: readonly SiteFile[]): void {
    this.#files = new Map(files.map((file) => [file.site, file]));
    for (const { site, points } of files) {
      for (const { point, virtual } of points) if (virtual !== undefined) this.#virtual.add(`${site}/${point}`);
    }
    this.#built.length = 0;
  }

  files(): readonly SiteFile[] {
    return [...this.#files.values()];
  }

  announce(agentId: number, points: readonly PointDeclaration[]): void {
    this.#announced[agentId] = new Map(points.map((declaration) => [declaration.point, declaration]));
    const siteId = this.#catalogue.agents[agentId]?.siteId;
    if (siteId !== undefined) this.invalidate(siteId);
  }

  /** To be called when points have appeared or changed hands. */
  invalidate(siteId: number): void {
    this.#built[siteId] = undefined;
  }

  site(siteId: number): Site {
    const found = this.#built[siteId];
    if (found !== undefined) return found;
    const built = this.#build(siteId);
    this.#built[siteId] = built;
    return built;
  }

  /** A site's points that its description of today, or an earlier one, makes of others. */
  virtualIdsOf(siteId: number): number[] {
    const site = this.#catalogue.sites[siteId]?.site;
    return [...this.#catalogue.pointsOf(siteId)].flatMap(([point, pointId]) =>
      this.#virtual.has(`${site}/${point}`) ? [pointId] : [],
    );
  }

  /** What the point's reader announced of it; the first announcement where nobody's readings count yet. */
  declaration(pointId: number): { readonly agentId: number; readonly declaration: PointDeclaration } | null {
    const key = this.#catalogue.points[pointId];
    if (key === undefined) return null;
    const owner = this.#ownerOf(pointId);
    let first: { agentId: number; declaration: PointDeclaration } | null = null;
    for (const agentId of this.#catalogue.agentsOf(key.siteId)) {
      const declaration = this.#announced[agentId]?.get(key.point);
      if (declaration === undefined) continue;
      if (agentId === owner) return { agentId, declaration };
      first ??= { agentId, declaration };
    }
    return first;
  }

  /** Register value at which a point's `energy` wraps to zero, Wh; null where its meter declares none. */
  modulusOf(pointId: number): number | null {
    return this.declaration(pointId)?.declaration.energyModulusWh ?? null;
  }

  /** Number of a point and the serial number of its instrument, as an agent announced it last; null where it did not. */
  serialOf(agentId: number, point: string): { readonly pointId: number; readonly serial: string } | null {
    const siteId = this.#catalogue.agents[agentId]?.siteId;
    const pointId = siteId === undefined ? undefined : this.#catalogue.pointId(siteId, point);
    const serial = this.#announced[agentId]?.get(point)?.meter?.serial;
    return pointId === undefined || serial === undefined ? null : { pointId, serial };
  }

  save(): RegistryState {
    return {
      files: [...this.#files.values()],
      virtual: [...this.#virtual],
      announced: Array.from(this.#announced, (points) => (points === undefined ? null : [...points.values()])),
    };
  }

  load(state: RegistryState): void {
    for (const point of state.virtual) this.#virtual.add(point);
    this.setFiles(state.files);
    for (const [agentId, points] of state.announced.entries()) if (points !== null) this.announce(agentId, points);
  }

  #build(siteId: number): Site {
    const key = this.#catalogue.sites[siteId];
    if (key === undefined) throw new RangeError(`site ${siteId} is not defined`);
    const file = this.#files.get(key.site);
    const described = new Map(file?.points.map((point) => [point.point, point]));
    const points: SitePoint[] = [];
    for (const [point, pointId] of this.#catalogue.pointsOf(siteId)) {
      points.push(this.#point(point, pointId, described.get(point)));
    }
    const byName = new Map(points.map((point) => [point.point, point]));
    const kind = file?.kind ?? 'data-centre';
    return {
      siteId,
      site: key.site,
      name: file?.name ?? key.site,
      kind,
      group: key.group,
      timezone: file?.timezone ?? 'UTC',
      target: file?.target ?? (kind === 'data-centre' ? DEFAULT_TARGET : null),
      itLevel: file?.itLevel ?? null,
      conversion: file?.conversion ?? DEFAULT_PROFILE,
      baseline: file?.baseline ?? null,
      points: points.map((point) => (point.virtual === null ? point : asMembers(point, byName))),
      file: file ?? emptySiteFile(key),
    };
  }

  #point(point: string, pointId: number, file: SiteFilePoint | undefined): SitePoint {
    const known = this.declaration(pointId);
    const announced = known?.declaration;
    const agentId = this.#ownerOf(pointId) ?? known?.agentId;
    // Null takes away the role that an agent announces.
    const role = file?.role === undefined ? (announced?.role ?? null) : file.role;
    const carrier = file?.carrier ?? usualCarrier(role);
    return {
      point,
      pointId,
      name: file?.name ?? announced?.name ?? point,
      role,
      level: file?.level ?? announced?.level ?? null,
      feeds: file?.feeds ?? announced?.feeds ?? [],
      channels: announced?.channels ?? [],
      source: announced?.source ?? null,
      agent: agentId === undefined ? null : (this.#catalogue.agents[agentId]?.agent ?? null),
      accuracyClass: file?.accuracyClass ?? announced?.accuracyClass ?? null,
      meter: announced?.meter ?? null,
      intervalMs: file?.interval ?? announced?.intervalMs ?? DEFAULT_INTERVAL_MS,
      simulated: announced?.simulated ?? false,
      method: announced?.method ?? null,
      carrier,
      quantity: quantityOf(role, carrier),
      virtual:
        file?.virtual === undefined
          ? null
          : { sum: Object.entries(file.virtual.sum), constantW: file.virtual.constantW },
      factor: file?.factor ?? 1,
    };
  }
}

/** A virtual point is read as slowly as the slowest of its members, and is a simulation where one of them is. */
function asMembers(point: SitePoint, byName: ReadonlyMap<string, SitePoint>): SitePoint {
  const members = membersOf(point, byName);
  return {
    ...point,
    intervalMs: Math.max(0, ...members.map(({ intervalMs }) => intervalMs)) || point.intervalMs,
    simulated: members.some(({ simulated }) => simulated),
  };
}

/** The measured points that a point is made of. */
function membersOf({ virtual }: SitePoint, byName: ReadonlyMap<string, SitePoint>): SitePoint[] {
  return (virtual?.sum ?? []).flatMap(([name]) => {
    const member = byName.get(name);
    if (member === undefined) return [];
    return member.virtual === null ? [member] : membersOf(member, byName);
  });
}

export interface RegistryState {
  readonly files: readonly SiteFile[];
  readonly virtual: readonly string[];
  readonly announced: readonly (readonly PointDeclaration[] | null)[];
}
