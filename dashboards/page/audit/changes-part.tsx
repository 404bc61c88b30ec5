import { useState } from 'preact/hooks';
import { apiHref, type AuditApi, changesPath } from '../api.ts';
import type { Site } from '../contract.ts';
import { loadName } from '../kpis.ts';
import type { Zone } from '../zone.ts';
import type { Changes } from './contract.ts';
import { Answer } from './part.tsx';
import { type AuditQuestion, type Reference, type ReferenceId, referenceOf } from './question.ts';
import { useAnswer } from './use-answer.ts';
import { waterfallOf } from './waterfall.ts';
import { WaterfallTable } from './waterfall-table.tsx';

interface ChangesPartProps {
  readonly site: Site;
  readonly question: AuditQuestion;
  readonly api: AuditApi;
  readonly zone: Zone;
}

/** Why the figure differs from that of the time before, and from the target. */
export function ChangesPart({ site, question, api, zone }: ChangesPartProps) {
  const [id, setId] = useState<ReferenceId>('previous');
  const chosen = referenceOf(question, id) ?? referenceOf(question, 'previous');
  const isJudged = site.kind === 'data-centre' && site.target?.metric === 'pue';
  return (
    <section class="part" aria-labelledby="changed">
      <h2 id="changed">Why it changed</h2>
      {referenceOf(question, 'year-before') !== null && <ReferenceButtons chosen={id} onChoose={setId} />}
      {chosen === null ? (
        <p class="hint">Choose a month, a year or a span of time to compare it with the time before.</p>
      ) : (
        <Comparison
          site={site}
          question={question}
          against={chosen}
          title="Against the time before"
          api={api}
          zone={zone}
        />
      )}
      {isJudged && (
        <Comparison site={site} question={question} against={TARGET} title="Against the target" api={api} zone={zone} />
      )}
    </section>
  );
}

const TARGET = { against: 'target' };

const references = [
  { id: 'previous', label: 'Month before' },
  { id: 'year-before', label: 'Same month a year before' },
] as const;

interface ReferenceButtonsProps {
  readonly chosen: ReferenceId;
  readonly onChoose: (id: ReferenceId) => void;
}

function ReferenceButtons({ chosen, onChoose }: ReferenceButtonsProps) {
  return (
    <div class="ranges" role="group" aria-label="Compared with">
      {references.map(({ id, label }) => (
        <button key={id} type="button" aria-pressed={id === chosen} onClick={() => onChoose(id)}>
          {label}
        </button>
      ))}
    </div>
  );
}

interface ComparisonProps extends ChangesPartProps {
  readonly against: Reference;
  readonly title: string;
}

function Comparison({ site, question, against, title, api, zone }: ComparisonProps) {
  const path = changesPath(question, against);
  const poll = useAnswer(`${site.site} ${path}`, (signal) => api.changes(site.site, question, against, signal));
  return (
    <div class="comparison">
      <div class="part-head">
        <h3>{title}</h3>
        <a class="api-link" href={apiHref(site.site, path)} aria-label={`${title}, as the API gives it`}>
          JSON
        </a>
      </div>
      <Answer poll={poll}>{(changes) => <ChangesSheet site={site} changes={withSpans(changes, zone)} />}</Answer>
    </div>
  );
}

function ChangesSheet({ site, changes }: { readonly site: Site; readonly changes: Changes }) {
  const waterfall = waterfallOf(changes);
  const name = changes.metric === 'pue' ? 'PUE' : 'total over telecom';
  return (
    <>
      {waterfall !== null && (
        <WaterfallTable changes={changes} waterfall={waterfall} name={name} load={loadName(site.kind)} />
      )}
      <ul class="sentences">
        {changes.sentences.map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
    </>
  );
}

/** Spans of time are named by their instants in the API; here in the site's zone. */
function withSpans(changes: Changes, zone: Zone): Changes {
  const named = <T extends Changes['period']>(period: T): T =>
    period.name.includes('/')
      ? { ...period, name: zone.span(Date.parse(period.start), Date.parse(period.end)) }
      : period;
  return { ...changes, period: named(changes.period), against: changes.against && named(changes.against) };
}
