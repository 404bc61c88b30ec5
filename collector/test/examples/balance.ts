import type { Level, Role } from '@wattmark/shared/roles';
import { MINUTE_MS, type PointInterval } from '../../src/accounting/interval.ts';
import { atLevel, chooseLevel } from '../../src/kpi/level.ts';
import { categoryOf, pueOf } from '../../src/kpi/pue.ts';
import { balanceOf, minutesOf, partialBalancesOf, siteMinutes } from '../../src/site/balance.ts';
import { conversionProfiles, whPerUnit } from '../../src/site/conversion.ts';
import { sumSiteIntervals } from '../../src/site/interval-sum.ts';
import type { Site, SiteSum } from '../../src/site/site.ts';
import { emptySiteFile } from '../../src/site/site-file.ts';
import { addVirtualRows, virtualPlansOf } from '../../src/site/virtual-rows.ts';
import { point, row, site, T0 } from '../site/example.ts';

interface Metered {
  readonly role: Role;
  readonly energyWh: number;
  readonly exportWh?: number;
}

interface Tree {
  readonly points: readonly {
    readonly point: string;
    readonly role: Role;
    readonly level?: Level;
    readonly feeds?: readonly string[];
    /** Minutes measured, from the first on. */
    readonly minutes: number;
  }[];
  readonly minutes: number;
}

function sumOf(at: Site, rows: readonly PointInterval[], minutes: number): SiteSum {
  const [sum] = sumSiteIntervals(siteMinutes(at, rows), [T0, T0 + minutes * MINUTE_MS]);
  if (sum === undefined) throw new Error('nothing is measured');
  return sum;
}

type Row = Partial<PointInterval>;

interface Virtual {
  readonly sum: Readonly<Record<string, number>>;
  readonly constantW: number;
  readonly members: Readonly<Record<string, Row>>;
}

function virtualRow({ sum, constantW, members }: Virtual): unknown {
  const names = Object.keys(members);
  const made = point(names.length, null, { point: 'made', virtual: { sum: Object.entries(sum), constantW } });
  const at = site([made, ...names.map((name, id) => point(id, null, { point: name }))]);
  let found: unknown;
  addVirtualRows(
    virtualPlansOf(at),
    T0,
    (id) => (id === names.length ? undefined : row(id, 0, members[names[id] as string])),
    (virtual) => {
      found = virtual;
    },
  );
  return found;
}

interface Part {
  readonly points: Readonly<Record<string, { readonly energyWh: number; readonly factor?: number }>>;
  readonly total: readonly string[];
  readonly it: readonly string[];
}

function partialPue({ points, total, it }: Part): number | null {
  const entries = Object.entries(points);
  const file = {
    ...emptySiteFile({ site: 'dc-1', group: 'default' }),
    partials: [{ id: 'part', total: [...total], it: [...it] }],
  };
  const at = site(
    entries.map(([name, { factor = 1 }], id) => point(id, null, { point: name, factor })),
    { file },
  );
  const rows = entries.map(([, { energyWh }], id) => row(id, energyWh));
  const [sum] = partialBalancesOf(at).flatMap((balance) => minutesOf(balance, rows));
  return sum === undefined ? null : pueOf(atLevel({ ...sum, endMs: T0 + MINUTE_MS }, 0));
}

export const examples = {
  'virtual-point': virtualRow,
  'virtual-point-uneven': virtualRow,
  'partial-pue': partialPue,
  'balance-total': ({ points }: { points: readonly Metered[] }) => {
    const at = site(points.map(({ role }, index) => point(index, role)));
    const rows = points.map(({ energyWh, exportWh = 0 }, index) => row(index, energyWh, { exportWh }));
    const sum = atLevel(sumOf(at, rows, 1), 0);
    return { totalWh: sum.totalWh, itWh: sum.itWh, pue: pueOf(sum) };
  },
  'balance-level': ({ points, minutes }: Tree) => {
    const at = site(points.map(({ role, minutes: _, ...more }, index) => point(index, role, more)));
    const rows = points.flatMap((each, index) =>
      Array.from({ length: each.minutes }, (_, minute) => row(index, 10, {}, minute)),
    );
    const evidence = { sums: [sumOf(at, rows, minutes)], elapsedMs: minutes * MINUTE_MS, leastCoverage: 0.9 };
    const { level } = chooseLevel(balanceOf(at), evidence);
    return { level, category: categoryOf(level) };
  },
  'balance-carrier': ({ carrier, quantity }: { carrier: string; quantity: number }) =>
    Object.fromEntries(
      conversionProfiles
        .filter(({ weights }) => weights[carrier] !== undefined)
        .map(({ id }) => [id, quantity * whPerUnit(id, carrier)]),
    ),
};
