import { useState } from 'preact/hooks';
import type { Api } from './api.ts';
import type { ItLevel, Site, Target } from './contract.ts';
import { figureName, levelText, loadName } from './kpis.ts';
import { Loading, Notice, Problem } from './notices.tsx';
import { usePolling } from './polling.ts';
import { metricOf, type Trend, trendOf } from './trend.ts';
import { TrendPlot } from './trend-plot.tsx';
import { type RangeId, type TrendRange, type TrendWindow, trendRanges } from './trend-range.ts';
import { TrendTable } from './trend-table.tsx';
import type { Zone } from './zone.ts';

interface TrendSectionProps {
  readonly site: Site;
  readonly api: Api;
  readonly zone: Zone;
  readonly now: () => number;
}

interface Answer {
  readonly itLevel: ItLevel;
  readonly trend: Trend;
  readonly window: TrendWindow;
}

export function TrendSection({ site, api, zone, now }: TrendSectionProps) {
  const [rangeId, setRangeId] = useState<RangeId>('3h');
  const range = trendRanges.find(({ id }) => id === rangeId) as TrendRange;
  const name = figureName(site.kind);
  const { data, problem } = usePolling<Answer>({
    key: `${site.site}/${rangeId}`,
    load: async (signal) => {
      const nowMs = now();
      const window = range.window(nowMs, zone);
      const { intervals, itLevel } = await api.series(site.site, { ...window, step: range.step }, signal);
      return { itLevel, trend: trendOf(intervals, metricOf(site.kind), nowMs), window };
    },
    pauseMs: () => range.refreshMs,
  });

  return (
    <section class="panel trend" aria-labelledby="trend-title">
      <div class="trend-head">
        <h2 id="trend-title">{name} trend</h2>
        <RangeButtons chosen={rangeId} onChoose={setRangeId} />
      </div>
      <Problem text={problem} hasData={data !== null} />
      {data === null && problem === null && <Loading what="the trend" />}
      {data !== null && data.trend.intervals.length === 0 && <NoInterval name={name} label={range.label} />}
      {data !== null && data.trend.intervals.length > 0 && (
        <>
          {site.kind !== 'base-station' && <p class="hint">{levelText(data.itLevel.level, 'energy')}</p>}
          <TrendPlot
            key={rangeId}
            trend={data.trend}
            window={visibleWindow(data)}
            target={lineOf(site.target, site.kind)}
            name={name}
            load={loadName(site.kind)}
            zone={zone}
          />
          <TrendTable trend={data.trend} name={name} load={loadName(site.kind)} zone={zone} />
        </>
      )}
    </section>
  );
}

function RangeButtons({ chosen, onChoose }: { chosen: RangeId; onChoose: (range: RangeId) => void }) {
  return (
    <div class="ranges" role="group" aria-label="Range">
      {trendRanges.map(({ id, label }) => (
        <button key={id} type="button" aria-pressed={id === chosen} onClick={() => onChoose(id)}>
          {label}
        </button>
      ))}
    </div>
  );
}

function NoInterval({ name, label }: { readonly name: string; readonly label: string }) {
  return (
    <Notice title={`No interval in the last ${label}`}>
      <p>The first {name} appears when both total and IT energy have been measured through one interval.</p>
    </Notice>
  );
}

/** The target as a line in this chart, if it bounds what the chart shows. */
function lineOf(target: Target | null, kind: Site['kind']): number | null {
  return target !== null && target.metric === metricOf(kind) ? target.value : null;
}

const FEWEST_INTERVALS = 20;

/** A site that has just begun fills the whole width; the plot says from when on there is data. */
function visibleWindow({ trend, window }: Answer): TrendWindow {
  const first = trend.intervals[0];
  if (first === undefined) return window;
  const widthMs = FEWEST_INTERVALS * (first.endMs - first.startMs);
  return { fromMs: Math.max(window.fromMs, Math.min(first.startMs, window.toMs - widthMs)), toMs: window.toMs };
}
