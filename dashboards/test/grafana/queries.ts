import type { Dashboard, Panel } from '@grafana/schema';

/** A query of a dashboard, with the place where it stands. */
export interface Question {
  readonly board: string;
  /** A panel's title, a variable's or an annotation's name. */
  readonly place: string;
  readonly refId: string;
  readonly query: string;
  /** The data source variable that it goes to: `energy`, `minutes` or `prometheus`. */
  readonly source: string;
  readonly panel: Panel | null;
}

/** Every query of a dashboard: of its panels, variables and annotations. */
export function questionsOf(board: string, { panels = [], templating, annotations }: Dashboard): Question[] {
  const ofPanels = panels.flatMap((panel): Question[] =>
    panel.type === 'row' || !('targets' in panel)
      ? []
      : (panel.targets ?? []).map((target) => ({
          board,
          place: panel.title ?? '',
          refId: String(target['refId']),
          query: String(target['query'] ?? target['expr']),
          source: sourceOf(target['datasource']),
          panel,
        })),
  );
  const ofVariables = (templating?.list ?? [])
    .filter(({ type }) => type === 'query')
    .map(({ name, query, datasource }) => ({
      board,
      place: `variable ${name}`,
      refId: '',
      query: typeof query === 'string' ? query : String(query?.['query']),
      source: sourceOf(datasource),
      panel: null,
    }));
  const ofAnnotations = (annotations?.list ?? []).map(({ name, target, datasource }) => ({
    board,
    place: `annotation ${name}`,
    refId: '',
    query: String((target as unknown as Record<string, unknown>)['query']),
    source: sourceOf(datasource),
    panel: null,
  }));
  return [...ofPanels, ...ofVariables, ...ofAnnotations];
}

function sourceOf(datasource: unknown): string {
  return String((datasource as { uid?: string } | null | undefined)?.uid).replaceAll(/[${}]/g, '');
}
