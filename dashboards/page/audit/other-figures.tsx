import { Plain, Quantity, Term } from '../figures.tsx';
import { coverage, kilowattHours, quantity } from '../format.ts';
import type { OtherFigure } from './contract.ts';

/** Every other figure with what it was made of, or why there is none. */
export function OtherFigures({ figures }: { readonly figures: Readonly<Record<string, OtherFigure>> }) {
  return (
    <ul class="others">
      {Object.entries(figures).map(([id, figure]) => (
        <li key={id} class="panel other">
          <FigureCard id={id} figure={figure} />
        </li>
      ))}
    </ul>
  );
}

const abbreviations: Readonly<Record<string, string>> = {
  iteusv: 'ITEUsv',
  energyCost: '',
  overheadCost: '',
  energy: '',
  emissions: '',
};

function FigureCard({ id, figure }: { readonly id: string; readonly figure: OtherFigure }) {
  const { name, value, unit, reason, notes, inputs, definition } = figure;
  return (
    <>
      <h3>
        {name} <span class="period-name">{abbreviations[id] ?? id.toUpperCase()}</span>
      </h3>
      {value !== null && (
        <p class="other-value">
          <span class="large">
            <Quantity of={amountOf(value, unit)} />
          </span>
          <span class="hint">
            coverage <Quantity of={coverage(figure.coverage)} />
          </span>
        </p>
      )}
      {reason !== null && <p class="reason">No value: {reason}.</p>}
      {notes.map((note) => (
        <p key={note} class="reason">
          {note}
        </p>
      ))}
      <details>
        <summary>How it is made</summary>
        <dl class="other-terms">
          <Term name="formula">{definition.formula}</Term>
          {inputs.map((input, index) => (
            <Term key={index} name={input.name}>
              <Quantity of={amountOf(input.value, input.unit)} />
              {input.source !== null && <span class="below">{input.source}</span>}
            </Term>
          ))}
          <Term name="standard">
            <Plain of={definition.standard} />
            {definition.edition !== null && <span class="below">edition {definition.edition}</span>}
          </Term>
          <Term name="source">{definition.source}</Term>
        </dl>
      </details>
    </>
  );
}

function amountOf(value: number, unit: string) {
  return unit === 'Wh' ? kilowattHours(value) : quantity(value, unitNames[unit] ?? unit);
}

const unitNames: Readonly<Record<string, string>> = {
  'm3/MWh': 'm³/MWh',
  tCO2e: 't CO₂e',
  'kgCO2e/kWh': 'kg CO₂e/kWh',
};
