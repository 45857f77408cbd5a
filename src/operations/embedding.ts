/** Embeddings: integers to rows of learned tables. The backward steps are in embedding.backward.ts. */
import type { Constraint } from '../constraints/constraints.js';
import type { Initializer } from '../initializers/initializers.js';
import type { Regularizer } from '../regularizers/regularizers.js';
import type { Forward } from './binding.js';
import { startsOf } from './merge.js';
import type { OperationConfigs, OperationOf, ParameterSpec } from './operation.js';

/** Options of the vectors of an embedding. */
export interface VectorOptions {
  readonly embeddingsInitializer: Initializer;
  readonly embeddingsRegularizer?: Regularizer | undefined;
  readonly embeddingsConstraint?: Constraint | undefined;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

/**
 * y = the vectors of each column's category side by side. Column c has `inputDims[c]` categories, with vectors of
 * `outputDims[c]` values in a table (categories, values) of its own, or all columns read one table if it is shared.
 */
export function embed(config: OperationConfigs['embedding'], options: VectorOptions): OperationOf<'embedding'> {
  const { inputDims, outputDims, shared } = config;
  const { embeddingsRegularizer: regularizer, embeddingsConstraint: constraint } = options;
  const tables = shared ? 1 : inputDims.length;
  const tableOf = (column: number): ParameterSpec => ({
    // Several tables are named as in PyTorch's nn.ModuleList.
    name: tables === 1 ? 'weight' : `${column}.weight`,
    shape: [inputDims[column], outputDims[column]],
    storage: 'vector',
    learned: true,
    initializer: options.embeddingsInitializer,
    ...(regularizer && { regularizer }),
    ...(constraint && { constraint }),
    fanIn: inputDims[column],
    fanOut: outputDims[column],
  });
  return {
    kind: 'embedding',
    config,
    outputWidth: sum(outputDims),
    parameters: Array.from({ length: tables }, (_, column) => tableOf(column)),
  };
}

export const embeddingForward: Forward<'embedding'> = {
  inPlace: false,
  categories: ({ inputDims }) => inputDims,
  bind({ inputDims, outputDims, shared }, { runtime: { kernels }, inputs: [x], output: y, parameters }) {
    const starts = startsOf(outputDims);
    return [
      // Nothing else writes the padding, which may hold any bits: a NaN there would reach the padding of gradients.
      ...(y.width % 4 === 0 ? [] : [(rows: number) => kernels.f32_fill(rows * y.ld, y.address, 0)]),
      ...inputDims.map((categories, column) => {
        const table = parameters[shared ? 0 : column];
        const [from, to] = [x.address + 4 * column, y.address + 4 * starts[column]];
        return (rows: number) => kernels.f32_embed(rows, outputDims[column], categories, from, x.ld, table, to, y.ld);
      }),
    ];
  },
};
