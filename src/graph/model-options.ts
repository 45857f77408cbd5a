/** Reads the options of `model`: symbolic tensors from its inputs to its outputs. */
import { isList } from '../common/arrays.js';
import { describe } from '../common/describe.js';
import { ValueError } from '../common/errors.js';
import { listOf, readOptions, type Check } from '../common/options.js';
import { isSymbolic, type SymbolicTensor } from '../layers/layer.js';
import { FACTORIES } from '../layers/registry.js';
import { layerList, SEED, type Blueprint } from './architecture.js';
import { trace } from './trace.js';

/**
 * One symbolic tensor or several.
 * @category Models
 */
export type Tensors = SymbolicTensor | readonly SymbolicTensor[];

/**
 * Options of `model`.
 * @category Models
 */
export interface ModelOptions<O extends Tensors = Tensors> {
  /** Results of `input`: one, or a list in the order in which data will be given. */
  inputs: Tensors;
  /** Results of `layer.apply`: one, or a list in the order in which predictions will be returned. */
  outputs: O;
  /** Seed of initialization, shuffles and masks, an integer from 0 to 2^32 − 1. Default 0. */
  seed?: number;
}

const tensor: Check<SymbolicTensor> = (path, value) => {
  if (isSymbolic(value)) return value;
  throw new ValueError(`${path} expected what input() or apply() returns, got ${describe(value)}.`);
};

const tensorList: Check<readonly SymbolicTensor[]> = (path, value) => {
  if (!isList(value)) return [tensor(path, value)];
  return listOf('a list of tensors', tensor)(path, value);
};

/** Reads the options of `model`. Returns the blueprint, and the symbolic tensor of each node. */
export function readModel(
  where: string,
  options: unknown,
): { readonly blueprint: Blueprint; readonly tensors: readonly SymbolicTensor[] } {
  const { inputs, outputs, seed } = readOptions<{
    inputs: readonly SymbolicTensor[];
    outputs: readonly SymbolicTensor[];
    seed: number;
  }>(where, options, { inputs: { check: tensorList }, outputs: { check: tensorList }, seed: SEED });
  return readTensors(where, inputs, outputs, seed);
}

/** Returns the blueprint of the graph between symbolic tensors, and the symbolic tensor of each node. */
export function readTensors(
  where: string,
  inputs: readonly SymbolicTensor[],
  outputs: readonly SymbolicTensor[],
  seed: number,
): { readonly blueprint: Blueprint; readonly tensors: readonly SymbolicTensor[] } {
  const { graph, tensors } = trace(where, inputs, outputs);
  // A layer of another model keeps the name that it has here: its name says which model it comes from.
  const named = graph.layers.map(({ kind, config, nameBase }, index) =>
    nameBase === undefined ? { kind, config } : { kind, config: { ...config, name: graph.names[index] } },
  );
  // Copies the layers, as for a chain: what `layer.adapt` changes later affects only models that are built later.
  const layers = layerList(FACTORIES, 'with inputs')(`${where}: layers`, named);
  return { blueprint: { graph: { ...graph, layers }, seed }, tensors };
}
