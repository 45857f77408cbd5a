import { digitClasses } from './mnist.js';

/** A digit that the network got wrong. */
export interface Mistake {
  /** Row of the digit in the test set. */
  readonly index: number;
  readonly seen: number;
  readonly right: number;
  /** Probability of the predicted digit. */
  readonly certainty: number;
}

export interface Classification {
  /** `confusion[right][seen]` counts the digits `right` that were predicted as `seen`. */
  readonly confusion: number[][];
  /** The most certain first, which are the most informative. */
  readonly mistakes: Mistake[];
}

/** Compares the predicted probabilities, one row of ten per digit, with the labels. */
export function classify(probabilities: Float32Array, labels: Uint8Array): Classification {
  const confusion = Array.from({ length: digitClasses }, () => new Array<number>(digitClasses).fill(0));
  const mistakes: Mistake[] = [];
  for (let index = 0; index < labels.length; index++) {
    const row = probabilities.subarray(index * digitClasses, (index + 1) * digitClasses);
    const seen = indexOfLargest(row);
    const right = labels[index];
    confusion[right][seen]++;
    if (seen !== right) mistakes.push({ index, seen, right, certainty: row[seen] });
  }
  mistakes.sort((a, b) => b.certainty - a.certainty);
  return { confusion, mistakes };
}

/**
 * Returns the index of the largest value, the first of equal ones; 0 if every value is NaN, as after a training that
 * diverged.
 */
function indexOfLargest(values: Float32Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
  return best;
}
