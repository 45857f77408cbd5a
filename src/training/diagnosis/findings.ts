/**
 * Measures the network as a whole on a diagnosed batch: gradients of 0, outputs that are no probabilities, layers that
 * have met only batches of one row, and the outputs. diagnose.ts measures the layers; outcome.ts judges one output.
 */
import { canBeNegative } from '../../activations/derivatives.js';
import type { MatrixView } from '../../runtime/matrix-view.js';
import type { Graph } from '../../graph/graph.js';
import type { PlannedParameter } from '../../graph/plan.js';
import { usesBatchStatistics } from '../../operations/backward.js';
import { readParameter } from '../../graph/parameters.js';
import type { TrainingProgram } from '../program.js';
import { measuredOutputs } from '../../losses/definition.js';
import { lossProperties } from '../../losses/properties.js';
import type { Trainer } from '../trainer.js';
import type { Findings } from './advice.js';
import { isConstant, judgeOutput, tableOf, type Outcome } from './outcome.js';

/** A batch that has run forward and backward. */
interface Batch {
  readonly trainer: Trainer;
  readonly program: TrainingProgram;
  readonly rows: number;
  readonly gradients: number;
}

/** Returns the names of the layers that make the outputs. */
const outputLayers = ({ model }: Trainer): string[] =>
  model.plan.graph.outputs.map((node) => model.plan.graph.names[model.plan.graph.nodes[node].layer]);

/** Whether all gradients of these tensors are 0. Penalties are not included, since they do not depend on the data. */
const hasNoGradient = ({ trainer, gradients }: Batch, parameters: readonly PlannedParameter[]): boolean =>
  parameters.every((parameter) =>
    readParameter(trainer.model.runtime, gradients, parameter).every((value) => value === 0),
  );

/** Whether the gradient is 0 in all trained tensors. */
export function zeroGradientOf(batch: Batch): boolean {
  const { trained } = batch.trainer.layout;
  return trained.length > 0 && hasNoGradient(batch, trained);
}

/**
 * Returns the layers whose weights are still those of an initialization with zeros, but have a gradient: they pass no
 * gradient back before their first update, and do after it.
 */
export function zeroWeights({ trainer, gradients }: Batch): ReadonlySet<string> {
  const { plan, runtime, weights } = trainer.model;
  if (trainer.stepCount > 0) return new Set();
  const zero = plan.parameters.filter((parameter, index) => {
    const gradient = trainer.layout.gradientOf[index];
    return (
      gradient !== undefined &&
      parameter.spec.storage === 'panels' &&
      readParameter(runtime, weights, parameter).every((value) => value === 0) &&
      readParameter(runtime, gradients, gradient).some((value) => value !== 0)
    );
  });
  return new Set(zero.map(({ layer }) => plan.graph.names[layer]));
}

/**
 * Returns the losses on probabilities whose outputs are none: some are below 0, or above the largest that the loss
 * accepts.
 */
export function notProbabilities({ trainer, program, rows }: Batch): Findings['notProbabilities'] {
  const names = outputLayers(trainer);
  const { runtime } = trainer.model;
  return trainer.compiled.losses.flatMap((loss, index) => {
    const { kind } = loss;
    const { probabilities } = lossProperties(loss);
    if (probabilities === undefined) return [];
    const { values } = tableOf(runtime.memory.f32, program.outputs[index], rows);
    const wrong = values.filter((value) => value < 0 || value > probabilities.largest).length;
    return wrong === 0 ? [] : [{ layer: names[index], kind, share: wrong / values.length, ...probabilities }];
  });
}

/**
 * Returns the layers whose running statistics still have their initial values, although there were updates or this
 * batch has one row.
 */
export function batchesOfOne({ trainer, rows }: Batch): string[] {
  const { plan, runtime, weights } = trainer.model;
  if (rows > 1 && trainer.stepCount === 0) return [];
  const found = new Set<string>();
  for (const { operation, parameters, layer } of plan.nodes) {
    if (!usesBatchStatistics(operation, trainer.layout.frozen.has(layer))) continue;
    const running = parameters.map((index) => plan.parameters[index]).filter(({ spec }) => !spec.learned);
    const still = running.every((parameter) => {
      // Variances start at 1, means at 0.
      const start = parameter.spec.least === undefined ? 0 : 1;
      return readParameter(runtime, weights, parameter).every((value) => value === start);
    });
    if (still) found.add(plan.graph.names[layer]);
  }
  return [...found];
}

/** Returns the layers that a node of the graph depends on, its own included. */
function layersBefore({ nodes }: Graph, end: number): ReadonlySet<number> {
  const reached = new Set([end]);
  for (let node = end; node >= 0; node--) {
    if (reached.has(node)) nodes[node].inputs.forEach((before) => reached.add(before));
  }
  return new Set([...reached].map((node) => nodes[node].layer));
}

/** Judges each output, except those whose loss has weight 0. */
export function outcomesOf(batch: Batch): Outcome[] {
  const { trainer, program, rows } = batch;
  const { losses, lossWeights } = trainer.compiled;
  const { runtime, plan, outputSpecs } = trainer.model;
  const table = (matrix: MatrixView) => tableOf(runtime.memory.f32, matrix, rows);
  const names = outputLayers(trainer);
  const matrices = trainer.layout.trained.filter(({ spec }) => spec.storage === 'panels');
  const differ = rows > 1 && program.inputs.some((matrix) => !isConstant(table(matrix)));
  return losses.flatMap((loss, index) => {
    if (lossWeights[index] === 0) return [];
    const measured = measuredOutputs(lossProperties(loss), program.outputs[index]);
    const before = layersBefore(plan.graph, plan.graph.outputs[index]);
    const still = hasNoGradient(
      batch,
      matrices.filter(({ layer }) => before.has(layer)),
    );
    const judged = judgeOutput(lossProperties(loss), table(measured), table(program.targets[index]), {
      differ,
      negative: canBeNegative(outputSpecs[index].madeBy),
    });
    return [{ layer: names[index], still, ...judged }];
  });
}
