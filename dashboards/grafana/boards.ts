import type { Dashboard } from '@grafana/schema';
import { auditBoard } from './boards/audit.ts';
import { baseStationBoard } from './boards/base-station.ts';
import { collectorPrometheusBoard } from './boards/collector-prometheus.ts';
import { collectorBoard } from './boards/collector.ts';
import { fleetPrometheusBoard } from './boards/fleet-prometheus.ts';
import { fleetBoard } from './boards/fleet.ts';
import { siteBoard } from './boards/site.ts';

/** Every dashboard, by the name of the file that it is in. */
export const boards: Readonly<Record<string, () => Dashboard>> = {
  fleet: fleetBoard,
  site: siteBoard,
  audit: auditBoard,
  'base-station': baseStationBoard,
  collector: collectorBoard,
  'fleet-prometheus': fleetPrometheusBoard,
  'collector-prometheus': collectorPrometheusBoard,
};

/** A dashboard's file, as it is checked in. */
export function jsonOf(board: () => Dashboard): string {
  return `${JSON.stringify(board(), null, 2)}\n`;
}
