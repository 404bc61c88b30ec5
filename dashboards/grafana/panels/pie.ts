import { type Panel, SortOrder, TooltipDisplayMode, VizOrientation } from '@grafana/schema';
import {
  type Options,
  PieChartLabels,
  PieChartLegendValues,
  PieChartType,
} from '@grafana/schema/dist/esm/raw/composable/piechart/panelcfg/x/PieChartPanelCfg_types.gen';
import type { Target } from '../queries/target.ts';
import { type FieldRule, overrideOf, type PanelText, panelOf } from './panel.ts';

/** Shares of a whole, one for each series. */
export function pie(text: PanelText, targets: readonly Target[], rules: readonly FieldRule[] = []): Panel {
  const options: Options = {
    reduceOptions: { calcs: ['last'], fields: '', values: false },
    orientation: VizOrientation.Auto,
    pieType: PieChartType.Donut,
    displayLabels: [PieChartLabels.Value],
    legend: {
      placement: 'right',
      calcs: [],
      showLegend: true,
      values: [PieChartLegendValues.Value, PieChartLegendValues.Percent],
    },
    tooltip: { mode: TooltipDisplayMode.Single, sort: SortOrder.None },
    sort: SortOrder.None,
  };
  return panelOf(text, { type: 'piechart', targets, options, overrides: rules.map(overrideOf) });
}
