import type { Conversion, Design, Figure, Kpis, PartialPue, Site } from '../contract.ts';
import { Plain, Quantity, Term } from '../figures.tsx';
import { coverage, kilowattHours, ratio, share, text } from '../format.ts';
import { figureName, figureOf, loadName } from '../kpis.ts';
import { BaselineTerms } from '../period-card.tsx';
import { Judgement } from '../verdict.tsx';
import { TargetsTable } from './targets-table.tsx';
import { UncertaintyTable } from './uncertainty-table.tsx';

interface FigureSheetProps {
  readonly site: Site;
  readonly kpis: Kpis;
}

/** The figure of a period with all that has to be said beside it. */
export function FigureSheet({ site, kpis }: FigureSheetProps) {
  const figure = figureOf(kpis);
  return (
    <>
      <div class="panel sheet">
        <div>
          <p class={kpis.verdict === 'insufficient-data' ? 'sheet-figure is-weak' : 'sheet-figure'}>
            <span class="figure-name">{figure?.symbol ?? figureName(site.kind)}</span>
            <span class="huge" data-figure="audited">
              <Plain of={ratio(figure?.value)} />
            </span>
            <span class="number">
              {typeof figure?.uncertainty === 'number' ? `± ${ratio(figure.uncertainty)}` : 'uncertainty unknown'}
            </span>
          </p>
          <Judgement target={kpis.target} kpis={kpis} />
          {kpis.design != null && <DesignLine design={kpis.design} />}
          {kpis.partials?.map((part) => (
            <PartialLine key={part.id} part={part} />
          ))}
        </div>
        <FigureTerms site={site} kpis={kpis} figure={figure} />
      </div>
      {figure?.uncertaintyParts !== undefined && (
        <UncertaintyTable whole={figure.uncertainty} parts={figure.uncertaintyParts} />
      )}
      <TargetsTable kpis={kpis} />
    </>
  );
}

function FigureTerms({ site, kpis, figure }: FigureSheetProps & { readonly figure: Figure | null }) {
  const load = loadName(site.kind);
  const { itLevel, totalFrom } = kpis;
  const isStation = site.kind === 'base-station';
  return (
    <dl class="sheet-terms">
      {!isStation && (
        <Term name="category">
          <Plain of={figure?.category == null ? null : String(figure.category)} />
          <span class="below">{[itLevel?.level, itLevel?.reason].filter(Boolean).join(': ')}</span>
        </Term>
      )}
      {!isStation && (
        <Term name="notation">
          <Plain of={figure?.notation} />
          <span class="below">
            averaging period {figure?.averagingPeriod ?? 'none'}, interval {figure?.interval ?? 'unknown'}
          </span>
        </Term>
      )}
      <Term name="derivative">
        <Plain of={figure?.derivative} />
        <span class="below">
          {figure?.derivative === 'annual' ? 'twelve months that are over' : 'not twelve months that are over'}
        </span>
      </Term>
      <Term name="edition">
        <Plain of={figure?.edition?.title} />
        <span class="below">{figure?.edition?.note}</span>
      </Term>
      <Term name="coverage">
        <Quantity of={coverage(figure?.coverage)} />
        <span class="below">of the time elapsed, both sides measured together</span>
      </Term>
      <Term name="estimated share">
        <Quantity of={share(kpis.estimatedShare)} />
        <span class="below">of the paired time: bridged by a register, its total measured, its profile estimated</span>
      </Term>
      <Term name="total energy">
        <Quantity of={kilowattHours(kpis.totalWh)} />
        <span class="below">{totalFrom === 'parts' ? 'sum of the parts metered' : 'metered at the supply'}</span>
      </Term>
      <Term name={`${load} energy`}>
        <Quantity of={kilowattHours(kpis.itWh)} />
      </Term>
      {kpis.baseline && <BaselineTerms baseline={kpis.baseline} />}
      <Term name="boundary">
        <span class="boundary">{figure?.boundary}</span>
      </Term>
      {figure?.conversion !== undefined && <ConversionTerm conversion={figure.conversion} />}
    </dl>
  );
}

/** `diesel: 9900 Wh/L × 1 (EN 50600-4)` */
function ConversionTerm({ conversion: { name, edition, source, carriers } }: { readonly conversion: Conversion }) {
  return (
    <Term name="conversion of carriers">
      <span class="boundary">
        {name}
        {edition !== null && ` (${edition})`}: {source}
      </span>
      {carriers.map((carrier) => (
        <span key={carrier.name} class="below">
          {carrier.name}: {carrier.whPerUnit} {carrier.unit} × {carrier.weight} ({carrier.source})
        </span>
      ))}
    </Term>
  );
}

/** `Part Hall 2: pPUE 1.210 ± 0.015, pPUE1,MC, coverage 99.8 %` */
function PartialLine({ part: { name, symbol, value, uncertainty, notation, coverage: covered } }: PartialLineProps) {
  return (
    <p class="reason">
      Part {name}: {symbol} <strong class="number">{ratio(value) ?? 'no data'}</strong>{' '}
      {uncertainty === null ? 'uncertainty unknown' : `± ${ratio(uncertainty)}`}, {notation}, coverage{' '}
      {text(coverage(covered))}
    </p>
  );
}

interface PartialLineProps {
  readonly part: PartialPue;
}

/** What was designed stands beside what was measured and is never mixed with it. */
function DesignLine({ design }: { readonly design: Design }) {
  const { symbol, value, itLoadFactor, source, judgement } = design;
  const load = itLoadFactor === null ? '' : ` at ${Math.round(itLoadFactor * 100)} % of the designed IT load`;
  return (
    <p class="reason">
      Design value {symbol} <strong class="number">{ratio(value)}</strong>
      {load}, from: {source}.{' '}
      {judgement !== null && `Against the target: ${judgement.verdict ?? 'no verdict'}, ${judgement.reason}.`}
    </p>
  );
}
