import { useState } from 'preact/hooks';
import { auditHref } from '../route.ts';
import type { Zone } from '../zone.ts';
import { type AuditQuestion, ofPeriod, shifted } from './question.ts';

interface AuditControlsProps {
  readonly site: string;
  readonly question: AuditQuestion;
  readonly zone: Zone;
  readonly now: () => number;
}

/** Which period, and as known when. What is chosen is in the address, so that it can be sent to somebody. */
export function AuditControls({ site, question, zone, now }: AuditControlsProps) {
  const show = (next: AuditQuestion) => {
    location.hash = auditHref(site, next);
  };
  const key = JSON.stringify(question);
  return (
    <div class="panel audit-controls">
      <PeriodChoice question={question} thisMonth={zone.day(now()).slice(0, 7)} onChoose={show} />
      <SpanChoice key={`span ${key}`} question={question} zone={zone} onChoose={show} />
      <KnownChoice key={`known ${key}`} question={question} zone={zone} onChoose={show} />
      <div class="control-row">
        <span class="control-name">times in</span>
        <span class="zone-name">{zone.name(now())}</span>
        <button type="button" onClick={() => openAll()}>
          Open everything
        </button>
        <button type="button" onClick={() => print()}>
          Print
        </button>
      </div>
    </div>
  );
}

function openAll(): void {
  for (const details of document.querySelectorAll<HTMLDetailsElement>('.audit details')) details.open = true;
}

const YEARS = 12;
const monthNumbers = Array.from({ length: 12 }, (_, index) => String(index + 1).padStart(2, '0'));

interface ChoiceProps {
  readonly question: AuditQuestion;
  readonly onChoose: (question: AuditQuestion) => void;
}

/** A month or a whole year of the site's calendar. */
function PeriodChoice({ question, thisMonth, onChoose }: ChoiceProps & { readonly thisMonth: string }) {
  const [year = '', month = ''] = question.period?.split('-') ?? [];
  const thisYear = Number(thisMonth.slice(0, 4));
  const years = Array.from({ length: YEARS }, (_, index) => String(thisYear - index));
  const choose = (period: string | null) => period !== null && onChoose(ofPeriod(question, period));
  const later = shifted(question, 1);
  const isLast = later === null || later > thisMonth.slice(0, later.length);
  return (
    <div class="control-row" role="group" aria-label="Period">
      <span class="control-name">Period</span>
      <select
        aria-label="Year"
        value={year}
        onChange={({ currentTarget: { value } }) => choose(month === '' ? value : `${value}-${month}`)}
      >
        {!years.includes(year) && <option value={year}>{year === '' ? 'span' : year}</option>}
        {years.map((one) => (
          <option key={one}>{one}</option>
        ))}
      </select>
      <select
        aria-label="Month"
        value={month}
        disabled={year === ''}
        onChange={({ currentTarget: { value } }) => choose(value === '' ? year : `${year}-${value}`)}
      >
        <option value="">whole year</option>
        {monthNumbers.map((one) => (
          <option key={one}>{one}</option>
        ))}
      </select>
      <button type="button" disabled={later === null} onClick={() => choose(shifted(question, -1))}>
        ‹ earlier
      </button>
      <button type="button" disabled={isLast} onClick={() => choose(later)}>
        later ›
      </button>
    </div>
  );
}

/** Any span between two quarter-hours. */
function SpanChoice({ question, zone, onChoose }: ChoiceProps & { readonly zone: Zone }) {
  const [from, setFrom] = useState(wallOf(question.from, zone));
  const [to, setTo] = useState(wallOf(question.to, zone));
  const choose = () => {
    const [fromMs, toMs] = [zone.instant(from), zone.instant(to)];
    if (fromMs === null || toMs === null) return;
    onChoose({ period: null, from: isoTime(fromMs), to: isoTime(toMs), asOf: question.asOf });
  };
  return (
    <div class="control-row" role="group" aria-label="Span of time">
      <span class="control-name">or from</span>
      <Instant label="From" step={900} value={from} onInput={setFrom} />
      <span>to</span>
      <Instant label="To" step={900} value={to} onInput={setTo} />
      <button type="button" disabled={from === '' || to === ''} onClick={choose}>
        Show span
      </button>
    </div>
  );
}

/** An earlier state of knowledge: without what was recorded later. */
function KnownChoice({ question, zone, onChoose }: ChoiceProps & { readonly zone: Zone }) {
  const [asOf, setAsOf] = useState(wallOf(question.asOf, zone));
  const choose = () => {
    const asOfMs = zone.instant(asOf);
    if (asOfMs !== null) onChoose({ ...question, asOf: isoTime(asOfMs) });
  };
  return (
    <div class="control-row" role="group" aria-label="State of knowledge">
      <span class="control-name">As known at</span>
      <Instant label="As known at" step={60} value={asOf} onInput={setAsOf} />
      <button type="button" disabled={asOf === ''} onClick={choose}>
        Show as known then
      </button>
      {question.asOf === null ? (
        <span class="hint">shown: as known now</span>
      ) : (
        <button type="button" onClick={() => onChoose({ ...question, asOf: null })}>
          As known now
        </button>
      )}
    </div>
  );
}

interface InstantProps {
  readonly label: string;
  readonly step: number;
  readonly value: string;
  readonly onInput: (value: string) => void;
}

function Instant({ label, step, value, onInput }: InstantProps) {
  return (
    <input
      type="datetime-local"
      aria-label={label}
      step={step}
      value={value}
      onInput={({ currentTarget }) => onInput(currentTarget.value)}
    />
  );
}

function wallOf(iso: string | null, zone: Zone): string {
  const timeMs = Date.parse(iso ?? '');
  return Number.isNaN(timeMs) ? '' : zone.wall(timeMs);
}

function isoTime(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
