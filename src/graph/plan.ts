/**
 * Plans: a graph lowered to operations, with numbered values and named parameters at offsets in one flat vector.
 * memory-plan.ts plans the buffers of the values, and program.ts binds both to addresses.
 */
import { describeShape } from '../common/describe.js';
import { ShapeError, ValueError } from '../common/errors.js';
import { MOST_CONNECTIONS, MOST_NODES } from '../common/limits.js';
import { ownOf } from '../common/objects.js';
import { sizeOf } from '../common/tensors.js';
import { int8WeightBytes, MOST_INPUTS } from '../runtime/int8/weight-bytes.js';
import { padded, panelFloats } from '../runtime/panels.js';
import { affineInt8 } from '../operations/affine-int8.js';
import type { Operation, OperationConfigs, ParameterSpec } from '../operations/operation.js';
import { requireInputsOfCategories } from './categories.js';
import { inputWidth, type Graph } from './graph.js';

type AffineConfig = OperationConfigs['affine'];

/** A tensor of the model with its name and its offset in the flat parameter vector. */
export interface PlannedParameter {
  readonly name: string;
  readonly spec: ParameterSpec;
  /**
   * First float, a multiple of 16, from the address of the model's weights. That of weights which another model made is
   * outside of them: graph/shared-weights.ts.
   */
  readonly offset: number;
  /** Index of its layer. */
  readonly layer: number;
}

/** An operation with the values that it reads and writes, by number. */
export interface OperationNode {
  readonly operation: Operation;
  /** Index of the layer that it comes from. */
  readonly layer: number;
  readonly inputs: readonly number[];
  readonly output: number;
  /** Indices into the plan's parameters. */
  readonly parameters: readonly number[];
}

