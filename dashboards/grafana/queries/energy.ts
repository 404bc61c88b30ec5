import { bySite, lastOf, ofGroups, ofSites, selectOf } from './scope.ts';

/** Quarter-hours, of the last days of the time shown; or local days of each site's time zone, of all of it. */
export type Resolution = '15m' | '1d';

/** Neighbouring rows further apart than this have something missing between them, ms. A local day has up to 25 hours. */
export const gapMs = { '15m': 1_350_000, '1d': 129_600_000 } as const satisfies Record<Resolution, number>;

/** In words, what a panel of this resolution shows. */
export const spans = {
  '15m': 'Quarter-hours of the last 7 days of the time shown.',
  '1d': 'Local days of the site that begin in the time shown; today follows when it is over.',
} as const satisfies Record<Resolution, string>;

/** Loads beside the IT that can have meters, with the names they are shown by. */
export const overheadParts = { cooling: 'Cooling', lighting: 'Lighting', other: 'Other loads' } as const;
export type OverheadPart = keyof typeof overheadParts;

/** What is left of the total: power losses, and whatever has no meter. */
export const LOSSES = 'Losses and what has no meter';

/** Total over IT energy, row by row, each of the time in which both were measured. */
export function ratioRows(resolution: Resolution, name: string): string {
  return rowsOf(resolution, `"paired_total_wh" / "paired_it_wh" AS "${name}"`, '"paired_it_wh" > 0');
}

/** IT (telecom) over total energy, row by row: the reciprocal, which a base station is judged by. */
export function reciprocalRows(resolution: Resolution, name: string): string {
  return rowsOf(resolution, `"paired_it_wh" / "paired_total_wh" AS "${name}"`, '"paired_total_wh" > 0');
}

/** Total over IT energy of the last hours: one ratio of two sums. No series where the IT drew nothing. */
export function ratioOfLast(duration: string, name: string): string {
  const where = `${ofSites} AND "paired_ms" > 0 AND ${lastOf(duration)}`;
  const quarters = `SELECT ${ratioOfSums} FROM "wattmark_site_15m" WHERE ${where} ${bySite}`;
  return selectOf(`"ratio" AS "${name}"`, quarters, `"ratio" > 0 AND ${lastOf(duration)}`, bySite);
}

/** Mean power over the time in which the energy of `field` (`total`, `it`, `overhead_cooling` …) was measured. */
export function powerRows(resolution: Resolution, field: string, name: string): string {
  return rowsOf(resolution, `"${field}_wh" * 3600000 / "${field}_ms" AS "${name}"`, `"${field}_ms" > 0`);
}

/** A field as it is stored. */
export function fieldRows(resolution: Resolution, field: string, name: string): string {
  return rowsOf(resolution, `"${field}" AS "${name}"`, null);
}

/** Share of each row's length in which total and IT were both measured. */
export function coverageRows(resolution: Resolution, name: string): string {
  return rowsOf(resolution, `"paired_ms" / "length_ms" AS "${name}"`, null);
}

/** IT energy of the paired time of each row that is told apart. */
export function itRows(resolution: Resolution, name: string): string {
  return rowsOf(resolution, `"paired_it_wh" AS "${name}"`, isToldApart);
}

/** Energy of a part of the overhead in the paired time, row by row. */
export function partRows(resolution: Resolution, part: OverheadPart): string {
  return rowsOf(
    resolution,
    `${pairedWh(part)} AS "${overheadParts[part]}"`,
    `"overhead_${part}_ms" > 0 AND ${isToldApart}`,
  );
}

/** What the parts leave of the total, row by row. */
export function lossRows(resolution: Resolution): string {
  return rowsOf(resolution, `${lossesWh} AS "${LOSSES}"`, isToldApart);
}

/** Sum of the local days: a part's energy over IT energy, which is what it adds to the PUE. */
export function partPoints(part: OverheadPart): string {
  return sumOfDays('sum("part_wh") / sum("it_wh")', pairedWh(part), `"overhead_${part}_ms"`, overheadParts[part]);
}

