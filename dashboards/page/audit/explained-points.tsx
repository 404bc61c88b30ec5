import type { Site } from '../contract.ts';
import { Plain, Quantity, Term } from '../figures.tsx';
import { type Amount, count, coverage, duration, kilowattHours, quantity, ratio, share, text } from '../format.ts';
import { figureName, loadName } from '../kpis.ts';
import { roleName } from '../role-names.ts';
import type { Correction, ExplainedPart, ExplainedPoint, Explanation } from './contract.ts';

interface ExplainedPointsProps {
  readonly site: Site;
  readonly explanation: Explanation;
  /** Those that hold and touch the period. */
  readonly corrections: readonly Correction[];
}

/** The points that count on each side, with what was measured of each. */
export function ExplainedPoints({ site, explanation, corrections }: ExplainedPointsProps) {
  const { points, paired, pairedS, leastCoverage, months, partials } = explanation;
  const load = loadName(site.kind);
  return (
    <>
      <Formula site={site} name={figureName(site.kind)} explanation={explanation} />
      <p class="hint">
        Both sides were measured together for {seconds(pairedS)}; only that time forms the ratio. The energies below are
        over all the time that each point was measured.
      </p>
      {paired === null || points.length === 0 ? (
        <p class="hint">No point counts in this period: without a total and {load} energy there is no figure.</p>
      ) : (
        <PointsTable label="Points that count" load={load} made={explanation} corrections={corrections} />
      )}
      {months.length > 0 && (
        <dl class="months" aria-label="Coverage by month">
          {months.map((month) => (
            <Term key={month.name} name={month.name}>
              <span class={month.coverage < leastCoverage ? 'warning' : undefined}>
                <Quantity of={coverage(month.coverage)} />
              </span>
            </Term>
          ))}
        </dl>
      )}
      <p class="hint">A verdict needs a coverage of {text(share(leastCoverage))}, of every month.</p>
      {partials.map((part) => (
        <div key={part.id}>
          <Formula site={site} name={`pPUE of ${part.name}`} explanation={part} />
          <PointsTable label={`Points of ${part.name}`} load="IT" made={part} corrections={corrections} />
        </div>
      ))}
    </>
  );
}

interface PointsTableProps extends Pick<ExplainedPointsProps, 'corrections'> {
  readonly label: string;
  readonly load: string;
  readonly made: Pick<ExplainedPart, 'points' | 'instruments'>;
}

/** Both sides of a ratio, and below each the instruments of its virtual points. */
function PointsTable({ label, load, made: { points, instruments }, corrections }: PointsTableProps) {
  const groups = [
    { name: 'Total', side: 'total', points },
    { name: 'Total, behind virtual points', side: 'total', points: instruments },
    { name: `${load} energy`, side: 'it', points },
    { name: `${load} energy, behind virtual points`, side: 'it', points: instruments },
  ] as const;
  return (
    <div class="scroller" role="region" aria-label={label} tabIndex={0}>
      <table class="points-made">
        <PointsHead />
        {groups.map((group) => (
          <SideRows key={group.name} {...group} corrections={corrections} />
        ))}
      </table>
    </div>
  );
}

interface FormulaProps extends Pick<ExplainedPointsProps, 'site'> {
  readonly name: string;
  readonly explanation: Pick<Explanation, 'paired' | 'value'>;
}

/** `PUE = 93 666.3 kWh / 74 397.2 kWh = 1.259` */
function Formula({ site, name, explanation: { paired, value } }: FormulaProps) {
  const load = loadName(site.kind);
  const total = { name: 'total', of: kilowattHours(paired?.totalWh) };
  const it = { name: load, of: kilowattHours(paired?.itWh) };
  const [over, under] = site.kind === 'base-station' ? [it, total] : [total, it];
  return (
    <p class="formula">
      {name} = {over.name} <Quantity of={over.of} /> ÷ {under.name} <Quantity of={under.of} /> ={' '}
      <strong>
        <Plain of={ratio(value)} />
      </strong>
    </p>
  );
}

