import type { Kpis, Target, VerdictWord } from './contract.ts';
import { ratio } from './format.ts';

interface Look {
  readonly words: string;
  readonly tone: string;
  /** A shape of its own, so that the verdict does not hang on colour. */
  readonly path: string;
}

const looks: Record<VerdictWord, Look> = {
  met: { words: 'Target met', tone: 'good', path: 'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1ZM4.8 8.2l2.3 2.3 4.3-4.8' },
  missed: { words: 'Target missed', tone: 'bad', path: 'M2 2h12v12H2ZM5.5 5.5l5 5M10.5 5.5l-5 5' },
  indeterminate: { words: 'Indeterminate', tone: 'unsure', path: 'M8 1l7 7-7 7-7-7ZM5 8.4c1-1.4 2-1.4 3 0s2 1.4 3 0' },
  'insufficient-data': { words: 'Insufficient data', tone: 'muted', path: 'M8 2l6.9 12H1.1ZM8 6.2v3.6M8 11.4v.9' },
};

/** The target, and whether a period met it: word, shape and colour, with the reason as text. */
export function Judgement({ target, kpis }: { readonly target: Target | null; readonly kpis: Kpis | null }) {
  return (
    <div class="judgement">
      {target !== null && (
        <p>
          <TargetLine target={target} />
        </p>
      )}
      {kpis?.verdict && <VerdictLine verdict={kpis.verdict} />}
      <p class="reason">{kpis?.reason}</p>
    </div>
  );
}

/** Word, shape and colour; words alone where there is no verdict. */
export function VerdictLine({ verdict }: { readonly verdict: VerdictWord | null }) {
  if (verdict === null) return <p class="verdict tone-muted">No verdict</p>;
  const look = looks[verdict];
  return (
    <p class={`verdict tone-${look.tone}`}>
      <svg viewBox="0 0 16 16" aria-hidden="true">
        <path d={look.path} />
      </svg>
      {look.words}
    </p>
  );
}

/** `target 1.3 · MIIT design value` */
export function TargetLine({ target }: { readonly target: Target | null }) {
  if (target === null) return <span class="target-line">no target set</span>;
  return (
    <span class="target-line">
      target <strong class="number">{targetValue(target)}</strong> · {target.name}
    </span>
  );
}

/** As the benchmark is quoted: 1.3, not 1.300. */
export function targetValue({ value }: Pick<Target, 'value'>): string {
  return String(Number(ratio(value, 3)?.replace('\u2212', '-')));
}
