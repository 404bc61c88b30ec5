import type { AnnotationQuery, DataQuery } from '@grafana/schema';
import { bySite, type Scope } from './queries/scope.ts';

/** The columns that become an annotation's text and tags. */
interface InfluxAnnotation extends DataQuery {
  readonly query: string;
  readonly rawQuery: true;
  readonly fromAnnotations: true;
  readonly textColumn: string;
  readonly tagsColumn: string;
}

/** Corrections, drawn at the time at which they were put on record: figures of earlier times may have changed then. */
export function correctionMarks(scope: Scope): AnnotationQuery<InfluxAnnotation> {
  return {
    name: 'Corrections',
    datasource: { type: 'influxdb', uid: '${energy}' },
    enable: true,
    hide: false,
    iconColor: 'orange',
    target: {
      refId: 'corrections',
      query: `SELECT "text", "kind", "point", "by" FROM "wattmark_correction" WHERE ${scope} AND $timeFilter ${bySite}`,
      rawQuery: true,
      fromAnnotations: true,
      textColumn: 'text',
      tagsColumn: 'kind,point,by',
    },
  };
}
