/**
 * The interface between a model and a fit that runs in a worker. src/remote implements it; the engine that makes a
 * model passes the implementation in, so that src/model does not depend on workers.
 */
import type { FitData } from '../training/data/batches.js';
import type { DataShape } from '../training/data/shape.js';
import type { ReadFitOptions } from '../training/fit-options.js';
import type { FitTarget, History } from '../training/fit.js';

/** A change that the user makes to the model during a fit in a worker. */
export interface ModelEdit {
  readonly learningRate?: number;
  readonly stopTraining?: boolean;
  /** All weights as a flat vector, in panels. */
  readonly weights?: Float32Array;
}

/** A fit that runs in a worker. */
export interface RemoteFit {
  /** Trains. Afterwards, even after an error, the weights are those of the last finished step. */
  run(): Promise<History>;
  /** Copies the newest published weights into the model. */
  pull(): void;
  /** Like `pull`, and also copies the optimizer state. */
  pullAll(): void;
  /** Sends a change of the model to the worker. */
  edit(change: ModelEdit): void;
  /** Ends the training at once with an error, when the model is disposed. */
  cancel(error: Error): void;
}

/** A fit whose arguments were accepted, to be run in a worker. */
export interface RemoteFitRequest extends FitTarget {
  readonly shape: DataShape;
  readonly data: FitData;
  readonly options: ReadFitOptions;
  /** Value of `stopTraining` before the call, restored if the training is refused. */
  readonly stoppedBefore: boolean;
  /** Stack trace of the call of `fit`, for errors that the worker reports. */
  readonly trace: string | undefined;
}

/** Makes a fit in a worker. Its code is loaded by the first. */
export type StartRemoteFit = (request: RemoteFitRequest) => Promise<RemoteFit>;
