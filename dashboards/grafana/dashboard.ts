import {
  type AnnotationQuery,
  type Dashboard,
  DashboardCursorSync,
  type Panel,
  type RowPanel,
  type VariableModel,
} from '@grafana/schema';
import { links } from './links.ts';

/** Panels below a heading; with `repeat` once for each value that is chosen of this variable. */
export interface Section {
  readonly title: string;
  readonly repeat?: string;
  readonly panels: readonly Panel[];
}

export interface Board {
  /** Never changes: links, bookmarks and embedded panels hold on to it. */
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  /** Beginning of the time shown at first, such as `now-30d`. */
  readonly from: string;
  readonly refresh: string;
  readonly variables: readonly VariableModel[];
  readonly annotations?: readonly AnnotationQuery[];
  readonly sections: readonly Section[];
}

/** The classic JSON model. Version 39 of the schema is read by Grafana 11 to 13. */
export function dashboardOf(board: Board): Dashboard {
  const { uid, title, description, from, refresh, variables, annotations = [], sections } = board;
  return {
    uid,
    title,
    description,
    tags: ['wattmark'],
    schemaVersion: 39,
    version: 1,
    editable: false,
    graphTooltip: DashboardCursorSync.Crosshair,
    time: { from, to: 'now' },
    refresh,
    timezone: 'browser',
    weekStart: '',
    links: links(),
    templating: { list: [...variables] },
    annotations: { list: [...annotations] },
    panels: placed(sections),
  };
}

const COLUMNS = 24;

/** Rows and their panels, from left to right and from top to bottom, numbered in this order. */
function placed(sections: readonly Section[]): (Panel | RowPanel)[] {
  const all: (Panel | RowPanel)[] = [];
  let y = 0;
  for (const { title, repeat, panels } of sections) {
    all.push({
      type: 'row',
      id: all.length + 1,
      title,
      collapsed: false,
      gridPos: { h: 1, w: COLUMNS, x: 0, y },
      panels: [],
      ...(repeat === undefined ? {} : { repeat }),
    });
    y += 1;
    let [x, lineHeight] = [0, 0];
    for (const panel of panels) {
      const { w = 0, h = 0 } = panel.gridPos ?? {};
      if (x + w > COLUMNS) [x, y, lineHeight] = [0, y + lineHeight, 0];
      all.push({ ...panel, id: all.length + 1, gridPos: { h, w, x, y } });
      [x, lineHeight] = [x + w, Math.max(lineHeight, h)];
    }
    y += lineHeight;
  }
  return all;
}
