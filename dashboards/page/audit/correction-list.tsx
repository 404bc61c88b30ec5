import { useState } from 'preact/hooks';
import type { AuditApi } from '../api.ts';
import type { Site } from '../contract.ts';
import { Plain, Quantity } from '../figures.tsx';
import { coverage, kilowattHours, quantity, ratio } from '../format.ts';
import { figureName, loadName } from '../kpis.ts';
import type { Zone } from '../zone.ts';
import type { Change, Correction, CorrectionEffect, SiteEffect } from './contract.ts';
import { Answer } from './part.tsx';
import { useAnswer } from './use-answer.ts';

interface CorrectionListProps {
  readonly site: Site;
  /** Oldest first. */
  readonly corrections: readonly Correction[];
  /** Ids of those that hold and touch the period. */
  readonly touching: readonly string[];
  readonly api: AuditApi;
  readonly zone: Zone;
}

const MOST = 100;

/** What was corrected afterwards, newest first: who, when, why, and what became of the figures. */
export function CorrectionList({ site, corrections, touching, api, zone }: CorrectionListProps) {
  if (corrections.length === 0) return <p>Nothing was corrected: every figure follows from what was received.</p>;
  const shown = corrections.slice(-MOST).toReversed();
  return (
    <>
      {shown.length < corrections.length && (
        <p class="hint">
          The newest {MOST} of {corrections.length}; the API has all of them.
        </p>
      )}
      <ol class="entries">
        {shown.map((correction) => (
          <CorrectionEntry
            key={correction.id}
            correction={correction}
            isTouching={touching.includes(correction.id)}
            isWithdrawn={corrections.some(({ id }) => id === correction.withdrawnBy)}
            site={site}
            api={api}
            zone={zone}
          />
        ))}
      </ol>
    </>
  );
}

interface CorrectionEntryProps extends Omit<CorrectionListProps, 'corrections' | 'touching'> {
  readonly correction: Correction;
  readonly isTouching: boolean;
  readonly isWithdrawn: boolean;
}

function CorrectionEntry({ correction, isTouching, isWithdrawn, site, api, zone }: CorrectionEntryProps) {
  const [isOpen, setOpen] = useState(false);
  const { id, by, reason, change, recorded, withdrawnBy } = correction;
  const recordedMs = Date.parse(recorded);
  return (
    <li class="entry">
      <p class="entry-head">
        <strong>{change.kind}</strong> <span>{change['point']}</span> <span class="hint">record {id}</span>
        {isTouching && <span class="badge">touches this period</span>}
        {isWithdrawn && <span class="badge badge-warning">withdrawn by record {withdrawnBy}</span>}
      </p>
      <p class="hint">
        {by}, {zone.day(recordedMs)} {zone.clock(recordedMs)} {zone.name(recordedMs)}
      </p>
      <p class="wide">{reason}</p>
      <p class="hint">{detailsOf(change, zone)}</p>
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>Before and after</summary>
        {isOpen && <EffectOf site={site} id={id} api={api} zone={zone} />}
      </details>
    </li>
  );
}

const times = new Set(['from', 'to', 'at']);
const units: Readonly<Record<string, string>> = { value: ' Wh', oldLast: ' Wh', newFirst: ' Wh' };

/** `from 2026-10-01 08:00, factor 2` */
function detailsOf(change: Change, zone: Zone): string {
  const entries = Object.entries(change).filter(([key]) => key !== 'kind' && key !== 'point');
  const written = (key: string, value: string | number) => {
    if (!times.has(key)) return `${value}${units[key] ?? ''}`;
    const timeMs = Date.parse(String(value));
    return `${zone.day(timeMs)} ${zone.clock(timeMs)}`;
  };
  return entries.map(([key, value]) => `${keyNames[key] ?? key} ${written(key, value)}`).join(', ');
}

const keyNames: Readonly<Record<string, string>> = {
  oldLast: 'last value of the old meter',
  newFirst: 'first value of the new meter',
};

interface EffectOfProps {
  readonly site: Site;
  readonly id: string;
  readonly api: AuditApi;
  readonly zone: Zone;
}

function EffectOf({ site, id, api, zone }: EffectOfProps) {
  const poll = useAnswer(`correction ${site.site} ${id}`, (signal) => api.correction(site.site, id, signal));
  return (
    <Answer poll={poll}>
      {({ effect }) =>
        effect === null ? (
          <p class="hint">It concerns no energy.</p>
        ) : (
          <EffectTable site={site} effect={effect} zone={zone} />
        )
      }
    </Answer>
  );
}

type Effect = NonNullable<CorrectionEffect['effect']>;

/** What a point counts: energy, or a fuel or water. */
function amount(value: number | null, unit: string) {
  return unit === 'Wh' ? kilowattHours(value) : quantity(value, unit);
}

/** What a point fed back, where it did. */
function fedBackRows(point: string, beforeWh: number | null, afterWh: number | null) {
  if ((beforeWh ?? 0) === 0 && (afterWh ?? 0) === 0) return [];
  const [before, after] = [beforeWh, afterWh].map((wh) => <Quantity of={kilowattHours(wh)} />);
  return [{ name: `${point}, fed back`, before, after }];
}

/** Over whole days of the site: those whose energy it changed. */
function EffectTable({ site, effect, zone }: { readonly site: Site; readonly effect: Effect; readonly zone: Zone }) {
  const figure = (of: SiteEffect) => <Plain of={ratio(site.kind === 'base-station' ? of.see : of.pue)} />;
  const rows = [
    ...effect.points.flatMap(({ point, unit, before, after }) => [
      {
        name: point,
        before: <Quantity of={amount(before.energyWh, unit)} />,
        after: <Quantity of={amount(after.energyWh, unit)} />,
      },
      ...fedBackRows(point, before.exportWh, after.exportWh),
    ]),
    ...siteRows.map(({ name, of }) => ({
      name: name(site),
      before: <Quantity of={of(effect.before)} />,
      after: <Quantity of={of(effect.after)} />,
    })),
    { name: figureName(site.kind), before: figure(effect.before), after: figure(effect.after) },
  ];
  return (
    <>
      <p class="hint">{zone.span(Date.parse(effect.from), Date.parse(effect.to))}, as known before and after it</p>
      <div class="scroller" role="region" aria-label="Before and after" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">What</th>
              <th scope="col" class="numeric">
                Before
              </th>
              <th scope="col" class="numeric">
                After
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ name, before, after }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td class="numeric">{before}</td>
                <td class="numeric">{after}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

const siteRows = [
  { name: () => 'total energy', of: ({ totalWh }: SiteEffect) => kilowattHours(totalWh) },
  { name: ({ kind }: Site) => `${loadName(kind)} energy`, of: ({ itWh }: SiteEffect) => kilowattHours(itWh) },
  { name: () => 'coverage', of: (effect: SiteEffect) => coverage(effect.coverage) },
];
