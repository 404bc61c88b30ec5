import type { Meter, Point } from './contract.ts';
import { Plain, Quantity, Unknown } from './figures.tsx';
import { age, power, quantity, ratio, kilowattHours } from './format.ts';
import { Notice } from './notices.tsx';
import { roleName } from './role-names.ts';
import type { Zone } from './zone.ts';

interface PointsTableProps {
  readonly points: readonly Point[];
  readonly zone: Zone;
  readonly nowMs: number;
}

const titles = ['Point', 'Role', 'Level', 'Power', 'Energy register', 'Other', 'Quality', 'Last reading', 'Source'];
const numericTitles = ['Power', 'Energy register'];

export function PointsTable({ points, zone, nowMs }: PointsTableProps) {
  if (points.length === 0) {
    return (
      <Notice title="No point yet">
        <p>
          An agent announces its points when it connects: see the agents below, and run “wattmark-agent check” on
          theirs.
        </p>
      </Notice>
    );
  }
  return (
    <div class="scroller" role="region" aria-label="Points" tabIndex={0}>
      <table>
        <thead>
          <tr>
            {titles.map((title) => (
              <th key={title} scope="col" class={numericTitles.includes(title) ? 'numeric' : undefined}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {points.map((point) => (
            <PointRow key={point.point} point={point} zone={zone} nowMs={nowMs} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function PointRow({ point, zone, nowMs }: { readonly point: Point; readonly zone: Zone; readonly nowMs: number }) {
  return (
    <tr>
      <th scope="row">
        {point.name}
        {point.name !== point.point && <span class="below">{point.point}</span>}
        {point.simulated && (
          <span class="badge badge-simulated">simulated{point.method !== null && `: ${point.method}`}</span>
        )}
        {!point.simulated && point.method !== null && <span class="badge">estimated: {point.method}</span>}
      </th>
      <td>
        <Plain of={roleName(point.role)} />
      </td>
      <td>
        <Plain of={point.level} />
      </td>
      <td class="numeric">
        <Quantity of={power(point.live['power']?.value)} />
      </td>
      <td class="numeric">
        <Quantity of={kilowattHours(point.live['energy']?.value)} />
      </td>
      <td>
        <OtherChannels point={point} />
      </td>
      <td>
        <Plain of={qualities(point)} />
      </td>
      <td>
        <LastSeen point={point} zone={zone} nowMs={nowMs} />
      </td>
      <td>
        <Plain of={point.source} />
        <span class="below">
          {[point.agent, point.accuracyClass && `class ${point.accuracyClass}`].filter(Boolean).join(' · ')}
        </span>
        {point.meter !== null && <span class="below">{meterText(point.meter)}</span>}
      </td>
    </tr>
  );
}

function OtherChannels({ point }: { readonly point: Point }) {
  const others = Object.entries(point.live).filter(([channel]) => channel !== 'power' && channel !== 'energy');
  if (others.length === 0) return null;
  return (
    <ul class="channels">
      {others.map(([channel, { value, unit }]) => (
        <li key={channel}>
          {channel}{' '}
          <Quantity of={unit === 'W' ? power(value) : unit === 'Wh' ? kilowattHours(value) : quantity(value, unit)} />
        </li>
      ))}
    </ul>
  );
}

function LastSeen({ point, zone, nowMs }: { readonly point: Point; readonly zone: Zone; readonly nowMs: number }) {
  if (point.lastSeen === null) return <Unknown />;
  const seenMs = Date.parse(point.lastSeen);
  return (
    <>
      <time
        class="number"
        dateTime={point.lastSeen}
        title={`${zone.day(seenMs)} ${zone.clock(seenMs)}, ${zone.name(seenMs)}`}
      >
        {age(nowMs - seenMs)}
      </time>
      {point.stale && <span class="badge badge-warning">stale</span>}
    </>
  );
}

function qualities({ live }: Point): string {
  return [...new Set(Object.values(live).map(({ quality }) => quality))].join(', ');
}

function meterText({ manufacturer, model, serial, firmware, ctRatio, vtRatio }: Meter): string {
  const parts = [
    [manufacturer, model].filter(Boolean).join(' '),
    serial && `serial ${serial}`,
    firmware && `firmware ${firmware}`,
    ctRatio && `CT ${ratio(ctRatio, 0)}:1`,
    vtRatio && `VT ${ratio(vtRatio, 0)}:1`,
  ];
  return parts.filter(Boolean).join(' · ');
}
