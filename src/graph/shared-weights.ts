/**
 * Weights of applied nodes, which models share: finds the weights that symbolic tensors have already, and places those
 * of a new model, in a block of its own or where another model has them.
 */
import { describeShape } from '../common/describe.js';
import { ShapeError, ValueError } from '../common/errors.js';
import type { LayerWeights, SymbolicTensor } from '../layers/layer.js';
import { WeightBlock } from '../runtime/weight-block.js';
import type { WasmRuntime } from '../runtime/wasm-runtime.js';
import { alignedFloats, assignOffsets, byLayer, type NetworkPlan, type PlannedParameter } from './plan.js';
import type { Packed } from './repack.js';
import { requireRoom } from './room.js';

/** Floats one after another in linear memory. */
export interface FloatRange {
  readonly address: number;
  readonly floats: number;
}

/** A plan whose weights have addresses. */
export interface PlacedWeights {
  /**
   * The plan with offsets from the address of the model's own block; those of other blocks are outside of that block.
   */
  readonly plan: NetworkPlan;
  /** The block of the weights that are new. */
  readonly own: WeightBlock;
  /** By layer: its weights, if it has any. */
  readonly layers: readonly (LayerWeights | undefined)[];
  /** Indices of the parameters that are new. */
  readonly added: readonly number[];
  /** All weights in the order of a model that shares none. */
  readonly ranges: readonly FloatRange[];
}

/** The blocks of each memory, and their parameters. Models may be gone that symbolic tensors keep the weights of. */
const blocks = new WeakMap<object, Set<WeakRef<WeightBlock>>>();
const contents = new WeakMap<WeightBlock, readonly PlannedParameter[]>();

function noteBlock({ root }: WasmRuntime, block: WeightBlock, parameters: readonly PlannedParameter[]): void {
  const all = blocks.get(root) ?? new Set();
  // At each power of two, so that this takes a constant time per block.
  if ((all.size & (all.size - 1)) === 0) for (const one of all) if (one.deref()?.live !== true) all.delete(one);
  blocks.set(root, all.add(new WeakRef(block)));
  contents.set(block, parameters);
}

/** Returns where the weights are that exist in the memory of this runtime, with their parameters. */
export const liveBlocks = ({ root }: WasmRuntime): Packed[] =>
  [...(blocks.get(root) ?? [])].flatMap((one) => {
    const block = one.deref();
    return block?.live === true ? [{ address: block.address, parameters: contents.get(block)! }] : [];
  });

/** Returns the blocks that a model uses: its own, and those of the models whose weights it shares. */
export const blocksOf = ({ own, layers }: PlacedWeights): WeightBlock[] => [
  ...new Set([own, ...layers.flatMap((weights) => (weights === undefined ? [] : [weights.block]))]),
];

/**
 * Returns, by layer, the weights that the tensors of its nodes have already.
 * @throws ValueError if these are on another engine, or if a layer has two sets of them; ShapeError if they do not fit.
 */
export function findWeights(
  where: string,
  runtime: WasmRuntime,
  { graph, parameters }: NetworkPlan,
  tensors: readonly SymbolicTensor[],
): readonly (LayerWeights | undefined)[] {
  const found: (LayerWeights | undefined)[] = graph.layers.map(() => undefined);
  tensors.forEach(({ weights }, node) => {
    if (!weights?.block.live) return;
    const { layer } = graph.nodes[node];
    const name = graph.names[layer];
    if (!weights.block.isIn(runtime)) {
      throw new ValueError(
        `${where}: outputs expected layers whose weights are on the same engine, got "${name}" of a model on another one. ` +
          `Make both models on one engine, or apply the layers anew for new weights.`,
      );
    }
    if ((found[layer] ?? weights) !== weights) {
      throw new ValueError(
        `${where}: "${name}" expected one set of weights, got those of two models. Apply the layer anew in one of them.`,
      );
    }
    found[layer] = weights;
  });
  byLayer(graph, parameters).forEach((own, layer) => {
    const weights = found[layer];
    if (weights === undefined) return;
    own.forEach(({ spec: { shape } }, order) => {
      const has = weights.shapes[order];
      if (shape.every((extent, axis) => extent === has[axis])) return;
      throw new ShapeError(
        `${where}: "${graph.names[layer]}" expected inputs for its weights of ${describeShape(has)}, got inputs for ${describeShape(shape)}.`,
      );
    });
  });
  return found;
}

/**
 * Places the weights of a plan: those in `found` where they are, the others in a new block.
 * @throws MemoryError where that block, or a row of values, does not fit.
 */
export function placeWeights(
  where: string,
  runtime: WasmRuntime,
  plan: NetworkPlan,
  found: readonly (LayerWeights | undefined)[],
): PlacedWeights {
  const { graph, parameters } = plan;
  const added = parameters.flatMap(({ layer }, index) => (found[layer] === undefined ? [index] : []));
  const sharesNone = added.length === parameters.length;
  const assigned = sharesNone ? plan : assignOffsets(added.map((index) => parameters[index]));
  requireRoom(where, { ...plan, ...assigned }, runtime.memory.maximumBytes, runtime.start);
  const own = new WeightBlock(runtime, assigned.parameterFloats);
  const { address } = own;
  noteBlock(runtime, own, assigned.parameters);
  const next = new Map(added.map((parameter, index) => [parameter, assigned.parameters[index]]));
  const orders = graph.layers.map(() => 0);
  const placed = parameters.map((parameter, index): PlannedParameter => {
    const order = orders[parameter.layer]++;
    const elsewhere = found[parameter.layer]?.addresses[order];
    return elsewhere === undefined ? next.get(index)! : { ...parameter, offset: (elsewhere - address) / 4 };
  });
  const layers = byLayer(graph, placed).map((all, layer) => {
    if (found[layer] !== undefined || all.length === 0) return found[layer];
    return {
      block: own,
      addresses: all.map(({ offset }) => address + 4 * offset),
      shapes: all.map(({ spec }) => spec.shape),
    };
  });
  return {
    plan: sharesNone ? plan : { ...plan, ...assigned, parameters: placed },
    own,
    layers,
    added,
    ranges: rangesOf(address, parameters, placed),
  };
}

/** Returns where the weights are, in the order of their offsets in `parameters`. */
function rangesOf(
  base: number,
  parameters: readonly PlannedParameter[],
  placed: readonly PlannedParameter[],
): FloatRange[] {
  const ranges: { address: number; floats: number }[] = [];
  const order = parameters.map((_, index) => index).sort((a, b) => parameters[a].offset - parameters[b].offset);
  for (const index of order) {
    const { offset, spec } = placed[index];
    const address = base + 4 * offset;
    const last = ranges.at(-1);
    if (last !== undefined && last.address + 4 * last.floats === address) last.floats += alignedFloats(spec);
    else ranges.push({ address, floats: alignedFloats(spec) });
  }
  return ranges;
}

/** Whether a plan has weights of another model. */
export const borrows = ({ parameters, parameterFloats }: NetworkPlan): boolean =>
  parameters.some(({ offset }) => offset < 0 || offset >= parameterFloats);
