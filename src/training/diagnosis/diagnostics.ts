import { describe } from '../../common/describe.js';
import { ValueError } from '../../common/errors.js';
import { integer, optional, readOptions, type Check } from '../../common/options.js';
import { ATTACH, type AttachedCallback, type Session } from '../callbacks/callback.js';
import type { Diagnosis, NonFinite } from './diagnosis.js';

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
  readonly firstNonFinite:
    | (NonFinite & {
        /** Index of the epoch. */
        readonly epoch: number;
        /** Index of the batch within it. */
        readonly batch: number;
      })
    | undefined;
}

const functionCheck: Check<NonNullable<DiagnosticsOptions['onDiagnosis']>> = (path, value) => {
  if (typeof value === 'function') return value as NonNullable<DiagnosticsOptions['onDiagnosis']>;
  throw new ValueError(`${path} expected a function, got ${describe(value)}.`);
};

/**
 * `model.diagnose` over the epochs: measures the last batch of each epoch, and finds the batch and the layer in which the first NaN or infinity comes
 * up.
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
  let session: Session | undefined;
  let epochs: { epoch: number; diagnosis: Diagnosis }[] = [];
  let first: Diagnostics['firstNonFinite'];
  return {
    get epochs() {
      return epochs;
    },
    get firstNonFinite() {
      return first;
    },
    [ATTACH](given) {
      session = given;
      epochs = [];
      first = undefined;
      given.watch(() => {
        if (first !== undefined || !given.nonFinite()) return;
        const { nonFinite } = given.diagnose();
        if (nonFinite !== undefined) first = { ...nonFinite, epoch: given.epoch, batch: given.batch };
      });
    },
    async onEpochEnd(epoch) {
      if ((epoch + 1) % every !== 0 || session === undefined) return;
      const diagnosis = session.diagnose();
      epochs.push({ epoch, diagnosis });
      await onDiagnosis?.(epoch, diagnosis);
    },
  };
}
