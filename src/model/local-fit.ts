/**
 * Runs `fit` on this thread: copies the data into linear memory, checks it, and runs the loop of training/fit.ts.
 * model-data.ts checks the arguments before; remote/remote-fit.ts runs `fit` in a worker instead.
 */
import { acceptData, copyData, type CopiedData, type DataSources } from '../training/data/dataset.js';
import {
  ArrayBatches,
  hasSource,
  IterableBatches,
  type BatchIterator,
  type FitData,
} from '../training/data/batches.js';
import type { Dataset, DataShape } from '../training/data/shape.js';
import { SourceReader } from '../training/data/source.js';
import { rowsEvaluation, sourceEvaluation } from '../training/evaluation.js';
import type { ReadFitOptions } from '../training/fit-options.js';
import { ProgressLine, type Progress } from '../training/progress.js';
import { fit, splitData, type FitTarget, type History } from '../training/fit.js';

/** Observes a fit, for a worker that trains on behalf of a model on another thread. */
export interface FitObserver {
  /** Called when all data is accepted, before training begins. */
  accepted(): Promise<void>;
  /** Called wherever `fit` checks that it may continue: after each step, between epochs and parts of a validation. */
  onCheckpoint(): void;
  /** Called with the name, as in messages, of the batch of a source that is requested next. */
  onRequest(batch: string): void;
  /** Called with the progress, now and then, where `verbose` asks for it. */
  onProgress(progress: Progress): void;
}

/** Trains on data whose form has been checked. */
export async function fitOnThisThread(
  target: FitTarget,
  shape: DataShape,
  given: FitData,
  read: ReadFitOptions,
  observer?: FitObserver,
): Promise<History> {
  const { trainer } = target;
  const { runtime, blueprint } = trainer.model;
  const held: { free(): void }[] = [];
  const copy = (sources: DataSources): CopiedData => {
    const copied = copyData(runtime, 'fit', sources);
    held.push(copied.regions);
    return copied;
  };
  const accept = (copied: CopiedData): Dataset => acceptData(runtime, 'fit', copied, shape);
  // The loss of a thread before this call is not an error of this call.
  runtime.pool?.takeFailure();
  try {
    let batches: BatchIterator;
    const validationSource = given.validation && hasSource(given.validation) ? given.validation.source : undefined;
    const copiedValidation = given.validation && !hasSource(given.validation) ? copy(given.validation) : undefined;
    const copiedTrain = hasSource(given.train) ? undefined : copy(given.train);
    let validation = copiedValidation && accept(copiedValidation);
    const onRequest = observer && ((batch: string): void => observer.onRequest(batch));
    const data = copiedTrain && accept(copiedTrain);
    // Reading data may run code of the caller, which may have disposed the model.
    target.requireRunning('fit');
    if (hasSource(given.train)) {
      const { batchesPerEpoch, classWeight, signal } = read;
      const proceed = (): void => {
        target.requireRunning('fit');
        signal?.throwIfAborted();
      };
      batches = new IterableBatches(runtime, trainer, given.train.source, shape, {
        batchesPerEpoch,
        classWeight,
        proceed,
        onRequest,
      });
    } else {
      const parts = splitData(data!, read.validationSplit, validation);
      validation = parts.validation;
      batches = new ArrayBatches(runtime, trainer, data!, parts.rows, { ...read, seed: blueprint.seed });
    }
    held.push(batches);
    const evaluation =
      validationSource === undefined
        ? validation && rowsEvaluation(trainer, validation)
        : sourceEvaluation(trainer, {
            reader: new SourceReader(validationSource, 'validation'),
            where: 'fit: validationData batch',
            shape,
            most: read.validationBatches,
            onRequest,
          });
    if (evaluation !== undefined) held.push(evaluation);
    // Yield only when observed; otherwise code right after `fit()` would run before training begins.
    if (observer !== undefined) await observer.accepted();
    const requireRunning = (where: string): void => {
      target.requireRunning(where);
      observer?.onCheckpoint();
    };
    if (read.verbose === 0) return await fit({ ...target, requireRunning }, batches, evaluation, read);
    const line = observer === undefined ? new ProgressLine(read.verbose, read.epochs) : undefined;
    if (line !== undefined) held.push({ free: () => line.end() });
    const report = (progress: Progress): void => (line ? line.show(progress) : observer!.onProgress(progress));
    return await fit({ ...target, requireRunning }, batches, evaluation, read, report);
  } finally {
    for (const one of held.reverse()) one.free();
  }
}
