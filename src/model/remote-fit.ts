/**
 * A fit that runs in a worker, as its model sees it. `src/remote` implements it; the engine that makes a model hands the
 * implementation in, so that `src/model` does not depend on workers.
 */
import type { FitData } from '../training/data/batches.js';
import type { DataShape } from '../training/data/shape.js';
import type { ReadFitOptions } from '../training/fit-options.js';
import type { FitTarget, History } from '../training/fit.js';

/** A change of the model by its user during a fit elsewhere. */
export interface ModelEdit {
  readonly learningRate?: number;
  readonly stopTraining?: boolean;
  /** All weights, in panels. */
  readonly weights?: Float32Array;
}

/** A fit that runs elsewhere. */
export interface RemoteFit {
  /** Trains. The weights are those of the last finished step whatever happens. */
  run(): Promise<History>;
  /** Takes the newest weights that there are. */
  pull(): void;
  /** `pull`, with the optimizer's state. */
  pullAll(): void;
  /** Tells the training of a change to the model. */
  edit(change: ModelEdit): void;
  /** Ends the training with an error, at once, for a model that is disposed. */
  cancel(error: Error): void;
}

/** A fit that was accepted, to be run elsewhere. */
export interface RemoteFitRequest extends FitTarget {
  readonly shape: DataShape;
  readonly data: FitData;
  readonly options: ReadFitOptions;
}

export type StartRemoteFit = (request: RemoteFitRequest) => RemoteFit;
