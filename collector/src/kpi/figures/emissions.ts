import { supplyRoles } from '@wattmark/shared/roles';
import { unitOf } from '../../accounting/quantity.ts';
import type { Site, SitePoint } from '../../site/site.ts';
import { isoTime } from '../period.ts';
import { type Figure, type Input, known, measured, unknown } from './figure.ts';
import { type DatedFactor, factorAt, factorSeries } from './grid-factors.ts';
import { drawnBy, itWh, type Side, type Stretch, sumTogether, type Together, totalWh } from './stretches.ts';

/**
 * Emissions of the energy supplied, and CUE. What comes through a `utility` point has the grid's factor, what a `solar` point
 * makes has none, any point can have one of its own, and what is fed back takes nothing away. Of a site without supply meters
 * the sum of its parts is taken to come from the grid.
 */
export function emissionFigures(
  site: Site,
  stretches: readonly Stretch[],
  elapsedMs: number,
): { emissions: Figure; cue: Figure } {
  const plan = planOf(site);
  const supplied = sumTogether(stretches, [emissionsKg(plan)]);
  const paired = sumTogether(stretches, [emissionsKg(plan), itWh]);
  const lack = supplied.measuredMs > 0 ? lackOf(plan, supplied) : 'at no time was all of the supply measured';
  if (lack !== null) return { emissions: unknown('emissions', lack), cue: unknown('cue', lack) };
  const [kg = 0] = supplied.sums;
  const emissions = known('emissions', kg / 1000, aboutOf(plan, supplied, elapsedMs));
  const [pairedKg = 0, pairedItWh = 0] = paired.sums;
  if (pairedItWh <= 0)
    return { emissions, cue: unknown('cue', 'at no time were the supply and the IT energy both measured') };
  const about = aboutOf(plan, paired, elapsedMs);
  const inputs = [measured('IT energy', pairedItWh, 'Wh'), ...about.inputs];
  return { emissions, cue: known('cue', pairedKg / (pairedItWh / 1000), { ...about, inputs }) };
}

/** The points whose energy is drawn from outside. */
export function supplyPointsOf(site: Site): SitePoint[] {
  return site.points.filter(({ role }) => role !== null && supplyRoles.includes(role));
}

/** A supply point's emissions: the grid's, its own factor, none (solar), or nobody said. */
interface Emitter {
  readonly point: SitePoint;
  readonly from: 'grid' | 'own' | 'sun' | 'unsaid';
  /** Of its own: kg for each kWh, or each L or kg of a fuel, and where that comes from. */
  readonly own: { readonly kgPerUnit: number; readonly source: string } | undefined;
}

interface Plan {
  readonly site: Site;
  /** Empty where the total is the sum of the parts. */
  readonly emitters: readonly Emitter[];
  readonly series: readonly DatedFactor[];
}

function planOf(site: Site): Plan {
  const { emissionFactors = [] } = site.file;
  const ownOf = ({ point }: SitePoint) => emissionFactors.find((factor) => factor.point === point);
  const supply = supplyPointsOf(site);
  const emitters = supply
    .filter((point) => !isSaidElsewhere(point, supply, ownOf))
    .map((point): Emitter => {
      const own = ownOf(point);
      if (own !== undefined) return { point, from: 'own', own };
      return { point, from: point.role === 'utility' ? 'grid' : point.role === 'solar' ? 'sun' : 'unsaid', own };
    });
  return { site, emitters, series: factorSeries(site.file, site.timezone) };
}

/**
 * Whether a generator's emissions are those of another point: of its fuel, where that is metered and has a factor, else of the
 * electricity that it makes. A fuel point without feeds is taken to be that of all generators.
 */
function isSaidElsewhere(
  point: SitePoint,
  supply: readonly SitePoint[],
  ownOf: (point: SitePoint) => unknown,
): boolean {
  if (point.role !== 'generator') return false;
  const feeds = (fuel: SitePoint, generator: SitePoint): boolean =>
    fuel.role === 'generator' &&
    fuel.quantity !== 'energy' &&
    generator.role === 'generator' &&
    generator.quantity === 'energy' &&
    (fuel.feeds.length === 0 || fuel.feeds.includes(generator.point));
  if (point.quantity === 'energy') return supply.some((fuel) => feeds(fuel, point) && ownOf(fuel) !== undefined);
  return ownOf(point) === undefined && supply.some((generator) => feeds(point, generator));
}

