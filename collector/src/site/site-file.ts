import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError, durationMs, id, loadConfig } from '@wattmark/shared/config';
import { limits } from '@wattmark/shared/messages';
import { accuracyClasses, levels, roles } from '@wattmark/shared/roles';
import * as v from 'valibot';
import { designShares } from '../kpi/changes/design-shares.ts';
import { figureSettings } from '../kpi/figures/settings.ts';
import { estimationKeys, pointEstimationKeys } from '../estimation/settings.ts';
import { accuracyKeys } from '../kpi/metering-chain.ts';
import { verdictKeys } from '../kpi/site-keys.ts';
import { isMainTarget } from '../kpi/site-targets.ts';
import { carrierEntry, conversionEntry, conversionProblems } from './conversion.ts';
import { partialKeys, partialProblems } from './partial.ts';
import { virtualPointKeys, virtualPointProblems } from './virtual-point.ts';

const name = v.pipe(v.string(), v.minLength(1), v.maxLength(limits.nameLength));
const accuracyClass = v.picklist(Object.keys(accuracyClasses) as (keyof typeof accuracyClasses)[]);

const pointSchema = v.strictObject({
  point: id,
  name: v.optional(name),
  role: v.optional(v.nullable(v.picklist(roles))),
  carrier: carrierEntry,
  level: v.optional(v.picklist(levels)),
  feeds: v.optional(v.array(id)),
  // YAML reads an unquoted class 1 or 0.2 as a number.
  accuracyClass: v.optional(v.pipe(v.union([v.string(), v.number()]), v.transform(String), accuracyClass)),
  /** Time between readings, where no agent announces it. */
  interval: v.optional(v.pipe(durationMs, v.minValue(1), v.maxValue(86_400_000))),
  factor: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(100))),
  ...pointEstimationKeys,
  ...accuracyKeys,
  ...virtualPointKeys,
});

const siteKeys = v.strictObject({
  site: id,
  name: v.optional(name),
  kind: v.optional(v.picklist(['data-centre', 'base-station']), 'data-centre'),
  group: v.optional(id, 'default'),
  timezone: v.optional(
    v.pipe(v.string(), v.check(isTimeZone, 'is not an IANA time zone such as Asia/Shanghai')),
    'UTC',
  ),
  target: v.optional(v.string()),
  itLevel: v.optional(v.picklist(levels)),
  conversion: conversionEntry,
  baseline: v.optional(v.strictObject({ kwhPerDay: v.pipe(v.number(), v.gtValue(0)), source: name })),
  designShares: v.optional(designShares),
  ...estimationKeys,
  ...verdictKeys,
  ...partialKeys,
  points: v.optional(v.array(pointSchema), []),
  ...figureSettings,
});

const NO_TARGET = 'is neither in the catalogue of targets, for PUE or SEE, nor among the targets of this file';
const siteSchema = v.pipe(
  siteKeys,
  v.forward(
    // Whatever else is wrong with the file.
    v.partialCheck([['target'], ['targets']], (file: v.InferOutput<typeof siteKeys>) => isMainTarget(file), NO_TARGET),
    ['target'],
  ),
);

/** One site as its file describes it. */
export type SiteFile = v.InferOutput<typeof siteSchema>;
export type SiteFilePoint = SiteFile['points'][number];

const emptyFile = v.parse(siteSchema, { site: 'any' });

/** What a file that says no more than which site it is of would come to. */
export function emptySiteFile({ site, group }: { readonly site: string; readonly group: string }): SiteFile {
  return { ...emptyFile, site, group };
}

/**
 * Reads every `*.yaml` of a directory, in the order of their names.
 * @throws ConfigError with all problems of all files.
 */
export function loadSiteFiles(directory: string, env: NodeJS.ProcessEnv): SiteFile[] {
  const problems: string[] = [];
  const files: SiteFile[] = [];
  for (const file of listYaml(directory)) {
    try {
      const site = loadConfig(join(directory, file), siteSchema, env);
      problems.push(...duplicates(file, site, files));
      const ofPoints = [...conversionProblems(site), ...virtualPointProblems(site.points), ...partialProblems(site)];
      problems.push(...ofPoints.map((problem) => `${file}: ${problem}`));
      files.push(site);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      problems.push(...error.problems.map((problem) => `${file}: ${problem}`));
    }
  }
  if (problems.length > 0) throw new ConfigError(directory, problems);
  return files;
}

function listYaml(directory: string): string[] {
  try {
    return readdirSync(directory)
      .filter((file) => /\.ya?ml$/.test(file))
      .sort();
  } catch (error) {
    throw new ConfigError(directory, [`the directory of site files cannot be read: ${(error as Error).message}`]);
  }
}

function duplicates(file: string, site: SiteFile, others: readonly SiteFile[]): string[] {
  const problems: string[] = [];
  if (others.some((other) => other.site === site.site))
    problems.push(`${file}: the site ${site.site} has a file already`);
  const seen = new Set<string>();
  for (const { point, alternate } of site.points) {
    if (seen.has(point)) problems.push(`${file}: the point ${point} stands twice`);
    if (alternate === point) problems.push(`${file}: ${point} cannot be its own alternate`);
    seen.add(point);
  }
  return problems;
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
