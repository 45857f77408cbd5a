/**
 * What optimizers that look at all rows at once cannot train: `compile` refuses networks whose loss is no fixed,
 * differentiable function of the weights, and `fit` refuses batches.
 */
import { ValueError } from '../../common/errors.js';
import { ownOf } from '../../common/objects.js';
import type { NetworkPlan } from '../../graph/plan.js';
import { addsPenalty, drawsRandomNumbers } from '../../operations/backward.js';
import { borrows } from '../../graph/shared-weights.js';
import type { TrainingLayout } from '../layout.js';
import type { FullBatchOptimizer } from '../../optimizers/full-batch.js';

/**
 * Throws if the loss of a network changes from one evaluation to the next, has a penalty whose derivative jumps, or if
 * weights are constrained after an update.
 * @throws ValueError that names the layer.
 */
export function requireFixedLoss({ graph, nodes, parameters }: NetworkPlan, { kind }: FullBatchOptimizer): void {
  const refuse = (layer: number, what: string, hint: string): never => {
    throw new ValueError(
      `compile: optimizer ${kind} expected a loss that depends on the weights alone, got "${graph.names[layer]}", ` +
        `${what}. ${hint}`,
    );
  };
  for (const { operation, layer } of nodes) {
    if (addsPenalty(operation)) refuse(layer, 'whose outputs have a penalty', 'Remove the penalty, or use adam.');
    if (drawsRandomNumbers(operation)) refuse(layer, 'which draws random numbers', 'Remove the layer, or use adam.');
  }
  for (const { spec, layer } of parameters) {
    if (ownOf(spec, 'constraint') !== undefined) {
      refuse(layer, 'whose weights have a constraint', 'Remove the constraint, or use adam.');
    }
    if ((ownOf(spec, 'regularizer')?.config.l1 ?? 0) > 0) {
      refuse(layer, 'whose penalty l1 has no derivative at 0', 'Use l2, or adam.');
    }
  }
}

/**
 * Throws unless the weights that are trained are all learned weights, one after another: a trial is a copy of them.
 * @throws ValueError that names a layer that is frozen.
 */
export function requireAllTrained(
  plan: NetworkPlan,
  { floats, frozen, stretches }: TrainingLayout,
  { kind }: FullBatchOptimizer,
): void {
  const { graph, learnedFloats } = plan;
  const factor = graph.layers.findIndex(({ config }) => ownOf(config, 'learningRateFactor') !== undefined);
  if (factor !== -1) {
    throw new ValueError(
      `compile: optimizer ${kind} expected layers without learningRateFactor, since it has no learning rate, ` +
        `got "${graph.names[factor]}" with one. Remove it, or use adam.`,
    );
  }
  if (borrows(plan)) {
    throw new ValueError(
      `compile: optimizer ${kind} expected a model with weights of its own, got one that uses those of another model. ` +
        'Train that model, or use adam.',
    );
  }
  if (floats === learnedFloats && stretches.every(({ weights }) => weights === 0)) return;
  const [layer] = frozen;
  throw new ValueError(
    `compile: optimizer ${kind} expected every layer to be trained, got "${graph.names[layer]}" frozen. ` +
      'Set its trainable to true, or use adam.',
  );
}

/** Throws if `fit` is to train on less than all rows at a time. */
export function requireAllRows(kind: string, batchSize: number | undefined, rows: number): void {
  if (batchSize === undefined || batchSize >= rows) return;
  throw new ValueError(
    `fit: batchSize expected at least all ${rows} rows for the optimizer ${kind}, got ${batchSize}. ` +
      'Leave it out, or use adam.',
  );
}

/** Throws: `fit` cannot have all rows from a source of batches. */
export function refuseSource(kind: string): never {
  throw new ValueError(
    `fit: x expected rows in memory for the optimizer ${kind}, which needs all of them at once, ` +
      'got a source of batches. Pass the rows, or use adam.',
  );
}
