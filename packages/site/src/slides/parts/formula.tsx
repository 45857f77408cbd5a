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
    .split(/([\p{L}][\p{L}\p{M}\d]*)/u)
    .map((part) => (/^[A-Za-zα-ωΩ]/u.test(part) && !UPRIGHT.test(part) ? <i>{part}</i> : part));

export function Formula({ text }: { readonly text: string }) {
  const parts: (VNode | ComponentChildren[])[] = [];
  const list = tokens(text);
  for (let i = 0; i < list.length; i++) {
    const [{ kind, text: own }, next] = [list[i], list[i + 1]];
    if (kind === 'text') parts.push(letters(own));
    else if (kind === 'index' && next?.kind === 'exponent') {
      // One above the other.
      parts.push(
        <span class="scripts">
          <sup>{letters(next.text)}</sup>
          <sub>{letters(own)}</sub>
        </span>,
      );
      i++;
    } else parts.push(kind === 'index' ? <sub>{letters(own)}</sub> : <sup>{letters(own)}</sup>);
  }
  return <span class="formula">{parts}</span>;
}

/** Formulas one below the other. */
export function Formulas({ lines }: { readonly lines: readonly string[] }) {
  return (
    <div class="formulas">
      {lines.map((line) => (
        <p key={line}>
          <Formula text={line} />
        </p>
      ))}
    </div>
  );
}
