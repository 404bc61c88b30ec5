import type { Live, Site, Target } from './contract.ts';
import { Plain, Quantity, Term } from './figures.tsx';
import { power, ratio, text } from './format.ts';
import { levelText, loadName } from './kpis.ts';
import { TargetLine, targetValue } from './verdict.tsx';

/** The site's power ratio at this moment against its target. It is never called PUE, which is a ratio of energies. */
export function LiveRatio({ site }: { readonly site: Site }) {
  const { live, target } = site;
  const itName = loadName(site.kind);
  return (
    <section class="panel live-ratio" aria-labelledby="ratio-title">
      <h2 id="ratio-title">Instantaneous ratio</h2>
      <p class="hint">total ÷ {itName} power, now</p>
      <p class="huge" data-figure="ratio">
        <Plain of={ratio(live.ratio)} />
      </p>
      {live.ratio !== null && <Scale value={live.ratio} target={ratioTarget(target)} />}
      <p class="against">
        <TargetLine target={target} />
        <Gap live={live} />
      </p>
      {live.ratio !== null && live.ratio < 1 && (
        <p class="warning">A ratio below 1 cannot be: check the meters’ roles, signs and current-transformer ratios.</p>
      )}
      <dl class="pair">
        <Term name="total power">
          <Quantity of={power(live.totalW)} />
        </Term>
        <Term name={`${itName} power`}>
          <Quantity of={power(live.itW)} />
        </Term>
      </dl>
      {site.kind === 'data-centre' && live.itW !== null && <p class="hint">{levelText(live.level, 'power')}</p>}
      {live.totalFrom === 'parts' && <p class="hint">No supply meter: the total is the sum of the parts.</p>}
    </section>
  );
}

/** The target where it is a bound on the ratio itself. */
function ratioTarget(target: Target | null): Target | null {
  return target?.metric === 'pue' ? target : null;
}

function Gap({ live: { gapW } }: { readonly live: Live }) {
  if (gapW === null) return null;
  const amount = text(power(Math.abs(gapW)));
  if (gapW > 0) {
    return (
      <span class="gap tone-bad">
        <strong>{amount}</strong> more than the target allows
      </span>
    );
  }
  return (
    <span class="gap tone-good">
      <strong>{amount}</strong> below what the target allows
    </span>
  );
}

/** A ruler from 1 (no overhead at all) with the value and the target on it. What it shows stands beside it as text. */
function Scale({ value, target }: { readonly value: number; readonly target: Target | null }) {
  const top = Math.max(1.6, Math.ceil((Math.max(value, target?.value ?? 1) + 0.1) * 5) / 5);
  const place = (at: number) => `${Math.max(0, Math.min(100, ((at - 1) / (top - 1)) * 100))}%`;
  const isOver = target !== null && value > target.value;
  return (
    <div class="scale" aria-hidden="true">
      <div class="scale-track">
        <div class={isOver ? 'scale-fill scale-over' : 'scale-fill'} style={{ width: place(value) }} />
        {target !== null && <div class="scale-target" style={{ left: place(target.value) }} />}
      </div>
      <div class="scale-labels">
        <span>1.0</span>
        {target !== null && (
          <span class="scale-target-label" style={{ left: place(target.value) }}>
            {targetValue(target)}
          </span>
        )}
        <span>{top.toFixed(1)}</span>
      </div>
    </div>
  );
}
