import {
  BarAlignment,
  GraphDrawStyle,
  LineInterpolation,
  type Panel,
  SortOrder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
} from '@grafana/schema';
import type {
  FieldConfig,
  Options,
} from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';
import type { Target } from '../queries/target.ts';
import { type FieldRule, overrideOf, type PanelText, panelOf } from './panel.ts';

interface SeriesLook {
  readonly rules?: readonly FieldRule[];
  /** Least width of a bucket, and with it of `$__interval`; a duration such as `15m`. */
  readonly interval?: string;
  /**
   * Two neighbours further apart than this are not joined, ms: for queries that give a row for each row stored, in which
   * what is missing has no row.
   */
  readonly gapMs?: number;
  readonly isStacked?: boolean;
  readonly isWithoutLegend?: boolean;
}

/** Lines over time; a gap in what is known is a gap in the line. */
export function lines(text: PanelText, targets: readonly Target[], look: SeriesLook = {}): Panel {
  return series(text, targets, look, {
    drawStyle: GraphDrawStyle.Line,
    lineInterpolation: LineInterpolation.StepAfter,
    lineWidth: 1,
    fillOpacity: look.isStacked === true ? 30 : 0,
    showPoints: VisibilityMode.Auto,
  });
}

/** A bar for each row, such as a local day. */
export function bars(text: PanelText, targets: readonly Target[], look: SeriesLook = {}): Panel {
  return series(text, targets, look, {
    drawStyle: GraphDrawStyle.Bars,
    barAlignment: BarAlignment.After,
    lineWidth: 0,
    fillOpacity: 70,
    showPoints: VisibilityMode.Never,
  });
}

function series(text: PanelText, targets: readonly Target[], look: SeriesLook, style: FieldConfig): Panel {
  const { rules = [], interval, gapMs, isStacked = false, isWithoutLegend = false } = look;
  const custom: FieldConfig = {
    ...style,
    spanNulls: false,
    insertNulls: gapMs ?? false,
    stacking: { mode: isStacked ? StackingMode.Normal : StackingMode.None, group: 'A' },
  };
  const options: Options = {
    legend: { placement: 'bottom', calcs: [], showLegend: !isWithoutLegend },
    tooltip: { mode: TooltipDisplayMode.Multi, sort: SortOrder.None },
  };
  const panel = panelOf(text, {
    type: 'timeseries',
    targets,
    options,
    defaults: { custom: { ...custom } },
    overrides: rules.map(overrideOf),
  });
  return interval === undefined ? panel : { ...panel, interval };
}
