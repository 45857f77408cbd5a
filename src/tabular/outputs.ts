/** What the outputs of a network mean: probabilities of labels, or standardized numbers. */

/**
 * Label of a row: its class.
 * @category Tables
 */
export type Label = string | number | boolean;

export const isLabel = (label: unknown): label is Label =>
  typeof label === 'string' || typeof label === 'boolean' || Number.isFinite(label);

/** Labels of the outputs, and whether a row has a list of them. */
export interface Labels {
  readonly labels: readonly Label[];
  readonly multilabel: boolean;
}

/** Returns the most probable label of each row, of equals the first; or the list of those above 0.5. */
export function likeliest(probabilities: Float32Array, { labels, multilabel }: Labels): (Label | Label[])[] {
  const { length } = labels;
  return Array.from({ length: probabilities.length / length }, (_, row) => {
    const first = row * length;
    if (multilabel) return labels.filter((_label, j) => probabilities[first + j] > 0.5);
    let best = 0;
    for (let j = 1; j < length; j++) if (probabilities[first + j] > probabilities[first + best]) best = j;
    return labels[best];
  });
}

/** Returns a row of probabilities for each row of a table. */
export const probabilityRows = (flat: Float32Array, labels: number): Float32Array[] =>
  Array.from({ length: flat.length / labels }, (_, row) => flat.slice(row * labels, (row + 1) * labels));

/** Shift and scale of columns, in double: (value − shift)/scale. They are 0 and 1 for columns that are not scaled. */
export interface Scaling {
  readonly shift: readonly number[];
  readonly scale: readonly number[];
}

/** Turns standardized outputs of a network back into numbers, in double. */
export const unscaled = (outputs: Float32Array, { shift, scale }: Scaling): Float64Array =>
  Float64Array.from(outputs, (value, i) => value * scale[i % scale.length] + shift[i % shift.length]);
