/**
 * Data of a model's methods: the shape that it must have, copying it into linear memory, and checking the arguments of
 * `fit`. training/data/dataset.ts does the reading; local-fit.ts copies the data of `fit`.
 */
import { targetWidth } from '../losses/definition.js';
import type { ModelState } from '../graph/model-state.js';
import { hasSource, type FitData, type GivenRows } from '../training/data/batches.js';
import { loadData, openData } from '../training/data/dataset.js';
import type { GivenData, Dataset, DataShape, Targets } from '../training/data/shape.js';
import { isBatchSource, type BatchSource } from '../training/data/source.js';
import {
  readFitOptions,
  refuseRowOptions,
  refuseBatchList,
  type FitOptions,
  type ReadFitOptions,
} from '../training/fit-options.js';
import { requireBatchStatistics, requireWholeBatch, rowsToTrain } from '../training/fit.js';
import { refuseSource, requireAllRows } from '../training/full-batch/requirements.js';
import { isFullBatch } from '../optimizers/full-batch.js';
import { fieldOf } from '../common/objects.js';
import type { Trainer } from '../training/trainer.js';
import type { Inputs } from '../common/rows.js';

/** Largest number of rows that a diagnosis uses. */
export const MOST_DIAGNOSED = 1024;

/** Returns the shape that inputs and targets of a compiled model must have. */
export function shapeFor({ inputSpecs, outputSpecs }: ModelState, { compiled }: Trainer): DataShape {
  return {
    inputs: inputSpecs,
    outputs: outputSpecs.map((spec, index) => {
      const { loss, weight } = compiled.objective[index];
      // An output that does not count may have any targets: they are given only because each output must have some.
      return {
        ...spec,
        width: targetWidth(loss.blocks, spec.width),
        loss,
        distributionCheck: weight === 0 ? 'off' : compiled.targetChecks,
      };
    }),
  };
}

/**
 * Copies the data of a call into linear memory. Calls `confirm` after reading it, since reading may run code of the
 * caller, which may have changed the model. The caller frees the dataset.
 */
export function loadDataset(where: string, given: GivenData, trainer: Trainer, confirm: () => void): Dataset {
  const shape = shapeFor(trainer.model, trainer);
  const data = loadData(trainer.model.runtime, where, openData(where, given, shape), shape);
  try {
    confirm();
  } catch (error) {
    data.free();
    throw error;
  }
  return data;
}

/** Returns the options of `fit` by which an update takes all rows, in their order. */
function allRows(
  kind: string,
  given: FitOptions | undefined,
  { batchSize, validationSplit }: ReadFitOptions,
  rows: number,
): Pick<ReadFitOptions, 'batchSize' | 'shuffle' | 'dropLast'> {
  const stated = fieldOf(given, 'batchSize') === undefined ? undefined : batchSize;
  requireAllRows(kind, stated, rowsToTrain(rows, validationSplit));
  return { batchSize: rows, shuffle: false, dropLast: false };
}

/** Checks the arguments of `fit`, without copying data. */
export function readFit(
  trainer: Trainer,
  x: Inputs | BatchSource,
  y: Targets | FitOptions | undefined,
  options: FitOptions | undefined,
): { readonly data: FitData; readonly shape: DataShape; readonly read: ReadFitOptions } {
  const fromSource = isBatchSource(x);
  const given = fromSource ? (y as FitOptions | undefined) : options;
  const read = readFitOptions(given);
  const { optimizer } = trainer.compiled;
  const onAll = isFullBatch(optimizer);
  if (fromSource && onAll) refuseSource(optimizer.kind);
  if (fromSource) refuseRowOptions(given, options);
  else refuseBatchList(x, y);
  read.signal?.throwIfAborted();
  const shape = shapeFor(trainer.model, trainer);
  let validation: GivenRows | undefined;
  if (isBatchSource(read.validationData)) {
    validation = { source: read.validationData };
  } else if (read.validationData !== undefined) {
    const [vx, vy, sampleWeight] = read.validationData;
    const names = ['validationData[0]', 'validationData[1]', 'validationData[2]'] as const;
    validation = openData('fit', { x: vx, y: vy, sampleWeight }, shape, names);
  }
  const { sampleWeight, classWeight } = read;
  const train = fromSource ? { source: x } : openData('fit', { x, y, sampleWeight, classWeight }, shape);
  if (hasSource(train)) return { data: { train, validation }, shape, read };
  const settled = onAll ? { ...read, ...allRows(optimizer.kind, given, read, train.rows) } : read;
  requireBatchStatistics(trainer.model.plan, trainer.layout, train.rows, settled);
  requireWholeBatch(train.rows, settled);
  return { data: { train, validation }, shape, read: settled };
}