/** How many of a point's units make the one that its factor is for: kWh, L or kg. */
function unitsOf({ quantity }: SitePoint): number {
  return quantity === 'energy' ? 1000 : 1;
}

function emissionsKg({ emitters, series }: Plan): Side {
  const gridKg = (wh: number, startMs: number): number => (wh / 1000) * (factorAt(series, startMs)?.kgPerKwh ?? 0);
  if (emitters.length === 0) {
    return (stretch) => {
      const total = totalWh(stretch);
      return total && { ...total, amount: gridKg(total.amount, stretch.startMs) };
    };
  }
  const byPoint = new Map(emitters.map((emitter) => [emitter.point, emitter]));
  return drawnBy([...byPoint.keys()], (point, { energyWh, startMs }) => {
    const { from, own } = byPoint.get(point) as Emitter;
    return from === 'grid'
      ? gridKg(point.factor * energyWh, startMs)
      : (energyWh / unitsOf(point)) * (own?.kgPerUnit ?? 0);
  });
}

/** What is missing for emissions of a time, and what to do; null where nothing is. */
function lackOf({ emitters, series }: Plan, { stretches }: Together): string | null {
  const unsaid = emitters.find(
    ({ point, from }) => from === 'unsaid' && stretches.some((stretch) => drawn(stretch, point) !== 0),
  );
  if (unsaid !== undefined) {
    const { point, role } = unsaid.point;
    return `${point} (${role}) gave energy and has no emission factor: give it one in emissionFactors of the site file`;
  }
  if (emitters.length > 0 && !emitters.some(({ from }) => from === 'grid')) return null;
  const [first] = series;
  if (first === undefined) return 'the site file names no grid: set grid, or a series of your own in gridFactors';
  if ((stretches[0]?.startMs ?? first.fromMs) >= first.fromMs) return null;
  return `there is no grid factor for the time before ${isoTime(first.fromMs)}: add it to gridFactors of the site file`;
}

function drawn({ point: rowOf }: Stretch, { pointId }: SitePoint): number {
  return pointId === null ? 0 : (rowOf(pointId)?.energyWh ?? 0);
}

interface About {
  readonly coverage: number;
  readonly inputs: readonly Input[];
  readonly notes: readonly string[];
}

/** Each factor that counted, with the energy that it counted for. */
function aboutOf(plan: Plan, { stretches, measuredMs }: Together, elapsedMs: number): About {
  const { emitters, series } = plan;
  const inputs: Input[] = [];
  const notes: string[] = [];
  const isFromParts = emitters.length === 0;
  if (isFromParts) notes.push('the total is the sum of the parts: losses and loads that nobody measures are not in it');
  for (const factor of isFromParts || emitters.some(({ from }) => from === 'grid') ? series : []) {
    const under = stretches.filter(({ startMs }) => factorAt(series, startMs) === factor);
    if (under.length === 0) continue;
    const grid = emitters.filter(({ from }) => from === 'grid');
    const ofGrid = (stretch: Stretch): number =>
      isFromParts
        ? (stretch.site?.totalWh ?? 0)
        : grid.reduce((sum, { point }) => sum + point.factor * drawn(stretch, point), 0);
    inputs.push(
      measured(
        'energy from the grid',
        under.reduce((sum, stretch) => sum + ofGrid(stretch), 0),
        'Wh',
      ),
    );
    inputs.push({ name: 'grid factor', value: factor.kgPerKwh, unit: 'kgCO2/kWh', source: factor.source });
    if (factor.madeToMs !== null && under.some(({ endMs }) => endMs > (factor.madeToMs as number)))
      notes.push(
        `no newer grid factor is in the table than that of the time to ${isoTime(factor.madeToMs)}; it is used beyond`,
      );
  }
  for (const { point, own, from } of emitters.filter((emitter) => emitter.from !== 'grid')) {
    const unit = unitOf[point.quantity];
    inputs.push(
      measured(
        point.point,
        stretches.reduce((sum, stretch) => sum + drawn(stretch, point), 0),
        unit,
      ),
    );
    if (own !== undefined)
      inputs.push({
        name: `factor of ${point.point}`,
        value: own.kgPerUnit,
        unit: `kg/${unit === 'Wh' ? 'kWh' : unit}`,
        source: own.source,
      });
    if (from === 'sun') notes.push(`${point.point}: on-site solar energy is taken to emit nothing`);
  }
  return { coverage: measuredMs / elapsedMs, inputs, notes };
}
