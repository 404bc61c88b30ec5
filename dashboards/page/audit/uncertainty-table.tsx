import { Plain } from '../figures.tsx';
import { ratio } from '../format.ts';
import type { UncertaintyParts } from './contract.ts';

interface UncertaintyTableProps {
  readonly whole: number | null;
  readonly parts: UncertaintyParts;
}

const names = {
  meters: 'Accuracy classes of the meters',
  transformers: 'Current and voltage transformers',
  commonCause: 'Errors that points share',
  resolution: 'Steps of the registers',
  missingData: 'Time that was not measured',
} as const;

const DECIMALS = 4;

/** Where the uncertainty comes from. */
export function UncertaintyTable({ whole, parts }: UncertaintyTableProps) {
  return (
    <details>
      <summary>Uncertainty, part by part</summary>
      <div class="scroller" role="region" aria-label="Parts of the uncertainty" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">From</th>
              <th scope="col" class="numeric">
                ± (k = {parts.coverageFactor})
              </th>
            </tr>
          </thead>
          <tbody>
            {Object.entries(names).map(([key, name]) => (
              <tr key={key}>
                <th scope="row">{name}</th>
                <td class="numeric">
                  <Plain of={ratio(parts[key as keyof typeof names], DECIMALS)} />
                </td>
              </tr>
            ))}
            <tr>
              <th scope="row">Together</th>
              <td class="numeric">
                <Plain of={ratio(whole, DECIMALS)} />
              </td>
            </tr>
            <tr>
              <th scope="row">Together, if no two points shared an error</th>
              <td class="numeric">
                <Plain of={ratio(parts.ifIndependent, DECIMALS)} />
              </td>
            </tr>
          </tbody>
        </table>
      </div>
      <p class="hint">{assumptions(parts)}</p>
    </details>
  );
}

function assumptions({ withoutClass, assumedTransformers }: UncertaintyParts): string {
  const lines = [
    withoutClass.length > 0 && `Without an accuracy class: ${withoutClass.join(', ')}.`,
    assumedTransformers.length > 0 &&
      `Current transformer taken to be of the meter’s own class: ${assumedTransformers.join(', ')}.`,
  ];
  return lines.filter(Boolean).join(' ');
}
