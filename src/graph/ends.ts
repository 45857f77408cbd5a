import type { NetworkPlan } from './plan.js';

/** An input or output of a network. */
export interface End {
  readonly name: string;
  readonly width: number;
}

/** The name, or with a stroke for every layer that has it. */
function nextFree(name: string, names: ReadonlySet<string>): string {
  while (names.has(name)) name += "'";
  return name;
}

/** The inputs of a plan with the names of their layers. */
export const inputEnds = ({ graph, inputs, widths }: NetworkPlan): End[] =>
  graph.inputs.map((node, index) => ({
    name: graph.names[graph.nodes[node].layer],
    width: widths[inputs[index]],
  }));

/** The outputs of a plan with the names of their layers; a layer's second output is numbered. */
export function outputEnds({ graph, outputs, widths }: NetworkPlan): End[] {
  const names = new Set(graph.names);
  const taken = new Set<string>();
  const numbers = new Map<string, number>();
  return graph.outputs.map((node, index) => {
    const layer = graph.names[graph.nodes[node].layer];
    let name = layer;
    let number = numbers.get(layer) ?? 1;
    // A number that makes no other layer's name.
    for (; taken.has(name); number++) name = nextFree(`${layer}_${number}`, names);
    numbers.set(layer, number);
    taken.add(name);
    return { name, width: widths[outputs[index]] };
  });
}
