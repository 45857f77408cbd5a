/**
 * What a diagnosis measures of the network as a whole, beside its layers: gradients of 0, outputs that are no
 * probabilities, batches of one row, and the outputs.
 */
import type { MatrixView } from '../../runtime/matrix-view.js';
import type { Graph } from '../../graph/graph.js';
import type { PlannedParameter } from '../../graph/plan.js';
import type { Program } from '../../graph/program.js';
import { lossProperties } from '../../losses/properties.js';
import type { Trainer } from '../trainer.js';
import type { Findings } from './advice.js';
import { isConstant, judgeOutput, tableOf, type Outcome } from './outcome.js';

/** What is looked at: a batch that has run forward and backward. */
interface Batch {
  readonly trainer: Trainer;
  readonly program: Program;
  readonly rows: number;
  readonly gradients: number;
}

/** Names of the layers that the outputs come from. */
const outputLayers = ({ model }: Trainer): string[] =>
  model.plan.graph.outputs.map((node) => model.plan.graph.names[model.plan.graph.nodes[node].layer]);

/** Whether nothing among these tensors has a gradient. Without what penalties add, which is no matter of the data. */
const hasNoGradient = ({ trainer, gradients }: Batch, parameters: readonly PlannedParameter[]): boolean =>
  parameters.every((parameter) => trainer.model.layout.readOne(gradients, parameter).every((value) => value === 0));

/** Whether the gradient is 0 in all that is learned. */
export function zeroGradientOf(batch: Batch): boolean {
  const learned = batch.trainer.model.plan.parameters.filter(({ spec }) => spec.learned);
  return learned.length > 0 && hasNoGradient(batch, learned);
}

/** The cross-entropies that are taken of outputs which are no probabilities: below 0, or of a binary one above 1. */
export function notProbabilities({ trainer, program, rows }: Batch): Findings['notProbabilities'] {
  const names = outputLayers(trainer);
  const { runtime } = trainer.model;
  return trainer.compiled.losses.flatMap(({ kind }, index) => {
    const { probabilities } = lossProperties(kind);
    if (probabilities === undefined) return [];
    const { values } = tableOf(runtime.memory.f32, program.outputs[index], rows);
    const wrong = values.filter((value) => value < 0 || value > probabilities.largest).length;
    return wrong === 0 ? [] : [{ layer: names[index], kind, share: wrong / values.length, ...probabilities }];
  });
}

/**
 * The layers with running statistics that have never moved, although there were updates or the batch at hand has one
 * row.
 */
export function batchesOfOne({ trainer, rows }: Batch): string[] {
  const { plan, layout, weights } = trainer.model;
  if (rows > 1 && trainer.stepCount === 0) return [];
  const found = new Set<string>();
  for (const { operation, parameters, layer } of plan.nodes) {
    if (!operation.usesBatchStatistics) continue;
    const running = parameters.map((index) => plan.parameters[index]).filter(({ spec }) => !spec.learned);
    const still = running.every((parameter) => {
      // Variances start as 1, means as 0.
      const start = parameter.spec.least === undefined ? 0 : 1;
      return layout.readOne(weights, parameter).every((value) => value === start);
    });
    if (still) found.add(plan.graph.names[layer]);
  }
  return [...found];
}

/** The layers that a node of the graph depends on. */
function layersBefore({ nodes }: Graph, end: number): ReadonlySet<number> {
  const reached = new Set([end]);
  for (let node = end; node >= 0; node--) {
    if (reached.has(node)) nodes[node].inputs.forEach((before) => reached.add(before));
  }
  return new Set([...reached].map((node) => nodes[node].layer));
}

/** What each output comes to; of one whose loss counts for nothing, nothing. */
export function outcomesOf(batch: Batch): Outcome[] {
  const { trainer, program, rows } = batch;
  const { losses, lossWeights } = trainer.compiled;
  const { runtime, plan } = trainer.model;
  const table = (place: MatrixView) => tableOf(runtime.memory.f32, place, rows);
  const names = outputLayers(trainer);
  const matrices = plan.parameters.filter(({ spec }) => spec.learned && spec.storage === 'panels');
  const differ = rows > 1 && program.inputs.some((place) => !isConstant(table(place)));
  return losses.flatMap(({ kind }, index) => {
    if (lossWeights[index] === 0) return [];
    const before = layersBefore(plan.graph, plan.graph.outputs[index]);
    const still = hasNoGradient(
      batch,
      matrices.filter(({ layer }) => before.has(layer)),
    );
    const judged = judgeOutput(
      lossProperties(kind),
      table(program.outputs[index]),
      table(program.targets[index]),
      differ,
    );
    return [{ layer: names[index], still, ...judged }];
  });
}
