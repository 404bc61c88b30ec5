import { useEffect, useRef, useState } from 'preact/hooks';
import { Plain, Quantity, Term } from './figures.tsx';
import { coverage, energy, ratio, share } from './format.ts';
import { gapsOf, intervalAt, type Trend, type TrendInterval } from './trend.ts';
import { createTrendChart, type TrendChart } from './trend-chart.ts';
import type { TrendWindow } from './trend-range.ts';
import type { Zone } from './zone.ts';

interface TrendPlotProps {
  readonly trend: Trend;
  readonly window: TrendWindow;
  readonly target: number | null;
  readonly name: string;
  /** What the load's energy is called. */
  readonly load: string;
  readonly zone: Zone;
}

export function TrendPlot({ trend, window, target, name, load, zone }: TrendPlotProps) {
  const host = useRef<HTMLDivElement>(null);
  const chart = useRef<TrendChart | null>(null);
  const [pointedMs, setPointedMs] = useState<number | null>(null);
  const [isZoomed, setZoomed] = useState(false);

  useEffect(() => {
    if (host.current === null) return;
    const created = createTrendChart(host.current, zone, { onPoint: setPointedMs, onZoom: setZoomed });
    chart.current = created;
    const resizing = new ResizeObserver(() => created.resize());
    resizing.observe(host.current);
    const restyle = () => created.restyle();
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    scheme.addEventListener('change', restyle);
    return () => {
      resizing.disconnect();
      scheme.removeEventListener('change', restyle);
      created.destroy();
    };
  }, [zone]);
  useEffect(() => chart.current?.show({ trend, window, target }), [trend, window.fromMs, window.toMs, target, zone]);

  const latest = trend.intervals.findLast(({ value }) => value !== null) ?? null;
  const pointed = pointedMs === null ? null : intervalAt(trend, pointedMs);
  return (
    <>
      <Readout interval={pointed ?? latest} isLatest={pointed === null} name={name} load={load} zone={zone} />
      <div class="plot" ref={host} role="img" aria-label={describe(trend, target, name, zone)} />
      <p class="plot-foot">
        <span class="key key-line">{name}</span>
        {target !== null && <span class="key key-target">target {target}</span>}
        <span class="key key-gap">no data</span>
        <span>{firstData(trend, window, zone)}</span>
        {isZoomed ? (
          <button type="button" onClick={() => chart.current?.resetZoom()}>
            Whole range
          </button>
        ) : (
          <span class="zoom-hint">drag across to zoom</span>
        )}
      </p>
    </>
  );
}

interface ReadoutProps {
  readonly interval: TrendInterval | null;
  readonly isLatest: boolean;
  readonly name: string;
  /** What the load's energy is called. */
  readonly load: string;
  readonly zone: Zone;
}

/** The interval under the pointer, or the latest known one. */
function Readout({ interval, isLatest, name, load, zone }: ReadoutProps) {
  const span = interval === null ? null : zone.span(interval.startMs, interval.endMs);
  return (
    <dl class="readout">
      <Term name={isLatest ? 'latest interval' : 'interval'}>
        <Plain of={span} />
      </Term>
      <Term name={name}>
        <Plain of={ratio(interval?.value)} />
      </Term>
      <Term name="total energy">
        <Quantity of={energy(interval?.totalWh)} />
      </Term>
      <Term name={`${load} energy`}>
        <Quantity of={energy(interval?.itWh)} />
      </Term>
      <Term name="coverage">
        <Quantity of={coverage(interval?.coverage)} />
      </Term>
      <Term name="estimated">
        <Quantity of={share(interval?.estimatedShare)} />
      </Term>
    </dl>
  );
}

function firstData({ intervals }: Trend, { fromMs }: TrendWindow, zone: Zone): string {
  const first = intervals[0];
  if (first === undefined || first.startMs <= fromMs) return '';
  return `nothing known before ${zone.day(first.startMs)} ${zone.minute(first.startMs)}`;
}

/** What the picture shows, for those who do not see it; every figure of it is in the table below. */
function describe(trend: Trend, target: number | null, name: string, zone: Zone): string {
  const { intervals } = trend;
  const values = intervals.map(({ value }) => value).filter((value) => value !== null);
  const first = intervals[0];
  const last = intervals.at(-1);
  if (first === undefined || last === undefined || values.length === 0) return `${name} trend without data`;
  const gaps = gapsOf(trend).length;
  return [
    `${name} from ${zone.span(first.startMs, last.endMs)}, ${zone.name(last.endMs)}`,
    `lowest ${ratio(Math.min(...values))}, highest ${ratio(Math.max(...values))}, latest ${ratio(values.at(-1))}`,
    target === null ? 'no target line' : `target ${target}`,
    gaps === 0 ? 'no gap' : `${gaps} ${gaps === 1 ? 'gap' : 'gaps'} without data`,
  ].join('; ');
}
