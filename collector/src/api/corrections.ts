import { type Static, Type } from 'typebox';
import { unitOf } from '../accounting/quantity.ts';
import { knowsDrawn } from '../accounting/interval.ts';
import type { RecordedCorrection } from '../corrections/book.ts';
import { type Change, changeKinds, type CorrectionEntry, parseEntry } from '../corrections/change.ts';
import type { CorrectionDesk } from '../corrections/desk.ts';
import { type Effect, effectOf } from '../corrections/effect.ts';
import type { Measured } from '../corrections/measured.ts';
import { CorrectionError } from '../corrections/objection.ts';
import type { TrialPoint } from '../corrections/trial.ts';
import type { Figures } from '../figures.ts';
import type { ImportDesk } from '../import/import-desk.ts';
import { isoTime, parseInstant } from '../kpi/period.ts';
import { seeOf } from '../kpi/see.ts';
import type { SiteKpis } from '../kpi/site-kpis.ts';
import { RefoldError } from '../restatement/restate.ts';
import type { Site } from '../site/site.ts';
import { authorise } from './authorisation.ts';
import { instant, nullable, object, type RouteParts, requireSite, share, siteParams, wattHours } from './contract.ts';
import { Problem } from './problems.ts';

/** What the routes that write need. */
export interface Writing {
  readonly desk: CorrectionDesk;
  readonly imports: ImportDesk;
  readonly token: string;
}

const changeAnswer = Type.Object(
  { kind: Type.Enum([...changeKinds]) },
  { additionalProperties: true, description: 'with the keys of its kind; times in ISO 8601' },
);

const entryBody = object({
  by: Type.String({ description: 'who says so' }),
  reason: Type.String({ description: 'why, as an auditor would want to read it' }),
  change: changeAnswer,
});

const pointUnit = Type.String({ description: 'Wh, L or kg: of what is called energy here' });

const correctionFields = {
  id: Type.String({ description: 'number of its record in the evidence log' }),
  site: Type.String(),
  by: Type.String(),
  reason: Type.String(),
  change: changeAnswer,
  recorded: instant,
  withdrawnBy: nullable(Type.String({ description: 'id of the correction that withdrew it' })),
};

const correctionAnswer = object(correctionFields);
const listAnswer = object({ site: Type.String(), corrections: Type.Array(correctionAnswer) });

const measured = object({
  energyWh: wattHours,
  exportWh: wattHours,
  measuredS: Type.Number(),
  estimatedS: Type.Number(),
});
const siteFigures = object({
  totalWh: wattHours,
  itWh: wattHours,
  pue: Type.Optional(nullable(Type.Number())),
  see: Type.Optional(nullable(Type.Number())),
  coverage: share,
});

const effectAnswer = object({
  from: instant,
  to: instant,
  points: Type.Array(object({ point: Type.String(), unit: pointUnit, before: measured, after: measured })),
  before: siteFigures,
  after: siteFigures,
});

const oneAnswer = object({
  ...correctionFields,
  effect: nullable(effectAnswer),
});

const trialAnswer = object({
  site: Type.String(),
  dryRun: Type.Literal(true),
  points: Type.Array(
    object({
      point: Type.String(),
      unit: pointUnit,
      from: nullable(instant),
      to: nullable(instant),
      months: Type.Array(object({ month: Type.String(), before: measured, after: measured })),
    }),
  ),
});

const listQuery = object({
  from: Type.Optional(Type.String({ description: 'ISO 8601; only corrections that touch the time from here on' })),
  to: Type.Optional(Type.String({ description: 'ISO 8601; only corrections that touch the time before' })),
});

const PATH = '/api/v1/sites/:site/corrections';

export function registerCorrections(parts: RouteParts, writing: Writing | null): void {
  registerList(parts);
  registerOne(parts);
  if (writing !== null) registerEntry(parts, writing);
}

function registerList({ api, figures }: RouteParts): void {
  const schema = {
    summary: 'What was corrected afterwards, oldest first',
    tags: ['corrections'],
    params: siteParams,
    querystring: listQuery,
    response: { 200: listAnswer },
  };
  api.get(PATH, { schema }, async ({ params, query }) => {
    const site = requireSite(figures, params.site);
    const isAll = query.from === undefined && query.to === undefined;
    const fromMs = query.from === undefined ? Number.NEGATIVE_INFINITY : parseInstant(query.from, 'from');
    const toMs = query.to === undefined ? Number.POSITIVE_INFINITY : parseInstant(query.to, 'to');
    const corrections = figures
      .corrections(site)
      .filter(({ span }) => isAll || (span !== null && span.fromMs < toMs && span.toMs > fromMs));
    return { site: site.site, corrections: corrections.map((one) => answer(site, one)) };
  });
}

function registerOne({ api, figures }: RouteParts): void {
  const schema = {
    summary: 'One correction, and what it did to the figures',
    tags: ['corrections'],
    params: object({ site: Type.String(), id: Type.String() }),
    response: { 200: oneAnswer },
  };
  api.get(`${PATH}/:id`, { schema }, async ({ params }) => {
    const site = requireSite(figures, params.site);
    const found = figures.corrections(site).find(({ id }) => id === params.id);
    if (found === undefined)
      throw new Problem('unknown-correction', `${site.site} has no correction ${params.id}; see the list above it`);
    const effect = await effectOf(figures, site, found);
    return { ...answer(site, found), effect: effect && effectAnswerOf(site, effect) };
  });
}

