import { ShapeError, ValueError } from '../common/errors.js';
import { padded, panelFloats } from '../engine/panels.js';
import { sizeOf } from '../common/tensors.js';
import type { Operation, ParameterSpec } from '../layers/operation.js';
import { lowerLayer, type Layer } from '../layers/registry.js';

/** A learned tensor with its name in the model and its place in the flat parameter vector. */
export interface PlannedParameter {
  readonly name: string;
  readonly spec: ParameterSpec;
  /** First float, a multiple of 16. */
  readonly offset: number;
}

/** An operation with the values that it reads and writes, by number. */
export interface PlanNode {
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
  /** Width of each value. */
  readonly widths: readonly number[];
  readonly nodes: readonly PlanNode[];
  readonly input: number;
  readonly output: number;
  readonly parameters: readonly PlannedParameter[];
  /** Floats in the flat parameter vector. */
  readonly parameterFloats: number;
}

/** Parameters start on cache lines, and the vector kernels may take sixteen floats at a time. */
const PARAMETER_ALIGNMENT = 16;

/** Floats that a parameter takes in the flat vector, padding included. */
export const storedFloats = ({ shape, storage }: ParameterSpec): number =>
  storage === 'panels' ? panelFloats(shape[0], shape[1]) : padded(sizeOf(shape));

/**
 * Lowers a chain of layers. Parameters are named as in the equivalent PyTorch `nn.Sequential`, in which an
 * activation is a module of its own: the number of the module, then the parameter's own name.
 */
export function planSequential(layers: readonly Layer[]): NetworkPlan {
  const first = layers[0];
  if (first === undefined) throw new ValueError('sequential: layers expected at least one layer, got none.');
  const shape = first.config.inputShape;
  if (shape === undefined) {
    throw new ValueError(
      'sequential: inputShape expected on the first layer, got none. Add inputShape: [number of inputs].',
    );
  }
  const widths = [shape[0]];
  const nodes: PlanNode[] = [];
  const parameters: PlannedParameter[] = [];
  let floats = 0;
  let modules = 0;
  layers.forEach((layer, index) => {
    const inputs = widths.at(-1)!;
    const stated = layer.config.inputShape;
    if (stated !== undefined && stated[0] !== inputs) {
      throw new ShapeError(`sequential: inputShape of layer ${index} expected [${inputs}], got [${stated[0]}].`);
    }
    for (const operations of lowerLayer(layer, inputs)) {
      for (const operation of operations) {
        const own = operation.parameters.map((spec) => {
          const offset = floats;
          floats += Math.ceil(storedFloats(spec) / PARAMETER_ALIGNMENT) * PARAMETER_ALIGNMENT;
          return parameters.push({ name: `${modules}.${spec.name}`, spec, offset }) - 1;
        });
        const input = widths.length - 1;
        widths.push(operation.outputWidth);
        nodes.push({ operation, layer: index, inputs: [input], output: input + 1, parameters: own });
      }
      modules += 1;
    }
  });
  return { widths, nodes, input: 0, output: widths.length - 1, parameters, parameterFloats: floats };
}
