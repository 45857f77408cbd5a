import { appliedName } from '../operations/operation.js';
import { inputCategories, type Categories } from './categories.js';
import type { NetworkPlan } from './plan.js';

/** Name and width of an input or output of a network. */
export interface TensorSpec {
  readonly name: string;
  readonly width: number;
  /** Of an output: the activation that computes it, or the kind of the operation. */
  readonly madeBy?: string | undefined;
  /** Of an input whose columns are categories: the number of them in each column. */
  readonly categories?: Categories;
}

/** Returns the name, with strokes appended until no layer has it. */
function nextFree(name: string, names: ReadonlySet<string>): string {
  while (names.has(name)) name += "'";
  return name;
}

/** Returns the inputs of a plan with the names of their layers. */
export function inputSpecs(plan: NetworkPlan): TensorSpec[] {
  const { graph, inputs, widths } = plan;
  const categories = inputCategories(plan);
  return graph.inputs.map((node, index) => ({
    name: graph.names[graph.nodes[node].layer],
    width: widths[inputs[index]],
    categories: categories[index],
  }));
}

/** Returns the outputs of a plan with the names of their layers; further outputs of the same layer are numbered. */
export function outputSpecs({ graph, nodes, outputs, widths }: NetworkPlan): TensorSpec[] {
  const names = new Set(graph.names);
  const taken = new Set<string>();
  const numbers = new Map<string, number>();
  const makers = new Map(nodes.map(({ output, operation }) => [output, appliedName(operation)]));
  return graph.outputs.map((node, index) => {
    const layer = graph.names[graph.nodes[node].layer];
    let name = layer;
    let number = numbers.get(layer) ?? 1;
    // A number that does not result in the name of another layer.
    for (; taken.has(name); number++) name = nextFree(`${layer}_${number}`, names);
    numbers.set(layer, number);
    taken.add(name);
    const output = outputs[index];
    return { name, width: widths[output], madeBy: makers.get(output) };
  });
}
