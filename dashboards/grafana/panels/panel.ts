import type { DataTransformerConfig, FieldConfig, FieldConfigSource, Panel, ValueMapping } from '@grafana/schema';
import { type Unit, units } from '../units.ts';
import type { Target } from '../queries/target.ts';

/** What every panel says of itself. */
export interface PanelText {
  readonly title: string;
  /** What it shows, of which time, and what a reader must not take it for. */
  readonly description: string;
  readonly unit: Unit;
  readonly decimals?: number;
  /** Of 24 columns. */
  readonly width: number;
  readonly height: number;
}

type Override = FieldConfigSource['overrides'][number];

/** What a kind of panel adds. */
interface PanelParts {
  readonly type: string;
  readonly targets: readonly Target[];
  readonly options: object;
  readonly defaults?: Omit<FieldConfig, 'unit' | 'decimals' | 'noValue'>;
  readonly overrides?: readonly Override[];
  readonly transformations?: readonly DataTransformerConfig[];
}

/** A panel without its place. Null is shown as the word for it, never as a number. */
export function panelOf(text: PanelText, parts: PanelParts): Panel {
  const { title, description, unit, decimals, width, height } = text;
  const [first] = parts.targets;
  return {
    type: parts.type,
    title,
    description,
    ...(first === undefined ? {} : { datasource: first.datasource }),
    gridPos: { w: width, h: height, x: 0, y: 0 },
    targets: parts.targets.map((target, index) => ({ refId: letter(index), ...target })),
    fieldConfig: {
      defaults: {
        unit: units[unit],
        ...(decimals === undefined ? {} : { decimals }),
        noValue: 'unknown',
        ...parts.defaults,
      },
      overrides: [...(parts.overrides ?? [])],
    },
    options: { ...parts.options },
    ...(parts.transformations === undefined ? {} : { transformations: [...parts.transformations] }),
  };
}

/** How one column or series differs from the panel's others. */
export interface FieldRule {
  readonly field: string;
  readonly unit?: Unit;
  readonly decimals?: number;
  readonly width?: number;
  readonly mappings?: readonly ValueMapping[];
  /** Where a click leads; `${__data.fields…}` and `${__value.raw}` are filled in by Grafana. */
  readonly link?: { readonly title: string; readonly url: string };
  readonly color?: string;
  readonly custom?: Readonly<Record<string, unknown>>;
}

/** The rule as Grafana writes it. */
export function overrideOf({ field, unit, decimals, width, mappings, link, color, custom }: FieldRule): Override {
  const properties: Override['properties'] = [];
  const set = (id: string, value: unknown): void => void properties.push({ id, value });
  if (unit !== undefined) set('unit', units[unit]);
  if (decimals !== undefined) set('decimals', decimals);
  if (width !== undefined) set('custom.width', width);
  if (mappings !== undefined) {
    set('mappings', mappings);
    set('custom.cellOptions', { type: 'color-text' });
  }
  if (link !== undefined) set('links', [link]);
  if (color !== undefined) set('color', { mode: 'fixed', fixedColor: color });
  for (const [key, value] of Object.entries(custom ?? {})) set(`custom.${key}`, value);
  return { matcher: { id: 'byName', options: field }, properties };
}

function letter(index: number): string {
  return String.fromCodePoint('A'.charCodeAt(0) + index);
}
