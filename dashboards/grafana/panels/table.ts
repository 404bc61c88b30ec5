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

/**
 * Rows of several queries of Prometheus, which gives one value in each: a row for each combination of the labels that all of
 * them keep, a column for each query.
 */
export function mergedTable(
  text: PanelText,
  labels: readonly string[],
  targets: Readonly<Record<string, Target>>,
  { rules = [], sortBy }: Omit<TableLook, 'columns'>,
): Panel {
  const [first, ...others] = Object.values(targets);
  const names = Object.keys(targets);
  if (first === undefined) throw new RangeError(`${text.title} has no columns`);
  const panel = table(text, first, {
    columns: [...labels, ...names],
    rules,
    ...(sortBy === undefined ? {} : { sortBy }),
  });
  const valueOf = (index: number): string => `Value #${String.fromCodePoint('A'.charCodeAt(0) + index)}`;
  const renameByName = Object.fromEntries(names.map((name, index) => [valueOf(index), name]));
  const renamed = { id: 'organize', options: { excludeByName: {}, indexByName: {}, renameByName } };
  const refs = others.map((target, index) => ({ refId: String.fromCodePoint('B'.charCodeAt(0) + index), ...target }));
  return {
    ...panel,
    targets: [...(panel.targets ?? []), ...refs],
    transformations: [{ id: 'merge', options: {} }, renamed, ...(panel.transformations ?? [])],
  };
}

function onlyColumns(columns: readonly string[]): DataTransformerConfig {
  return { id: 'filterFieldsByName', options: { include: { names: columns } } };
}

function inOrder(columns: readonly string[]): DataTransformerConfig {
  const indexByName = Object.fromEntries(columns.map((column, index) => [column, index]));
  return { id: 'organize', options: { excludeByName: {}, indexByName, renameByName: {} } };
}
