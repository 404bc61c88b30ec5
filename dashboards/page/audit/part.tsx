import type { ComponentChildren } from 'preact';
import { apiHref } from '../api.ts';
import { Loading, Notice, Problem } from '../notices.tsx';
import type { Poll } from '../polling.ts';

interface PartProps<T> {
  readonly id: string;
  readonly title: string;
  /** What is asked, beside the site's address in the API. */
  readonly path: string;
  readonly site: string;
  readonly poll: Poll<T>;
  readonly children: (data: T) => ComponentChildren;
}

/** One part of the audit view, with the request that gives the same to a program. */
export function Part<T>({ id, title, path, site, poll, children }: PartProps<T>) {
  return (
    <section class="part" aria-labelledby={id}>
      <div class="part-head">
        <h2 id={id}>{title}</h2>
        <a class="api-link" href={apiHref(site, path)} aria-label={`${title}, as the API gives it`}>
          JSON
        </a>
      </div>
      <Answer poll={poll}>{children}</Answer>
    </section>
  );
}

interface AnswerProps<T> {
  readonly poll: Poll<T>;
  readonly children: (data: T) => ComponentChildren;
}

/** What was answered, or why it is not there; one part never takes the others with it. */
export function Answer<T>({ poll: { data, problem, refusal }, children }: AnswerProps<T>) {
  if (refusal === 404)
    return (
      <Notice title="Not available">
        <p>This collector does not answer that: {problem}.</p>
      </Notice>
    );
  if (refusal !== null)
    return (
      <Notice title="No answer to this question">
        <p>{problem}.</p>
      </Notice>
    );
  return (
    <>
      <Problem text={problem} hasData={data !== null} />
      {data === null && problem === null && <Loading what="figures" />}
      {data !== null && children(data)}
    </>
  );
}
