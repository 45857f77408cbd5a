/** Finds the name that somebody probably meant. */
import { distance } from 'fastest-levenshtein';

/**
 * Returns the name that differs least, if at most two or a third of its letters differ; letters of either case
 * are equal.
 */
export function nearest(name: string, names: readonly string[]): string | undefined {
  const differences = names.map((other) => ({
    other,
    letters: distance(name.toLowerCase(), other.toLowerCase()),
    most: Math.max(name.length < 4 ? 1 : 2, Math.floor(Math.max(name.length, other.length) / 3)),
  }));
  const similar = differences.filter(({ letters, most }) => letters <= most);
  return similar.sort((a, b) => a.letters - b.letters)[0]?.other;
}
