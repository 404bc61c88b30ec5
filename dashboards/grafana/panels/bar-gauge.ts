import {
  BarGaugeDisplayMode,
  BarGaugeNamePlacement,
  BarGaugeSizing,
  BarGaugeValueMode,
  type Panel,
  VizOrientation,
} from '@grafana/schema';
import type { Options } from '@grafana/schema/dist/esm/raw/composable/bargauge/panelcfg/x/BarGaugePanelCfg_types.gen';
import type { Target } from '../queries/target.ts';
import { type PanelText, panelOf } from './panel.ts';

/** A bar for each series, below each other, with its name and value. */
export function barGauge(text: PanelText, targets: readonly Target[]): Panel {
  const options: Options = {
    reduceOptions: { calcs: ['last'], fields: '', values: false },
    orientation: VizOrientation.Horizontal,
    displayMode: BarGaugeDisplayMode.Basic,
    valueMode: BarGaugeValueMode.Text,
    namePlacement: BarGaugeNamePlacement.Left,
    sizing: BarGaugeSizing.Auto,
    showUnfilled: false,
    minVizHeight: 16,
    maxVizHeight: 300,
    minVizWidth: 8,
    legend: { placement: 'bottom', calcs: [], showLegend: false },
  };
  return panelOf(text, { type: 'bargauge', targets, options, defaults: { min: 0 } });
}
