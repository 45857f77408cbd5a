/** A model as a server sees it: what it takes and gives, how requests become rows, and what computes these. */
import type { Output, OutputValues } from '../protocol/response.js';
import { RequestError } from '../protocol/request-error.js';
import type { InferenceRequest } from '../protocol/request.js';
import type { TensorMetadata } from '../protocol/tensor.js';

/** Rows of one request, or of several. */
export interface Rows {
  readonly rows: number;
}

/** Computes the outputs of rows. The values of a row do not depend on the rows beside it. */
export type Compute<R extends Rows = Rows> = (rows: R) => readonly OutputValues[];

export interface Servable<R extends Rows = Rows> {
  /** Which kind of model, as the metadata of the protocol says it. */
  readonly platform: string;
  /** Hash of the weights. */
  readonly hash: string;
  readonly inputs: readonly TensorMetadata[];
  readonly outputs: readonly (Output & Pick<TensorMetadata, 'labels'>)[];
  /**
   * Checks the inputs of a request and returns its rows.
   * @throws RequestError
   */
  read(request: InferenceRequest): R;
  /** Takes back the rows of a request that has its outputs: their memory is used for others. */
  release?(rows: R): void;
  join(parts: readonly R[]): R;
  readonly compute: Compute<R>;
  /** What another thread needs to compute the same: posted to it. */
  readonly setup: () => unknown;
  dispose(): void;
}

/** The first index of the largest of `width` values from `at` on. */
export function indexOfLargest(values: Float32Array, at: number, width: number): number {
  let best = 0;
  for (let j = 1; j < width; j++) if (values[at + j] > values[at + best]) best = j;
  return best;
}

/** The type of a tensor of labels. */
export const datatypeOfLabels = (labels: readonly unknown[]): 'BYTES' | 'BOOL' | 'INT64' | 'FP64' => {
  if (labels.every((label) => typeof label === 'boolean')) return 'BOOL';
  if (labels.every((label) => Number.isSafeInteger(label))) return 'INT64';
  return labels.every((label) => typeof label === 'number') ? 'FP64' : 'BYTES';
};

/** Labels as a tensor of their type has them: labels of several types are texts. */
export const labelValues = (labels: readonly (string | number | boolean)[]): readonly (string | number | boolean)[] =>
  datatypeOfLabels(labels) === 'BYTES' ? labels.map(String) : labels;

/** The name, or it with a number behind it if it is taken. */
export function freeName(name: string, taken: readonly string[]): string {
  let free = name;
  for (let number = 2; taken.includes(free); number++) free = `${name}_${number}`;
  return free;
}

/** Returns a computation whose errors about values are those of the request. */
export const refusing =
  <R extends Rows>(compute: Compute<R>): Compute<R> =>
  (rows) => {
    try {
      return compute(rows);
    } catch (error) {
      // By name, since an entry that only predicts has classes of errors of its own. The message begins with the name
      // of a call, which says nothing here.
      if (error instanceof Error && error.name === 'ValueError') {
        throw new RequestError(error.message.replace(/^[\w.]+: /, ''));
      }
      throw error;
    }
  };
