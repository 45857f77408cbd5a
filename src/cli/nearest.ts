import { nearest as nearestSpelling } from '../common/nearest.js';

/**
 * Returns the candidate that a wrong word was most likely meant to be, or `undefined` if none is close. It recognises
 * three kinds of mistake, most literal first:
 *
 * - a typing error (`epohcs`);
 * - a part of the name (`batch` for `batch-size`);
 * - the name's initials (`lr` for `learning-rate`), which other tools accept as options.
 */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const typed = word.toLowerCase();
  if (typed === '') return undefined;
  return (
    nearestSpelling(typed, candidates) ??
    candidates.find((name) => overlaps(typed, name.toLowerCase())) ??
    candidates.find((name) => typed === initials(name))
  );
}

function overlaps(typed: string, name: string): boolean {
  return Math.min(typed.length, name.length) >= 3 && (name.includes(typed) || typed.includes(name));
}

/** Returns the initials of a name of several words; a single word has none worth guessing from. */
function initials(name: string): string {
  const words = name.split('-');
  return words.length < 2 ? '' : words.map((word) => word[0]).join('');
}