/** Of an entry: reasons and names are short. */
const BODY_BYTES = 64 * 1024;

/** Restating years of a large site takes minutes. */
export const RESTATING_MS = 900_000;

function registerEntry({ api, figures }: RouteParts, { desk, token }: Writing): void {
  const schema = {
    summary: 'Corrects what is on record; answers when everything that it touches is restated',
    tags: ['corrections'],
    params: siteParams,
    querystring: object({
      dryRun: Type.Optional(Type.Enum(['true', 'false'], { description: 'true: only say what would change' })),
    }),
    body: entryBody,
    security: [{ token: [] }],
    response: { 200: trialAnswer, 201: correctionAnswer },
  };
  const options = {
    schema,
    bodyLimit: BODY_BYTES,
    handlerTimeout: RESTATING_MS,
    onRequest: authorise(token),
    // What is wrong with an entry is told by `parseEntry`, in its own words.
    attachValidation: true,
  };
  api.post(PATH, options, async (request, reply) => {
    const { params, query, body, validationError } = request;
    const site = requireSite(figures, params.site);
    const entry = entryOf(body);
    if (validationError != null) throw validationError;
    if (query.dryRun === 'true') return trialAnswerOf(site, await attempt(desk.try(site, entry)));
    reply.raw.setTimeout(RESTATING_MS, () => reply.raw.destroy());
    const { id } = await attempt(desk.enter(site, entry));
    return reply.code(201).send(requireCorrection(figures, site, id));
  });
}

function entryOf(body: unknown): CorrectionEntry {
  const parsed = parseEntry(body);
  if ('problems' in parsed) throw new Problem('invalid-correction', parsed.problems.join('; '));
  return parsed;
}

const codes = { invalid: 'invalid-correction', conflict: 'correction-conflict', busy: 'busy' } as const;

/** @throws Problem for a CorrectionError or a RefoldError. */
export async function attempt<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof CorrectionError) throw new Problem(codes[error.kind], error.message);
    if (error instanceof RefoldError) throw new Problem('not-worked-in', error.message);
    throw error;
  }
}

function requireCorrection(figures: Figures, site: Site, id: string): Static<typeof correctionAnswer> {
  const found = figures.corrections(site).find((one) => one.id === id);
  if (found === undefined) throw new Error(`correction ${id} was put on record and is not there`);
  return answer(site, found);
}

function answer(site: Site, one: RecordedCorrection): Static<typeof correctionAnswer> {
  const { id, by, reason, change, recordedMs, withdrawal } = one;
  return {
    id,
    site: site.site,
    by,
    reason,
    change: withIsoTimes(change),
    recorded: isoTime(recordedMs),
    withdrawnBy: withdrawal?.id ?? null,
  };
}

/** As it was asked for. */
function withIsoTimes(change: Change): Static<typeof changeAnswer> {
  const times = ['from', 'to', 'at'];
  const entries = Object.entries(change).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    entries.map(([key, value]) => [key, times.includes(key) && typeof value === 'number' ? isoTime(value) : value]),
  ) as Static<typeof changeAnswer>;
}

function effectAnswerOf(site: Site, effect: Effect): Static<typeof effectAnswer> {
  const { span, points, siteBefore, siteAfter } = effect;
  return {
    from: isoTime(span.fromMs),
    to: isoTime(span.toMs),
    points: points.map(({ point, before, after }) => ({
      point,
      unit: unitAt(site, point),
      before: measuredAnswer(before),
      after: measuredAnswer(after),
    })),
    before: siteFiguresOf(site, siteBefore),
    after: siteFiguresOf(site, siteAfter),
  };
}

function trialAnswerOf(site: Site, tried: readonly TrialPoint[]): Static<typeof trialAnswer> {
  const points = tried.map(({ point, span, months }) => ({
    point,
    unit: unitAt(site, point),
    from: span === null ? null : isoTime(span.fromMs),
    to: span === null ? null : isoTime(span.toMs),
    months: months.map(({ period, before, after }) => ({
      month: period.name,
      before: measuredAnswer(before),
      after: measuredAnswer(after),
    })),
  }));
  return { site: site.site, dryRun: true, points };
}

function unitAt({ points }: Site, name: string): string {
  return unitOf[points.find(({ point }) => point === name)?.quantity ?? 'energy'];
}

function measuredAnswer(of: Measured): Static<typeof measured> {
  const { energyWh, exportWh, measuredMs, estimatedMs } = of;
  const isKnown = knowsDrawn(of);
  return {
    energyWh: isKnown ? energyWh : null,
    exportWh: isKnown || exportWh !== 0 ? exportWh : null,
    measuredS: measuredMs / 1000,
    estimatedS: estimatedMs / 1000,
  };
}

function siteFiguresOf({ kind }: Site, { sum, pue, coverage }: SiteKpis): Static<typeof siteFigures> {
  const ratio = kind === 'base-station' ? { see: seeOf(pue) } : { pue };
  return { totalWh: sum.totalWh, itWh: sum.itWh, ...ratio, coverage };
}
