import { describe } from '../../common/describe.js';
import { ValueError } from '../../common/errors.js';
import { isFunction } from '../../common/objects.js';
import { integer, optional, readOptions, type Check } from '../../common/options.js';
import { ATTACH, type AttachedCallback, type FoundNonFinite } from '../callbacks/callback.js';
import type { Diagnosis } from './diagnosis.js';

/** What `diagnostics` takes. */
export interface DiagnosticsOptions {
  /** Epochs from one diagnosis to the next. Default 1. */
  every?: number;
  /** Is given each diagnosis as it is made. Default none: they stand in `epochs`. */
  onDiagnosis?: (epoch: number, diagnosis: Diagnosis) => unknown;
}

/** The callback that `diagnostics` makes. */
export interface Diagnostics extends AttachedCallback {
  /** What was measured at the end of each epoch, on its last batch. */
  readonly epochs: readonly {
    /** Index of the epoch. */
    readonly epoch: number;
    /** Its last batch, measured. */
    readonly diagnosis: Diagnosis;
  }[];
  /** The first NaN or infinity of the training, with the batch at which it came up. */
  readonly firstNonFinite: FoundNonFinite | undefined;
}

const functionCheck: Check<NonNullable<DiagnosticsOptions['onDiagnosis']>> = (path, value) => {
  if (isFunction(value)) return value as NonNullable<DiagnosticsOptions['onDiagnosis']>;
  throw new ValueError(`${path} expected a function, got ${describe(value)}.`);
};

/**
 * `model.diagnose` over the epochs: measures the last batch of each epoch, and finds the batch and the layer in which
 * the first NaN or infinity comes up.
 * @throws ValueError for an unknown option or a number out of range.
 * @example
 * const network = await sequential({ layers: [dense({ units: 1, inputShape: [1] })] });
 * network.compile({ optimizer: sgd({ learningRate: 1e20 }), loss: 'meanSquaredError' });
 * const watched = diagnostics();
 * await network.fit([[1]], [[9]], { epochs: 9, callbacks: [watched, terminateOnNaN()] });
 * watched.firstNonFinite?.batch; // 0
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
