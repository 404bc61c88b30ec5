import type { Baseline, Figure, Kpis, Site } from './contract.ts';
import { Plain, Quantity, Term } from './figures.tsx';
import { change, coverage, energy, quantity, ratio, share } from './format.ts';
import { figureName, figureOf, loadName } from './kpis.ts';
import { Loading, Problem } from './notices.tsx';
import type { Poll } from './polling.ts';
import { Judgement } from './verdict.tsx';

interface PeriodCardProps {
  readonly title: string;
  readonly site: Site;
  readonly kpis: Poll<Kpis>;
}

/** Energy, figure and verdict of one period, with all that an auditor asks about them. */
export function PeriodCard({ title, site, kpis: { data, problem } }: PeriodCardProps) {
  return (
    <article class="panel period">
      <h3>
        {title} {data !== null && <span class="period-name">{data.period.name}</span>}
      </h3>
      <Problem text={problem} hasData={data !== null} />
      {data === null && problem === null && <Loading what="figures" />}
      {data !== null && <PeriodFigures site={site} kpis={data} />}
    </article>
  );
}

function PeriodFigures({ site, kpis }: { readonly site: Site; readonly kpis: Kpis }) {
  const figure = figureOf(kpis);
  return (
    <>
      <p class={kpis.verdict === 'insufficient-data' ? 'period-figure is-weak' : 'period-figure'}>
        <span class="figure-name">{figureName(site.kind)}</span>
        <span class="large">
          <Plain of={ratio(figure?.value)} />
        </span>
        {typeof figure?.uncertainty === 'number' && <span class="number">± {ratio(figure.uncertainty)}</span>}
      </p>
      <p class="hint">{describe(figure, kpis.period.complete)}</p>
      <dl class="period-terms">
        <Term name="total energy">
          <Quantity of={energy(kpis.totalWh)} />
        </Term>
        <Term name={`${loadName(site.kind)} energy`}>
          <Quantity of={energy(kpis.itWh)} />
        </Term>
        <Term name="coverage">
          <Quantity of={coverage(figure?.coverage)} />
        </Term>
        <Term name="estimated share">
          <Quantity of={share(kpis.estimatedShare)} />
        </Term>
        {kpis.baseline && <BaselineTerms baseline={kpis.baseline} />}
      </dl>
      <div class="period-verdict">
        <Judgement target={kpis.target} kpis={kpis} />
      </div>
    </>
  );
}

export function BaselineTerms({ baseline }: { readonly baseline: Baseline }) {
  return (
    <>
      <Term name="energy per day">
        <Quantity of={quantity(baseline.value, baseline.unit)} />
      </Term>
      <Term name="reference">
        <Quantity of={quantity(baseline.reference, baseline.unit)} />
      </Term>
      <Term name="against reference">
        <Quantity of={change(baseline.change)} />
      </Term>
    </>
  );
}

/** `interim PUE · category 2 · PUE2,MC · period still open` */
function describe(figure: Figure | null, isComplete: boolean): string {
  const category = typeof figure?.category === 'number' ? `category ${figure.category}` : null;
  const state = isComplete ? 'period complete' : 'period still open';
  return [figure?.derivative, category, figure?.notation, state].filter(Boolean).join(' · ');
}