const plainTitles = ['Point'];
const numericTitles = ['Energy', 'Weight', 'In the sum', 'Measured', 'Bridged', 'Estimated', 'Missing', 'Class', '±'];
const lastTitles = ['Flags', 'Corrected'];

function PointsHead() {
  const head = (className: string | undefined) => (title: string) => (
    <th key={title} scope="col" class={className}>
      {title}
    </th>
  );
  return (
    <thead>
      <tr>
        {plainTitles.map(head(undefined))}
        {numericTitles.map(head('numeric'))}
        {lastTitles.map(head(undefined))}
      </tr>
    </thead>
  );
}

interface SideRowsProps {
  readonly name: string;
  readonly side: 'total' | 'it';
  readonly points: readonly ExplainedPoint[];
  readonly corrections: readonly Correction[];
}

function SideRows({ name, side, points, corrections }: SideRowsProps) {
  const counted = points.filter((point) => point[`${side}Weight`] !== 0);
  if (counted.length === 0) return null;
  return (
    <tbody>
      <tr class="role-group">
        <th scope="rowgroup" colSpan={12}>
          {name}
        </th>
      </tr>
      {counted.map((point) => (
        <PointRow key={point.point} point={point} side={side} corrections={corrections} />
      ))}
    </tbody>
  );
}

interface PointRowProps extends Pick<SideRowsProps, 'side' | 'corrections'> {
  readonly point: ExplainedPoint;
}

function PointRow({ point, side, corrections }: PointRowProps) {
  const own = corrections.filter(({ change }) => change['point'] === point.point);
  return (
    <tr>
      <th scope="row">
        {point.name}
        <span class="below">{[point.point, roleName(point.role)].filter(Boolean).join(' · ')}</span>
      </th>
      <td class="numeric">
        <Quantity of={amountOf(point)} />
        {point.constantWh !== null && point.constantWh !== 0 && (
          <span class="below">constant power: {text(kilowattHours(point.constantWh))}</span>
        )}
      </td>
      <td class="numeric">{String(point[`${side}Weight`]).replace('-', '\u2212')}</td>
      <td class="numeric">
        <Quantity of={kilowattHours(point[`${side}Wh`])} />
      </td>
      {[point.measuredS, point.bridgedS, point.estimatedS, point.missingS].map((spanS, column) => (
        <Seconds key={column} of={spanS} />
      ))}
      <td class="numeric">
        <Plain of={point.accuracyClass} />
        {chainOf(point).map((link) => (
          <span key={link} class="below">
            {link}
          </span>
        ))}
      </td>
      <td class="numeric">
        <Plain of={ratio(point.uncertainty, 4)} />
      </td>
      <td>{point.flags.map((flag) => flagWords[flag] ?? flag).join(', ')}</td>
      <td>{own.length === 0 ? 'no' : own.map(({ id }) => `record ${id}`).join(', ')}</td>
    </tr>
  );
}

const units = { volume: 'L', mass: 'kg' } as const;

function amountOf({ quantity: counts, energy }: ExplainedPoint): Amount | null {
  return counts === 'energy' ? kilowattHours(energy) : quantity(energy, units[counts]);
}

const flagWords: Readonly<Record<string, string>> = {
  'no-class': 'no accuracy class',
  'assumed-transformer': 'transformer class assumed',
};

function Seconds({ of: spanS }: { readonly of: number }) {
  return (
    <td class="numeric">
      {count(spanS)}
      {'\u00a0'}s{spanS >= 60 && <span class="below">{duration(spanS * 1000)}</span>}
    </td>
  );
}

function seconds(spanS: number): string {
  return `${count(spanS)}\u00a0s${spanS < 60 ? '' : ` (${duration(spanS * 1000)})`}`;
}

/** What lies between the load and the number: `meter 0.5 %`, `transformer 0.5 %`. */
function chainOf({ meterPercent, transformerPercents, commonCause }: ExplainedPoint): string[] {
  return [
    ...(meterPercent === null ? [] : [`meter ${meterPercent} %`]),
    ...(transformerPercents.length === 0 ? [] : [`transformer ${transformerPercents.join(', ')} %`]),
    ...(commonCause === null ? [] : [`error shared: ${commonCause}`]),
  ];
}
