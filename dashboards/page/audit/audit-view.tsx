import { useMemo } from 'preact/hooks';
import type { Api } from '../api.ts';
import type { Kpis, Site } from '../contract.ts';
import { figureName } from '../kpis.ts';
import { SiteHeading } from '../site-heading.tsx';
import { createZone, type Zone } from '../zone.ts';
import { AuditControls } from './audit-controls.tsx';
import { ChangesPart } from './changes-part.tsx';
import { CorrectionList } from './correction-list.tsx';
import type { Corrections } from './contract.ts';
import { ExplainedPoints } from './explained-points.tsx';
import { FigureSheet } from './figure-sheet.tsx';
import { FindingList } from './finding-list.tsx';
import { OtherFigures } from './other-figures.tsx';
import { Part } from './part.tsx';
import { type AuditQuestion, queryOf, withPeriod } from './question.ts';
import { useAnswer } from './use-answer.ts';

interface AuditViewProps {
  readonly site: Site;
  readonly question: AuditQuestion;
  readonly api: Api;
  readonly now: () => number;
}

/** All that a reviewer needs of one period: the figure, how it was made, what speaks against it, and why it changed. */
export function AuditView({ site, question: asked, api: { audit }, now }: AuditViewProps) {
  const zone = useMemo(() => createZone(site.timezone), [site.timezone]);
  const question = withPeriod(asked, now(), zone);
  const { site: id } = site;
  const query = queryOf(question);
  const kpis = useAnswer(`kpis ${id} ${query}`, async (signal) => ({
    kpis: await audit.kpis(id, question, signal),
    readMs: now(),
  }));
  const explained = useAnswer(`explain ${id} ${query}`, (signal) => audit.explain(id, question, signal));
  const figures = useAnswer(`figures ${id} ${query}`, (signal) => audit.figures(id, question, signal));
  const findings = useAnswer(`findings ${id} ${query}`, (signal) => audit.findings(id, question, signal));
  const corrections = useAnswer(`corrections ${id}`, (signal) => audit.corrections(id, signal));
  const known = knownAt(corrections.data, question.asOf);
  const touching = kpis.data?.kpis.corrections ?? [];
  const part = { site: id };

  return (
    <div class="audit">
      <SiteHeading site={site} view="audit" zoneName={zone.name(now())} now={now} />
      <AuditControls site={id} question={question} zone={zone} now={now} />
      <Part {...part} id="figure" title={`${figureName(site.kind)} of the period`} path={`kpis?${query}`} poll={kpis}>
        {({ kpis: data, readMs }) => (
          <>
            <p class="hint">{headline(data, question, readMs, zone)}</p>
            <FigureSheet site={site} kpis={data} />
          </>
        )}
      </Part>
      <Part {...part} id="made" title="How it was made" path={`kpis/explain?${query}`} poll={explained}>
        {(data) => (
          <ExplainedPoints
            site={site}
            explanation={data}
            corrections={known.filter((one) => touching.includes(one.id))}
          />
        )}
      </Part>
      <ChangesPart site={site} question={question} api={audit} zone={zone} />
      <Part {...part} id="findings" title="Findings" path={`findings?${query}`} poll={findings}>
        {(data) => <FindingList findings={data.findings} zone={zone} />}
      </Part>
      <Part {...part} id="corrections" title="Corrections" path="corrections" poll={corrections}>
        {() => <CorrectionList site={site} corrections={known} touching={touching} api={audit} zone={zone} />}
      </Part>
      <Part {...part} id="others" title="Other figures" path={`figures?${query}`} poll={figures}>
        {(data) => <OtherFigures figures={data.figures} />}
      </Part>
    </div>
  );
}

/** `2026-10, Asia/Shanghai (UTC+8) · complete · as known when it was read, 2026-11-21 22:40` */
function headline({ period }: Kpis, { asOf }: AuditQuestion, readMs: number, zone: Zone): string {
  const [startMs, endMs] = [Date.parse(period.start), Date.parse(period.end)];
  const instant = (timeMs: number) => `${zone.day(timeMs)} ${zone.clock(timeMs)}`;
  const known = asOf === null ? `when it was read, ${instant(readMs)}` : `at ${instant(Date.parse(asOf))}`;
  const state = period.complete ? 'complete' : 'still open';
  return `${zone.span(startMs, endMs)}, ${zone.name(endMs - 1)} · ${state} · as known ${known}`;
}

function knownAt(answer: Corrections | null, asOf: string | null): Corrections['corrections'] {
  const all = answer?.corrections ?? [];
  return asOf === null ? all : all.filter(({ recorded }) => Date.parse(recorded) <= Date.parse(asOf));
}
