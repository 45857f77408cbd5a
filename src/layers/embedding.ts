/**
 * The layer `embedding`: its options and how they become an operation. The arithmetic is in operations/embedding.ts and
 * operations/embedding.backward.ts, and the checks of its data in graph/categories.ts.
 */
import { isList } from '../common/arrays.js';
import { counted } from '../common/describe.js';
import { ShapeError, ValueError } from '../common/errors.js';
import { integer, listOf, optional, type Check } from '../common/options.js';
import type { Constraint, ConstraintName } from '../constraints/constraints.js';
import type { Initializer, InitializerLike } from '../initializers/initializers.js';
import { embed } from '../operations/embedding.js';
import type { Regularizer, RegularizerName } from '../regularizers/regularizers.js';
import { LAYER_OPTIONS } from './checks.js';
import { onOne, type LayerConfig, type LayerDefinition } from './definition.js';
import { makeLayer, type Layer, type LayerOptions } from './layer.js';

/** Indices are float32 numbers, which are exact up to here. */
const MOST_CATEGORIES = 2 ** 24;

/**
 * Options of `embedding`.
 * @category Layers
 */
export interface EmbeddingOptions extends LayerOptions {
  /**
   * Number of categories, at most 2^24. One number: all columns have the same categories and read the same vectors. A
   * list: that of each column, and each column has vectors of its own.
   */
  inputDim: number | readonly number[];
  /** Length of a vector; with a list of categories also a list, of the length for each column. */
  outputDim: number | readonly number[];
  /** Initial vectors. Default 'randomUniform', from −0.05 to 0.05. */
  embeddingsInitializer?: InitializerLike;
  /** Penalty on the vectors, on all of them in each update. Default none. */
  embeddingsRegularizer?: RegularizerName | Regularizer;
  /** Constraint on the vectors, each a row, after each update. Default none. */
  embeddingsConstraint?: ConstraintName | Constraint;
}

/**
 * Settled options of `embedding`.
 * @category Layers
 */
export interface EmbeddingConfig extends LayerConfig {
  /** Number of categories of all columns, or of each. */
  readonly inputDim: number | readonly number[];
  /** Length of a vector of all columns, or of each. */
  readonly outputDim: number | readonly number[];
  /** Initial vectors. */
  readonly embeddingsInitializer: Initializer;
  /** Penalty on the vectors, if any. */
  readonly embeddingsRegularizer?: Regularizer | undefined;
  /** Constraint on the vectors after each update, if any. */
  readonly embeddingsConstraint?: Constraint | undefined;
}

/** A number for all columns, or a list with one for each. */
const perColumn =
  (check: Check<number>): Check<number | readonly number[]> =>
  (path, value) => {
    if (!isList(value)) return check(path, value);
    const list = listOf('a list', check)(path, value);
    if (list.length === 0) throw new ValueError(`${path} expected a number for each column, got none.`);
    return list;
  };

/** Checks that two lists are of the same columns, and that a list of lengths has tables of its own. */
function requireColumns(where: string, { inputDim, outputDim }: EmbeddingConfig): void {
  if (!isList(outputDim)) return;
  if (!isList(inputDim)) {
    throw new ValueError(
      `${where}: outputDim expected a number where inputDim is one, since all columns read the same vectors, got a list. ` +
        `Write inputDim as a list, too, for vectors of each column.`,
    );
  }
  if (inputDim.length === outputDim.length) return;
  throw new ShapeError(
    `${where}: outputDim expected ${counted(inputDim.length, 'number')} as in inputDim, got ${outputDim.length}.`,
  );
}

const spread = (value: number | readonly number[], columns: number): readonly number[] =>
  isList(value) ? value : new Array<number>(columns).fill(value);

/** Layer definition of `embedding`. */
export const embeddingDefinition: LayerDefinition<'embedding', EmbeddingConfig> = {
  kind: 'embedding',
  merges: false,
  options: (checks) => ({
    inputDim: { check: perColumn(integer(1, MOST_CATEGORIES)) },
    outputDim: { check: perColumn(integer(1)) },
    embeddingsInitializer: { check: checks.initializer, or: checks.embeddings! },
    embeddingsRegularizer: { check: optional(checks.regularizer), or: undefined },
    embeddingsConstraint: { check: optional(checks.constraint), or: undefined },
    ...LAYER_OPTIONS,
  }),
  inputs: ({ inputDim }) => (isList(inputDim) ? inputDim.length : undefined),
  lower: (config) =>
    onOne((columns, where) => {
      requireColumns(where, config);
      const { inputDim, outputDim } = config;
      if (isList(inputDim) && inputDim.length !== columns) {
        throw new ShapeError(
          `${where}: inputDim expected ${counted(columns, 'number')}, one for each column of its input, got ${inputDim.length}.`,
        );
      }
      const [inputDims, outputDims] = [spread(inputDim, columns), spread(outputDim, columns)];
      return [[embed({ inputDims, outputDims, shared: !isList(inputDim) }, config)]];
    }),
};

/**
 * Embedding: learned vectors for categories, which are integers from 0 to inputDim − 1 (entity embeddings: Guo &
 * Berkhahn 2016). (n, columns) of integers become (n, columns · outputDim): the vectors of a row's categories side by
 * side. With a list of categories each column has vectors of its own; with one number all columns read the same ones,
 * as in Keras and PyTorch. It reads an input of the model, and other inputs are joined by `concatenate`.
 *
 * - A value that is no integer or out of range is a ValueError with its row and column, before anything changes.
 * - The gradient of a row goes to the vectors that it reads, rows in order; the gradient of all others is 0. Optimizers
 *   update all vectors, as in PyTorch with `sparse=False`: without momentum, decay or penalty a gradient of 0 changes
 *   nothing; with momentum, as in `adam`, vectors go on moving for some updates after they were read.
 * - Constraints apply to each vector, all of them, after each update.
 *
 * Weights: weight (inputDim, outputDim); with several columns of their own, 0.weight, 1.weight, … by column.
 * @throws ValueError for an unknown option or name, or a number out of range; ShapeError for lists of different
 * lengths.
 * @example
 * const colours = input({ shape: [1], name: 'colour' }); // 0, 1 or 2
 * const sizes = input({ shape: [2], name: 'size' });
 * const joined = concatenate().apply([embedding({ inputDim: 3, outputDim: 4 }).apply(colours), sizes]);
 * const network = await model({ inputs: [colours, sizes], outputs: dense({ units: 1 }).apply(joined) });
 * network.predict({ colour: [[2]], size: [[1.5, 0.2]] }).length; // 1
 * @category Layers
 */
export function embedding(options: EmbeddingOptions): Layer<'embedding', EmbeddingConfig> {
  const layer = makeLayer(embeddingDefinition, options);
  requireColumns('embedding', layer.config);
  return layer;
}