/** A lowered network: plain data, in an order in which every value is computed before it is read. */
export interface NetworkPlan {
  readonly graph: Graph;
  /** Width of each value. */
  readonly widths: readonly number[];
  readonly nodes: readonly OperationNode[];
  /** The value of each node of the graph. */
  readonly values: readonly number[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** Learned and other parameters, in the order of the graph. */
  readonly parameters: readonly PlannedParameter[];
  /** Floats in the learned part of the flat parameter vector, which comes first. */
  readonly learnedFloats: number;
  /** Floats in the whole flat parameter vector. */
  readonly parameterFloats: number;
}

/** Returns parameters by the index of their layer. */
export function byLayer<P extends { readonly layer: number }>({ layers }: Graph, parameters: readonly P[]): P[][] {
  const all = layers.map((): P[] => []);
  for (const parameter of parameters) all[parameter.layer].push(parameter);
  return all;
}

/** Parameters start on cache lines, and vector kernels may process sixteen floats at a time. */
const PARAMETER_ALIGNMENT = 16;

/** Floats that a parameter takes in the flat vector, padding included. */
export const storedFloats = ({ shape, storage }: ParameterSpec): number =>
  storage === 'panels'
    ? panelFloats(shape[0], shape[1])
    : storage === 'int8'
      ? int8WeightBytes(shape[1], shape[0]) / 4
      : padded(sizeOf(shape));

/** Floats that a parameter takes in a flat vector, with the gap to the next one. */
export const alignedFloats = (spec: ParameterSpec): number =>
  Math.ceil(storedFloats(spec) / PARAMETER_ALIGNMENT) * PARAMETER_ALIGNMENT;

function requireSize(where: string, { nodes }: Graph): void {
  if (nodes.length > MOST_NODES) {
    throw new ValueError(`${where}: graph expected at most ${MOST_NODES} layers, got ${nodes.length}.`);
  }
  const connections = nodes.reduce((total, { inputs }) => total + inputs.length, 0);
  if (connections > MOST_CONNECTIONS) {
    throw new ValueError(
      `${where}: graph expected at most ${MOST_CONNECTIONS} connections between layers, got ${connections}.`,
    );
  }
}

/** Assigns offsets to parameters, learned ones first. */
export function assignOffsets(parameters: readonly Omit<PlannedParameter, 'offset'>[]) {
  let floats = 0;
  const offsets = new Map<object, number>();
  const assignAll = (learned: boolean): number => {
    for (const parameter of parameters) {
      if (parameter.spec.learned !== learned) continue;
      offsets.set(parameter, floats);
      floats += alignedFloats(parameter.spec);
    }
    return floats;
  };
  const learnedFloats = assignAll(true);
  const parameterFloats = assignAll(false);
  return {
    parameters: parameters.map((parameter) => ({ ...parameter, offset: offsets.get(parameter)! })),
    learnedFloats,
    parameterFloats,
  };
}

/**
 * Lowers a graph to operations. Parameters of a chain are named as in the equivalent PyTorch `nn.Sequential`, in which
 * an activation is a separate module: the number of the module, then the name of the parameter. In a graph the names
 * start with the name of the layer.
 * @throws ShapeError, ValueError that name the layer whose inputs do not fit; ValueError for a graph with too many
 * layers.
 */
export function planNetwork(where: string, graph: Graph): NetworkPlan {
  requireSize(where, graph);
  const { layers, names, naming } = graph;
  const int8 = ownOf(graph, 'int8');
  const widths: number[] = [];
  const nodes: OperationNode[] = [];
  const values: number[] = [];
  const parameters: Omit<PlannedParameter, 'offset'>[] = [];
  /** By index of a layer that was lowered before: its parameters, operation by operation. */
  const shared = new Map<number, readonly (readonly number[])[]>();
  let modules = 0;
  graph.nodes.forEach(({ layer: index, inputs }, position) => {
    const layer = layers[index];
    const width = inputWidth(layer);
    const isInt8 = int8?.has(index) === true;
    if (width !== undefined) {
      if (isInt8) requireInt8(where, names[index], []);
      values.push(widths.push(width) - 1);
      return;
    }
    const given = inputs.map((node) => widths[values[node]]);
    const stated = layer.config.inputShape;
    if (stated !== undefined && stated[0] !== given[0]) {
      const which = naming === 'modules' ? `layer ${position - 1}` : `"${names[index]}"`;
      throw new ShapeError(`${where}: inputShape of ${which} expected [${given[0]}], got [${stated[0]}].`);
    }
    const lowered = layer.lower(`${where}: "${names[index]}"`, given);
    if (isInt8) requireInt8(where, names[index], lowered.flat());
    const before = shared.get(index);
    const own: (readonly number[])[] = [];
    let current = inputs.map((node) => values[node]);
    lowered.forEach((operations, module) => {
      for (const float of operations) {
        const operation = isInt8 && float.kind === 'affine' ? affineInt8(float, int8.get(index)) : float;
        const prefix =
          naming === 'modules' ? String(modules) : module === 0 ? names[index] : `${names[index]}.activation`;
        const list =
          before === undefined
            ? operation.parameters.map(
                (spec) => parameters.push({ name: `${prefix}.${spec.name}`, spec, layer: index }) - 1,
              )
            : before[own.length];
        list.forEach((parameter, order) => {
          requireShape(`${where}: "${names[index]}"`, parameters[parameter].spec, operation.parameters[order]);
        });
        own.push(list);
        const output = widths.push(operation.outputWidth) - 1;
        nodes.push({ operation, layer: index, inputs: current, output, parameters: list });
        current = [output];
      }
      modules += 1;
    });
    if (before === undefined) shared.set(index, own);
    values.push(current[0]);
  });
  requireNames(where, parameters);
  const networkInputs = graph.inputs.map((node) => values[node]);
  requireInputsOfCategories(where, { nodes, inputs: networkInputs }, names);
  return {
    graph,
    widths,
    nodes,
    values,
    inputs: networkInputs,
    outputs: graph.outputs.map((node) => values[node]),
    ...assignOffsets(parameters),
  };
}

/**
 * Throws unless names are unique, as a file needs, and none starts with `optimizer.`, as those of the optimizer state
 * do.
 */
function requireNames(where: string, parameters: readonly { readonly name: string }[]): void {
  const taken = new Set<string>();
  for (const { name } of parameters) {
    if (taken.has(name)) {
      throw new ValueError(`${where}: weights expected different names, got "${name}" twice. Rename a layer.`);
    }
    if (name.startsWith('optimizer.')) {
      throw new ValueError(
        `${where}: "${name}" expected not to start with "optimizer.", which is reserved for optimizer state. Rename the layer.`,
      );
    }
    taken.add(name);
  }
}

/** Throws unless a layer has weights that may have eight bits. */
function requireInt8(where: string, name: string, operations: readonly Operation[]): void {
  const maps = operations.filter(({ kind }) => kind === 'affine');
  if (maps.length > 0 && maps.every(({ config }) => (config as AffineConfig).inputs <= MOST_INPUTS)) return;
  throw new ValueError(
    `${where}: int8 expected dense and maxout layers of at most ${MOST_INPUTS} inputs, got "${name}".`,
  );
}

/** Throws unless a layer that is used in several places has weights of the same shape in each. */
function requireShape(where: string, { shape }: ParameterSpec, again: ParameterSpec): void {
  if (shape.every((extent, axis) => extent === again.shape[axis])) return;
  throw new ShapeError(
    `${where} expected the same inputs in every place, got weights of ${describeShape(shape)} and ${describeShape(again.shape)}.`,
  );
}

/** By value: whether it is one of these, or one of these depends on it. */
export function valuesBefore({ nodes, widths }: NetworkPlan, values: readonly number[]): boolean[] {
  const before = widths.map(() => false);
  for (const value of values) before[value] = true;
  for (const { inputs, output } of [...nodes].reverse()) {
    if (before[output]) for (const input of inputs) before[input] = true;
  }
  return before;
}
