/**
 * The callback `diagnostics`, which collects the diagnoses of a training. fit.ts makes them when a callback asks for an
 * inspection; diagnose.ts measures.
 */
import { describe } from '../../common/describe.js';
import { ValueError } from '../../common/errors.js';
import { isFunction } from '../../common/objects.js';
import { integer, optional, readOptions, type Check } from '../../common/options.js';
import { ATTACH, type AttachedCallback, type FoundNonFinite } from '../callbacks/callback.js';
import type { Diagnosis } from './diagnosis.js';

/**
 * Options of `diagnostics`.
 * @category Diagnosis
 */
export interface DiagnosticsOptions {
  /** Epochs from one diagnosis to the next. Default 1. */
  every?: number;
  /** Called with each diagnosis when it is made; `fit` waits for it. Default none: all are kept in `epochs`. */
  onDiagnosis?: (epoch: number, diagnosis: Diagnosis) => unknown;
}

/**
 * The callback that `diagnostics` returns.
 * @category Diagnosis
 */
export interface Diagnostics extends AttachedCallback {
  /** Diagnoses of the epochs, each made at the epoch's end on its last batch. */
  readonly epochs: readonly {
    /** Index of the epoch. */
    readonly epoch: number;
    /** Diagnosis of its last batch. */
    readonly diagnosis: Diagnosis;
  }[];
  /** The first NaN or infinity of the training, with the batch in which it appeared. */
  readonly firstNonFinite: FoundNonFinite | undefined;
}

const functionCheck: Check<NonNullable<DiagnosticsOptions['onDiagnosis']>> = (path, value) => {
  if (isFunction(value)) return value as NonNullable<DiagnosticsOptions['onDiagnosis']>;
  throw new ValueError(`${path} expected a function, got ${describe(value)}.`);
};

/**
 * Diagnoses the last batch of each epoch as `model.diagnose` does, and finds the batch and the layer in which the first
 * NaN or infinity appears.
 * @throws ValueError for an unknown option or a number out of range.
 * @example
 * const network = await sequential({ layers: [dense({ units: 1, inputShape: [1] })] });
 * network.compile({ optimizer: sgd({ learningRate: 1e20 }), loss: 'meanSquaredError' });
 * const watched = diagnostics();
 * await network.fit([[1]], [[9]], { epochs: 9, callbacks: [watched, terminateOnNaN()] });
 * watched.firstNonFinite?.batch; // 0
 * @category Diagnosis
 */
export function diagnostics(options?: DiagnosticsOptions): Diagnostics {
  const { every, onDiagnosis } = readOptions<{
    every: number;
    onDiagnosis: DiagnosticsOptions['onDiagnosis'];
  }>('diagnostics', options, {
    every: { check: integer(1), or: 1 },
    onDiagnosis: { check: optional(functionCheck), or: undefined },
  });
  let epochs: { epoch: number; diagnosis: Diagnosis }[] = [];
  let first: FoundNonFinite | undefined;
  return {
    get epochs() {
      return epochs;
    },
    get firstNonFinite() {
      return first;
    },
    [ATTACH](session) {
      epochs = [];
      first = undefined;
      session.inspect(every, {
        diagnosed: (epoch, diagnosis) => epochs.push({ epoch, diagnosis }),
        nonFinite: (found) => (first = found),
      });
    },
    async onEpochEnd(epoch) {
      const last = epochs.at(-1);
      if (last?.epoch === epoch) await onDiagnosis?.(epoch, last.diagnosis);
    },
  };
}
