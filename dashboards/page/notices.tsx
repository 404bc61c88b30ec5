import type { ComponentChildren } from 'preact';

/** Why something is not shown, and what to do. */
export function Notice({ title, children }: { readonly title: string; readonly children?: ComponentChildren }) {
  return (
    <div class="notice">
      <p class="notice-title">{title}</p>
      {children}
    </div>
  );
}

export function Loading({ what }: { readonly what: string }) {
  return <p class="loading">Loading {what} …</p>;
}

/** A request failed: alone where nothing is known yet, beside the last answer otherwise. */
export function Problem({ text, hasData }: { readonly text: string | null; readonly hasData: boolean }) {
  if (text === null) return null;
  return (
    <div class="notice notice-problem" role="status">
      <p class="notice-title">{hasData ? 'Not refreshed' : 'Nothing to show'}</p>
      <p>
        {text.endsWith('.') ? text : `${text}.`} {hasData ? 'Shown is the last answer.' : ''} Trying again by itself; if
        this stays, look at the collector’s log.
      </p>
    </div>
  );
}

export function SimulatedBadge() {
  return <span class="badge badge-simulated">contains simulated instruments</span>;
}
