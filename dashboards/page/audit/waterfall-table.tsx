import type { ComponentChildren } from 'preact';
import { Plain, Quantity } from '../figures.tsx';
import { difference, kilowattHours, quantity, ratio } from '../format.ts';
import type { Changes } from './contract.ts';
import type { Waterfall, WaterfallRow } from './waterfall.ts';

interface WaterfallTableProps {
  readonly changes: Changes;
  readonly waterfall: Waterfall;
  readonly name: string;
  readonly load: string;
}

/** The waterfall as a table whose second column is drawn: every bar has its figures beside it. */
export function WaterfallTable({ changes, waterfall, name, load }: WaterfallTableProps) {
  const currency = changes.rates?.currency ?? null;
  const isAdded = waterfall.steps === 'additions';
  const titles = [isAdded ? `Adds to ${name}` : `${name} points`, 'Energy', `Cost`, 'CO₂'];
  return (
    <div class="scroller" role="region" aria-label={`${name}, step by step`} tabIndex={0}>
      <table class="waterfall">
        <thead>
          <tr>
            <th scope="col">Step</th>
            <th scope="col" class="bar-cell">
              {ratio(waterfall.low)} to {ratio(waterfall.high)}
            </th>
            {titles.map((title) => (
              <th key={title} scope="col" class="numeric">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {waterfall.rows.map((row, index) => (
            <Row key={index} row={row} waterfall={waterfall} load={load} currency={currency} />
          ))}
          {!isAdded && (
            <tr class="waterfall-sum">
              <th scope="row">Difference</th>
              <td class="bar-cell" />
              <Worth points={changes.change} of={changes} currency={currency} />
            </tr>
          )}
        </tbody>
      </table>
    </div>
  );
}

interface RowProps {
  readonly row: WaterfallRow;
  readonly waterfall: Waterfall;
  readonly load: string;
  readonly currency: string | null;
}

function Row({ row, waterfall, load, currency }: RowProps) {
  if (row.kind === 'level')
    return (
      <tr class="waterfall-level">
        <th scope="row">{row.name}</th>
        <td class="bar-cell">
          <Track waterfall={waterfall}>
            <span class="level" style={{ left: placeOf(row.at, waterfall) }} />
          </Track>
        </td>
        <td class="numeric">{ratio(row.at)}</td>
        <td colSpan={3} />
      </tr>
    );
  const { part, from, to } = row;
  const points = waterfall.steps === 'additions' ? part.after.ratio : part.points;
  const width = `${(Math.abs(to - from) / (waterfall.high - waterfall.low)) * 100}%`;
  return (
    <tr>
      <th scope="row">{partName(part.part, load)}</th>
      <td class="bar-cell">
        <Track waterfall={waterfall}>
          <span
            class={`step ${toneOf(waterfall, to - from)}`}
            style={{ left: placeOf(Math.min(from, to), waterfall), width }}
          />
        </Track>
      </td>
      <Worth points={points} of={part} currency={currency} />
    </tr>
  );
}

function Track({ waterfall, children }: { readonly waterfall: Waterfall; readonly children: ComponentChildren }) {
  return (
    <div class="track">
      {waterfall.target !== null && (
        <span class="track-target" style={{ left: placeOf(waterfall.target, waterfall) }} />
      )}
      {children}
    </div>
  );
}

interface WorthProps {
  readonly points: number | null;
  readonly of: Pick<Changes, 'energyWh' | 'cost' | 'co2T'>;
  readonly currency: string | null;
}

function Worth({ points, of: { energyWh, cost, co2T }, currency }: WorthProps) {
  return (
    <>
      <td class="numeric">
        <Plain of={difference(points)} />
      </td>
      {[kilowattHours(energyWh), quantity(cost, currency ?? ''), quantity(co2T, 't')].map((amount, column) => (
        <td key={column} class="numeric">
          <Quantity of={amount} />
        </td>
      ))}
    </>
  );
}

function placeOf(value: number, { low, high }: Waterfall): string {
  return `${((value - low) / (high - low)) * 100}%`;
}

function toneOf({ steps }: Waterfall, step: number): string {
  if (steps === 'additions') return 'step-neutral';
  return step > 0 ? 'step-up' : 'step-down';
}

const partNames: Readonly<Record<string, string>> = {
  cooling: 'Cooling',
  lighting: 'Lighting',
  other: 'Other loads',
  losses: 'Losses and loads without a meter',
};

function partName(part: string, load: string): string {
  return part === 'it-load' ? `${load} load` : (partNames[part] ?? part);
}
