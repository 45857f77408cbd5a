/**
 * What optimizers that look at all rows at once cannot train: `compile` refuses networks whose loss is no fixed,
 * differentiable function of the trained weights, and `fit` refuses batches.
 */
import { ValueError } from '../../common/errors.js';
import { ownOf } from '../../common/objects.js';
import { sizeOf } from '../../common/tensors.js';
import type { NetworkPlan } from '../../graph/plan.js';
import { addsPenalty, drawsRandomNumbers, isAffine, usesBatchStatistics } from '../../operations/backward.js';
import type { FullBatchOptimizer } from '../../optimizers/full-batch.js';
import type { Compiled } from '../compiled.js';
import type { TrainingLayout } from '../layout.js';

/** Most weights that levenbergMarquardt trains: its matrices take 8·n² bytes, and an iteration n³/3 products. */
const MOST_WEIGHTS = 5000;

/**
 * Throws if an optimizer cannot train a network.
 * @throws ValueError that names the layer.
 */
export function requireTrainable(
  plan: NetworkPlan,
  layout: TrainingLayout,
  optimizer: FullBatchOptimizer,
  compiled: Pick<Compiled, 'losses' | 'objective'>,
): void {
  requireFixedLoss(plan, layout, optimizer.kind);
  if (optimizer.kind === 'levenbergMarquardt') requireLeastSquares(plan, layout, compiled);
}

function refuse(kind: string, expected: string, got: string, hint: string): never {
  throw new ValueError(`compile: optimizer ${kind} expected ${expected}, got ${got}. ${hint}`);
}

/**
 * Throws if the loss of a network changes from one evaluation to the next, has a penalty whose derivative jumps, if
 * weights are constrained after an update, or if layers have rates of their own.
 */
function requireFixedLoss(
  { graph, nodes, parameters }: NetworkPlan,
  { gradientOf, frozen }: TrainingLayout,
  kind: string,
): void {
  const refuseLayer = (layer: number, what: string, hint: string): never =>
    refuse(kind, 'a loss that depends on the weights alone', `"${graph.names[layer]}", ${what}`, hint);
  for (const { operation, layer } of nodes) {
    if (addsPenalty(operation)) refuseLayer(layer, 'whose outputs have a penalty', 'Remove the penalty, or use adam.');
    if (drawsRandomNumbers(operation)) {
      refuseLayer(layer, 'which draws random numbers', 'Remove the layer, or use adam.');
    }
  }
  parameters.forEach(({ spec, layer }, index) => {
    if (gradientOf[index] === undefined) return;
    if (ownOf(spec, 'constraint') !== undefined) {
      refuseLayer(layer, 'whose weights have a constraint', 'Remove the constraint, or use adam.');
    }
    if ((ownOf(spec, 'regularizer')?.config.l1 ?? 0) > 0) {
      refuseLayer(layer, 'whose penalty l1 has no derivative at 0', 'Use l2, or adam.');
    }
  });
  const factor = graph.layers.findIndex(
    ({ config }, layer) => !frozen.has(layer) && ownOf(config, 'learningRateFactor') !== undefined,
  );
  if (factor !== -1) {
    const expected = 'layers without learningRateFactor, since it has no learning rate';
    refuse(kind, expected, `"${graph.names[factor]}" with one`, 'Remove it, or use adam.');
  }
}

/** Throws if the loss is no sum of squares, a Jacobian not one of dense layers, or its matrix too large. */
function requireLeastSquares(
  { graph, nodes }: NetworkPlan,
  { gradientOf, frozen, trained }: TrainingLayout,
  { losses, objective }: Pick<Compiled, 'losses' | 'objective'>,
): void {
  const kind = 'levenbergMarquardt';
  objective.forEach(({ loss, weight }, index) => {
    if (loss.squares !== undefined || weight === 0) return;
    const expected = 'the loss meanSquaredError or halfSquaredError';
    refuse(kind, expected, losses[index].kind, 'Use lbfgs for other losses.');
  });
  for (const { operation, layer, parameters } of nodes) {
    const trains = parameters.some((parameter) => gradientOf[parameter] !== undefined);
    const mixesRows = usesBatchStatistics(operation, frozen.has(layer));
    if (!mixesRows && (!trains || isAffine(operation))) continue;
    const got = `"${graph.names[layer]}", a layer of kind ${graph.layers[layer].kind}`;
    refuse(kind, 'layers that learn to be dense or maxout', got, 'Freeze it, or use lbfgs.');
  }
  const weights = trained.reduce((total, { spec }) => total + sizeOf(spec.shape), 0);
  if (weights <= MOST_WEIGHTS) return;
  const got = `${weights}, whose matrices would take ${Math.ceil((8 * weights * weights) / 1e6)} MB`;
  refuse(kind, `at most ${MOST_WEIGHTS} weights`, got, 'Use lbfgs, or fewer units.');
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
