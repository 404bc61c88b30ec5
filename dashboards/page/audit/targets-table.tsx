import type { Kpis } from '../contract.ts';
import { targetValue, VerdictLine } from '../verdict.tsx';
import type { JudgedTarget } from './contract.ts';

/** Every target that the site is held against, with its own verdict and where its value comes from. */
export function TargetsTable({ kpis }: { readonly kpis: Kpis }) {
  const targets = [...mainOf(kpis), ...(kpis.targets ?? [])];
  if (targets.length === 0) return <p class="hint">No target is set for this site.</p>;
  return (
    <>
      <h3>Targets</h3>
      <div class="scroller" role="region" aria-label="Targets" tabIndex={0}>
        <table class="wordy">
          <thead>
            <tr>
              {['Target', 'Value', 'Verdict', 'Meant for', 'Valid', 'Source'].map((title) => (
                <th key={title} scope="col">
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {targets.map((target) => (
              <TargetRow key={target.id} target={target} />
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function TargetRow({ target }: { readonly target: JudgedTarget }) {
  const { id, name, metric, unit, direction, kind, scope, source, validFrom, validTo } = target;
  return (
    <tr>
      <th scope="row">
        {name}
        <span class="below">{id}</span>
      </th>
      <td class="number">
        {metric.toUpperCase()} {direction === 'at-least' ? '≥' : '≤'} {targetValue(target)}
        {unit !== '1' && ` ${unit}`}
      </td>
      <td>
        <VerdictLine verdict={target.verdict} />
        <span class="below">{target.reason}</span>
      </td>
      <td>
        {kind}
        <span class="below">{scope}</span>
      </td>
      <td class="number">
        {validFrom} to {validTo ?? 'further notice'}
        {target.status !== 'in-force' && <span class="below">{target.status}</span>}
      </td>
      <td>{source}</td>
    </tr>
  );
}

/** The main target has its verdict beside it. */
function mainOf({ target, verdict, reason }: Kpis): JudgedTarget[] {
  return target === null || !isWhole(target) ? [] : [{ ...target, verdict, reason }];
}

function isWhole(target: object): target is JudgedTarget {
  return 'source' in target;
}
