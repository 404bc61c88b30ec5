import { type DataTransformerConfig, type Panel, TableCellHeight } from '@grafana/schema';
import type { Options } from '@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen';
import type { Target } from '../queries/target.ts';
import { type FieldRule, overrideOf, type PanelText, panelOf } from './panel.ts';

interface TableLook {
  /** The columns in their order, by the names that the query gives them. Others are not shown. */
  readonly columns: readonly string[];
  readonly rules?: readonly FieldRule[];
  readonly sortBy?: { readonly column: string; readonly isDescending?: boolean };
}

/** Rows of one query. */
export function table(text: PanelText, target: Target, { columns, rules = [], sortBy }: TableLook): Panel {
  const options: Options = {
    showHeader: true,
    cellHeight: TableCellHeight.Sm,
    frameIndex: 0,
    enablePagination: true,
    ...(sortBy === undefined ? {} : { sortBy: [{ displayName: sortBy.column, desc: sortBy.isDescending ?? false }] }),
  };
  return panelOf(text, {
    type: 'table',
    targets: [target],
    options,
    overrides: rules.map(overrideOf),
    transformations: [onlyColumns(columns), inOrder(columns)],
  });
}

function onlyColumns(columns: readonly string[]): DataTransformerConfig {
  return { id: 'filterFieldsByName', options: { include: { names: columns } } };
}

function inOrder(columns: readonly string[]): DataTransformerConfig {
  const indexByName = Object.fromEntries(columns.map((column, index) => [column, index]));
  return { id: 'organize', options: { excludeByName: {}, indexByName, renameByName: {} } };
}
