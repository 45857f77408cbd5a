/**
 * Formulas as text: `w_{11}^{(2)}` has an index and an exponent, letters stand in italics. No more than the slides need,
 * and readable where styles are missing.
 */
import type { ComponentChildren, VNode } from 'preact';

/** Names and words stand upright, single letters do not, nor pairs of them, which are indices. */
const UPRIGHT = /^(?:ln|in|T|L[12]|.{3,})$/u;

type Token = { readonly kind: 'index' | 'exponent' | 'text'; readonly text: string };

/** Divides the markup into indices, exponents and the rest. */
function tokens(markup: string): Token[] {
  return [...markup.matchAll(/([_^])(?:\{([^}]*)\}|(.))|[^_^]+/gu)].map(([whole, mark, group, one]) =>
    mark === undefined
      ? { kind: 'text', text: whole }
      : { kind: mark === '_' ? 'index' : 'exponent', text: group ?? one },
  );
}

const letters = (text: string): ComponentChildren[] =>
  text
    .split(/(Δ|\p{L}[\p{L}\p{M}\d]*)/u)
    .map((part) => (/^[A-Za-zα-ωΩ]/u.test(part) && !UPRIGHT.test(part) ? <i>{part}</i> : part));

/** An index and an exponent, one above the other where both are there. */
function scripts(index: string | undefined, exponent: string | undefined): VNode {
  if (index !== undefined && exponent !== undefined) {
    return (
      <span class="scripts">
        <sup>{letters(exponent)}</sup>
        <sub>{letters(index)}</sub>
      </span>
    );
  }
  return index === undefined ? <sup>{letters(exponent!)}</sup> : <sub>{letters(index)}</sub>;
}

export function Formula({ text }: { readonly text: string }) {
  const parts: ComponentChildren[] = [];
  const list = tokens(text);
  for (let i = 0; i < list.length; i++) {
    const { kind, text: own } = list[i];
    if (kind !== 'text') continue;
    const next = list[i + 1];
    const after = list[i + 2];
    if (next === undefined) {
      parts.push(letters(own));
      continue;
    }
    // A letter and its scripts are never on two lines.
    const base = /(?:\p{L}[\p{L}\p{M}]*|.)$/u.exec(own)?.[0] ?? '';
    const both = next.kind === 'index' && after?.kind === 'exponent';
    parts.push(
      letters(own.slice(0, own.length - base.length)),
      <span class="whole">
        {letters(base)}
        {next.kind === 'index' ? scripts(next.text, both ? after.text : undefined) : scripts(undefined, next.text)}
      </span>,
    );
  }
  return <span class="formula">{parts}</span>;
}

interface FormulasProps {
  readonly lines: readonly string[];
  /** What each line is called. */
  readonly names?: readonly string[];
}

/** Formulas one below the other. */
export function Formulas({ lines, names }: FormulasProps) {
  return (
    <div class="formulas">
      {lines.map((line, i) => (
        <p key={i}>
          {names && <span class="formula-name">{names[i]}: </span>}
          <Formula text={line} />
        </p>
      ))}
    </div>
  );
}
