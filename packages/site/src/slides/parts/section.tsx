/** The frame of a subject, and the marks that all of them use. */
import type { ComponentChildren } from 'preact';
import type { SubjectId } from '../subjects.js';
import { SUBJECT_IDS } from '../subjects.js';
import { useTexts } from '../language.js';

interface SectionProps {
  readonly id: SubjectId;
  readonly children: ComponentChildren;
}

export function Section({ id, children }: SectionProps) {
  const { subjects } = useTexts();
  return (
    <section id={id} class="panel subject" aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>
        <span class="number">{SUBJECT_IDS.indexOf(id) + 1}</span> {subjects[id]}
      </h2>
      {children}
    </section>
  );
}

/** Where the slides are wrong. `number` is that of docs/derivations.md. */
export function Erratum({
  number,
  children,
}: {
  readonly number: 1 | 2 | 3 | 4;
  readonly children: ComponentChildren;
}) {
  const { common } = useTexts();
  return (
    <aside class="fault erratum" data-erratum={number}>
      <strong>{common.erratum}</strong> {children}
    </aside>
  );
}

interface WaitingProps {
  readonly error: string | undefined;
  readonly ready: boolean;
  /** A class whose box is as high as what comes, so that nothing moves. */
  readonly class?: string;
  readonly children: () => ComponentChildren;
}

/** What the library computes, once it is there. */
export function Waiting({ error, ready, class: name = 'room', children }: WaitingProps) {
  const { common } = useTexts();
  if (error !== undefined) {
    return (
      <p role="alert" class="fault">
        {common.failed} {error}
      </p>
    );
  }
  return ready ? children() : <p class={`hint waiting ${name}`}>{common.waiting}</p>;
}
