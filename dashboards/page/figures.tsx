import type { ComponentChildren } from 'preact';
import type { Amount } from './format.ts';

/** A number with its unit; where it is unknown, a dash that is read out as "no data". */
export function Quantity({ of: amount }: { readonly of: Amount | null }) {
  if (amount === null) return <Unknown />;
  return (
    <span class="quantity">
      <span class="number">{amount.number}</span>
      {amount.unit !== '' && <span class="unit">{'\u00a0' + amount.unit}</span>}
    </span>
  );
}

/** A number or words without a unit. */
export function Plain({ of: words }: { readonly of: string | null | undefined }) {
  return words === null || words === undefined || words === '' ? <Unknown /> : <span class="number">{words}</span>;
}

export function Unknown() {
  return (
    <span class="unknown">
      <span aria-hidden="true">—</span>
      <span class="unseen">no data</span>
    </span>
  );
}

/** A term and its value inside a `<dl>`. */
export function Term({ name, children }: { readonly name: ComponentChildren; readonly children: ComponentChildren }) {
  return (
    <div class="term">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
