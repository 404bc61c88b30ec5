import { useState } from 'preact/hooks';
import { Plain, Quantity } from './figures.tsx';
import { coverage, energy, ratio, share } from './format.ts';
import type { Trend } from './trend.ts';
import type { Zone } from './zone.ts';

interface TrendTableProps {
  readonly trend: Trend;
  readonly name: string;
  readonly load: string;
  readonly zone: Zone;
}

/** The chart's figures as a table, newest first; made only when it is opened. */
export function TrendTable({ trend, name, load, zone }: TrendTableProps) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Figures as a table</summary>
      {isOpen && (
        <div class="scroller" role="region" aria-label={`${name} by interval`} tabIndex={0}>
          <table>
            <thead>
              <tr>
                <th scope="col">Interval ({zone.name(trend.intervals[0]?.startMs ?? 0)})</th>
                {[name, 'Total energy', `${load} energy`, 'Coverage', 'Estimated'].map((title) => (
                  <th key={title} scope="col" class="numeric">
                    {title}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {trend.intervals.toReversed().map((interval) => (
                <tr key={interval.startMs}>
                  <th scope="row">{zone.span(interval.startMs, interval.endMs)}</th>
                  <td class="numeric">
                    <Plain of={ratio(interval.value)} />
                  </td>
                  {[
                    energy(interval.totalWh),
                    energy(interval.itWh),
                    coverage(interval.coverage),
                    share(interval.estimatedShare),
                  ].map((amount, column) => (
                    <td key={column} class="numeric">
                      <Quantity of={amount} />
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </details>
  );
}