/** Sum of the local days: a part's energy, Wh. */
export function partEnergy(part: OverheadPart): string {
  return sumOfDays('sum("part_wh")', pairedWh(part), `"overhead_${part}_ms"`, overheadParts[part]);
}

/** What losses add to the PUE. */
export function lossPoints(): string {
  return sumOfDays('sum("part_wh") / sum("it_wh")', lossesWh, '"paired_ms"', LOSSES);
}

/** Energy of the losses, Wh. */
export function lossEnergy(): string {
  return sumOfDays('sum("part_wh")', lossesWh, '"paired_ms"', LOSSES);
}

/** Energy drawn at the points of a role over the local days, Wh. */
export function roleEnergy(role: string, name: string): string {
  return `SELECT sum("role_${role}_wh") AS "${name}" FROM "wattmark_site_1d" WHERE ${ofSites} AND $timeFilter ${bySite}`;
}

/** How long the points of a role gave energy in the last 7 days, hours; no series where they never did. */
export function runningHours(role: string): string {
  const field = `"role_${role}_wh"`;
  const where = `${ofSites} AND ${field} > 0 AND ${lastOf('7d')}`;
  return `SELECT count(${field}) * 0.25 AS "hours" FROM "wattmark_site_15m" WHERE ${where} ${bySite}`;
}

/** Total over IT energy of the local days of all sites of a group together. */
export function groupRatio(name: string): string {
  const where = `${ofGroups} AND "paired_ms" > 0 AND $timeFilter`;
  const days = `SELECT ${ratioOfSums} FROM "wattmark_site_1d" WHERE ${where} GROUP BY "group"`;
  return selectOf(`"ratio" AS "${name}"`, days, '"ratio" > 0 AND $timeFilter', 'GROUP BY "group"');
}

/** 0 where the IT drew nothing, since InfluxQL divides by zero to zero; whoever asks for it leaves that out. */
const ratioOfSums = 'sum("paired_total_wh") / sum("paired_it_wh") AS "ratio"';

/** What of the paired time a part must be measured for, as in the collector's own explanations. */
const LEAST_SHARE = 0.9;

/** A row in which each part is either measured nearly as long as the ratio, or has no meter and stands among the losses. */
const isToldApart = [
  '"paired_it_wh" > 0',
  ...Object.keys(overheadParts).map(
    (part) => `("overhead_${part}_ms" = 0 OR "overhead_${part}_ms" >= ${LEAST_SHARE} * "paired_ms")`,
  ),
].join(' AND ');

/** A part's mean power times the paired time. InfluxQL divides by zero to zero: a part without a meter adds nothing. */
function pairedWh(part: string): string {
  return `"overhead_${part}_wh" / "overhead_${part}_ms" * "paired_ms"`;
}

const lossesWh = `"paired_total_wh" - "paired_it_wh" - ${Object.keys(overheadParts).map(pairedWh).join(' - ')}`;

function rowsOf(resolution: Resolution, column: string, condition: string | null): string {
  const conditions = [ofSites, condition, '$timeFilter', resolution === '15m' ? lastOf('7d') : null];
  const where = conditions.filter((part) => part !== null).join(' AND ');
  return `SELECT ${column} FROM "wattmark_site_${resolution}" WHERE ${where} ${bySite}`;
}

/** A sum over the days told apart; no series where the part was measured on none of them. */
function sumOfDays(sum: string, partWh: string, partMs: string, name: string): string {
  const columns = `${partWh} AS "part_wh", "paired_it_wh" AS "it_wh", ${partMs} AS "part_ms"`;
  const days = `SELECT ${columns} FROM "wattmark_site_1d" WHERE ${ofSites} AND ${isToldApart} AND $timeFilter`;
  const sums = selectOf(`${sum} AS "${name}", sum("part_ms") AS "part_ms"`, days, '$timeFilter', bySite);
  return selectOf(`"${name}"`, sums, '"part_ms" > 0 AND $timeFilter', bySite);
}
