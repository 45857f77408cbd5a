/** Suggestions by spelling. Those that know the names of other libraries are in other-names.ts. */

/** Most names that are compared and listed: a graph may have any number of outputs. */
const MOST = 100;

/**
 * Returns the number of insertions, deletions, substitutions and swaps of neighbours between two words (optimal string
 * alignment).
 */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      row[j] = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        row[j] = Math.min(row[j], before[j - 2] + 1);
    }
    before = last;
    last = row;
  }
  return last[b.length];
}

/** Returns the name among `names` closest to `word`, if it is close enough to be meant. */
export function nearest(word: string, names: readonly string[]): string | undefined {
  // With two changes, a word of two letters would match any other.
  const limit = word.length < 3 ? 1 : Math.max(2, Math.floor(word.length / 3));
  let best: string | undefined;
  let bestDistance = limit + 1;
  for (const name of names) {
    if (name.length > LONGEST) continue;
    const distance = editDistance(word.toLowerCase(), name.toLowerCase());
    if (distance < bestDistance) {
      best = name;
      bestDistance = distance;
    }
  }
  return best;
}

/** Longest name to compare. No name of this library is longer. */
const LONGEST = 64;

/**
 * Returns ` Did you mean "x"?`, or the list of the existing names. `meant` is asked first, for names that are spelled
 * otherwise altogether.
 */
export function suggestion(
  word: string,
  names: readonly string[],
  meant: (word: string, names: readonly string[]) => string | undefined = () => undefined,
): string {
  const some = names.slice(0, MOST);
  // Computing the distance takes time and memory quadratic in the length.
  const best = word.length > LONGEST ? undefined : (meant(word, some) ?? nearest(word, some));
  if (best !== undefined) return ` Did you mean "${best}"?`;
  return ` There are: ${some.join(', ')}${some.length < names.length ? ', …' : ''}.`;
}
