import {
  BigValueColorMode,
  BigValueGraphMode,
  BigValueJustifyMode,
  BigValueTextMode,
  type Panel,
  PercentChangeColorMode,
  ThresholdsMode,
  type ValueMapping,
  VizOrientation,
} from '@grafana/schema';
import type { Options } from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen';
import type { Target } from '../queries/target.ts';
import { type PanelText, panelOf } from './panel.ts';

interface StatLook {
  readonly mappings?: readonly ValueMapping[];
  /** From this value on it is shown in red; without it the value has no colour, since no value is good or bad by itself. */
  readonly alarmFrom?: number;
}

/** One figure in large digits for each series: its newest value, which may be unknown. */
export function stat(text: PanelText, targets: readonly Target[], { mappings, alarmFrom }: StatLook = {}): Panel {
  const isColoured = mappings !== undefined || alarmFrom !== undefined;
  const options: Options = {
    // Not `lastNotNull`, which would show an older value where the newest is unknown.
    reduceOptions: { calcs: ['last'], fields: '', values: false },
    orientation: VizOrientation.Auto,
    // With a name where there are several.
    textMode: BigValueTextMode.Auto,
    colorMode: isColoured ? BigValueColorMode.Value : BigValueColorMode.None,
    graphMode: BigValueGraphMode.None,
    justifyMode: BigValueJustifyMode.Auto,
    percentChangeColorMode: PercentChangeColorMode.Standard,
    showPercentChange: false,
    wideLayout: true,
  };
  const alarm = alarmFrom === undefined ? [] : [{ value: alarmFrom, color: 'red' }];
  return panelOf(text, {
    type: 'stat',
    targets,
    options,
    defaults: {
      ...(mappings === undefined ? {} : { mappings: [...mappings] }),
      thresholds: { mode: ThresholdsMode.Absolute, steps: [{ value: null, color: 'text' }, ...alarm] },
    },
  });
}
