import { energyRoles, type Role } from '@wattmark/shared/roles';
import { MINUTE_MS, type PointInterval } from '../../src/accounting/interval.ts';
import { emptySiteFile } from '../../src/site/site-file.ts';
import type { Site, SitePoint } from '../../src/site/site.ts';

/** 2026-03-01T00:00:00Z, a quarter-hour's beginning. */
export const T0 = Date.UTC(2026, 2, 1);

export function point(pointId: number | null, role: Role | null, more: Partial<SitePoint> = {}): SitePoint {
  return {
    point: `${role ?? 'free'}-${pointId}`,
    pointId,
    name: '',
    role,
    level: null,
    feeds: [],
    channels: ['power'],
    source: null,
    agent: null,
    accuracyClass: null,
    meter: null,
    intervalMs: 10_000,
    simulated: false,
    method: null,
    carrier: 'electricity',
    quantity: 'energy',
    virtual: null,
    factor: 1,
    ...more,
  };
}

export function site(points: readonly SitePoint[], more: Partial<Site> = {}): Site {
  return {
    siteId: 1,
    site: 'dc-1',
    name: 'Hall 1',
    kind: 'data-centre',
    group: 'default',
    timezone: 'UTC',
    target: null,
    itLevel: null,
    conversion: 'delivered',
    baseline: null,
    points,
    file: emptySiteFile({ site: 'dc-1', group: 'default' }),
    ...more,
  };
}

/** A fully measured minute of `energyWh`, beginning `minute` minutes after T0. */
export function row(pointId: number, energyWh: number, more: Partial<PointInterval> = {}, minute = 0): PointInterval {
  return {
    pointId,
    startMs: T0 + minute * MINUTE_MS,
    energyWh,
    estimatedWh: 0,
    exportWh: 0,
    minW: null,
    maxW: null,
    measuredMs: MINUTE_MS,
    estimatedMs: 0,
    bridgedMs: 0,
    ...more,
  };
}

/** Energies by role with every role that is not named unknown. */
export function byRole(known: Partial<Record<Role, number>>): (number | null)[] {
  return energyRoles.map((role) => known[role] ?? null);
}
