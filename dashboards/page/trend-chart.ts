import uPlot from 'uplot';
import { gapsOf, type Trend } from './trend.ts';
import type { TrendWindow } from './trend-range.ts';
import type { Zone } from './zone.ts';

export interface TrendPicture {
  readonly trend: Trend;
  readonly window: TrendWindow;
  readonly target: number | null;
}

export interface TrendListener {
  /** The instant under the pointer, in UTC ms, or null when it has left. */
  onPoint(timeMs: number | null): void;
  onZoom(isZoomed: boolean): void;
}

/** A chart in an element; the only place that knows uPlot. */
export interface TrendChart {
  /** Shows newer data; the reader's zoom stays. */
  show(picture: TrendPicture): void;
  resetZoom(): void;
  resize(): void;
  /** Draws again with the style sheet's present colours. */
  restyle(): void;
  destroy(): void;
}

const HEIGHT_PX = 280;
const DAY_S = 86_400;

export function createTrendChart(host: HTMLElement, zone: Zone, listener: TrendListener): TrendChart {
  let picture: TrendPicture = {
    trend: { xs: [], ys: [], intervals: [] },
    window: { fromMs: 0, toMs: 1 },
    target: null,
  };
  let isZoomed = false;
  const setZoomed = (zoomed: boolean) => {
    isZoomed = zoomed;
    listener.onZoom(zoomed);
  };
  const resetZoom = () => {
    setZoomed(false);
    plot.setScale('x', scaleOf(picture.window));
  };
  const size = () => ({ width: Math.max(200, host.clientWidth), height: HEIGHT_PX });

  const plot = new uPlot(
    {
      ...size(),
      ...appearance(host, zone, () => picture.target),
      legend: { show: false },
      tzDate: (timeS) => uPlot.tzDate(new Date(timeS * 1000), zone.id),
      cursor: { y: false, points: { show: false }, bind: { dblclick: () => () => (resetZoom(), null) } },
      hooks: {
        setCursor: [(self) => listener.onPoint(pointedMs(self))],
        setSelect: [({ select }) => select.width > 0 && setZoomed(true)],
        drawClear: [(self) => shadeGaps(self, picture.trend, colourOf(host, '--gap'))],
        draw: [(self) => drawTarget(self, picture.target, colourOf(host, '--target'))],
      },
    },
    [[], []],
    host,
  );

  return {
    show: (next) => {
      picture = next;
      const { min, max } = plot.scales['x'] ?? {};
      plot.setData([[...next.trend.xs], [...next.trend.ys]], false);
      plot.setScale('x', isZoomed && min != null && max != null ? { min, max } : scaleOf(next.window));
    },
    resetZoom,
    resize: () => plot.setSize(size()),
    restyle: () => plot.redraw(true, true),
    destroy: () => plot.destroy(),
  };
}

function appearance(host: HTMLElement, zone: Zone, target: () => number | null) {
  const font = `12px ${getComputedStyle(host).fontFamily}`;
  const grid = { stroke: () => colourOf(host, '--line'), width: 1 };
  const axis: uPlot.Axis = { font, stroke: () => colourOf(host, '--muted'), grid, ticks: { ...grid, size: 4 } };
  return {
    scales: {
      x: { time: true, range: (_: uPlot, min: number, max: number): uPlot.Range.MinMax => [min, max] },
      y: { range: (_: uPlot, min: number | null, max: number | null) => levelRange(min, max, target()) },
    },
    axes: [
      {
        ...axis,
        space: 64,
        size: 44,
        values: (_: uPlot, at: number[], _i: number, _s: number, incrS: number) => timeLabels(zone, at, incrS),
      },
      { ...axis, size: 52, space: 40, values: (_: uPlot, at: number[]) => at.map((value) => value.toFixed(2)) },
    ],
    series: [{}, { stroke: () => colourOf(host, '--accent'), width: 2, spanGaps: false, points: { show: false } }],
  };
}

function scaleOf({ fromMs, toMs }: TrendWindow) {
  return { min: fromMs / 1000, max: toMs / 1000 };
}

/** Room around data and target, in steps of 0.05; at least 0.1 wide, so that noise does not look like news. */
function levelRange(min: number | null, max: number | null, target: number | null): uPlot.Range.MinMax {
  const levels = [min, max, target].filter((level) => level !== null && level !== undefined);
  if (levels.length === 0) return [1, 2];
  const low = Math.floor((Math.min(...levels) - 0.02) * 20) / 20;
  const high = Math.ceil((Math.max(...levels) + 0.02) * 20) / 20;
  return [low, Math.max(high, low + 0.1)];
}

/** Clock or date, with the date below wherever it changes. */
function timeLabels(zone: Zone, splits: readonly number[], incrS: number): string[] {
  let lastDay = '';
  return splits.map((split) => {
    const timeMs = split * 1000;
    if (incrS >= 28 * DAY_S) return zone.month(timeMs).replace(' ', '\n');
    const day = zone.shortDay(timeMs);
    if (incrS >= DAY_S) return day;
    const label = day === lastDay ? zone.minute(timeMs) : `${zone.minute(timeMs)}\n${day}`;
    lastDay = day;
    return label;
  });
}

function pointedMs(plot: uPlot): number | null {
  const { left = -1 } = plot.cursor;
  return left < 0 ? null : plot.posToVal(left, 'x') * 1000;
}

function shadeGaps(plot: uPlot, trend: Trend, colour: string): void {
  const { left, top, width, height } = plot.bbox;
  plot.ctx.save();
  plot.ctx.fillStyle = colour;
  for (const gap of gapsOf(trend)) {
    const from = Math.max(left, plot.valToPos(gap.startMs / 1000, 'x', true));
    const to = Math.min(left + width, plot.valToPos(gap.endMs / 1000, 'x', true));
    if (to > from) plot.ctx.fillRect(from, top, to - from, height);
  }
  plot.ctx.restore();
}

function drawTarget(plot: uPlot, target: number | null, colour: string): void {
  if (target === null) return;
  const { left, width } = plot.bbox;
  const y = Math.round(plot.valToPos(target, 'y', true));
  const { ctx } = plot;
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.lineWidth = 1.5 * uPlot.pxRatio;
  ctx.setLineDash([6 * uPlot.pxRatio, 4 * uPlot.pxRatio]);
  ctx.beginPath();
  ctx.moveTo(left, y);
  ctx.lineTo(left + width, y);
  ctx.stroke();
  ctx.restore();
}

function colourOf(host: HTMLElement, property: string): string {
  return getComputedStyle(host).getPropertyValue(property);
}
