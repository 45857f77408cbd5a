import type { NetworkPlan } from './plan.js';

/** An input or output of a network. */
export interface End {
  readonly name: string;
  readonly width: number;
  /** Of an output: the kind of the operation that makes it, such as an activation. */
  readonly madeBy?: string | undefined;
}

/** The name, or with a stroke for every layer that has it. */
function nextFree(name: string, names: readonly string[]): string {
  while (names.includes(name)) name += "'";
  return name;
}

/** The inputs of a plan with the names of their layers. */
export const inputEnds = ({ graph, inputs, widths }: NetworkPlan): End[] =>
  graph.inputs.map((node, index) => ({
    name: graph.names[graph.nodes[node].layer],
    width: widths[inputs[index]],
  }));

/** The outputs of a plan with the names of their layers; a layer's second output is numbered. */
export function outputEnds({ graph, nodes, outputs, widths }: NetworkPlan): End[] {
  const taken = new Set<string>();
  const makers = new Map(nodes.map(({ output, operation }) => [output, operation.kind]));
  return graph.outputs.map((node, index) => {
    const layer = graph.names[graph.nodes[node].layer];
    let name = layer;
    // A number that makes no other layer's name.
    for (let number = 1; taken.has(name); number++) name = nextFree(`${layer}_${number}`, graph.names);
    taken.add(name);
    const output = outputs[index];
    return { name, width: widths[output], madeBy: makers.get(output) };
  });
}
