import { allocateVector } from '../../graph/parameters.js';
import type { LbfgsOptions } from '../../optimizers/full-batch.js';
import type { Algorithm, Site } from './algorithm.js';
import { iterate } from './lbfgs.js';
import { parameterSpace } from './parameter-space.js';

/**
 * Binds L-BFGS to vectors in linear memory. The optimizer's state is its history: first the steps, then the changes.
 */
export function bindLbfgs(config: Required<LbfgsOptions>, { model, vectors, trial, regions }: Site): Algorithm {
  const { runtime, plan } = model;
  const { historySize } = config;
  const space = parameterSpace(runtime, plan, regions.allocate(8));
  const own = {
    point: vectors.weights,
    trial,
    gradient: vectors.gradients,
    direction: allocateVector(runtime, regions, plan.learnedFloats),
    before: allocateVector(runtime, regions, plan.learnedFloats),
    steps: vectors.optimizerState.slice(0, historySize),
    changes: vectors.optimizerState.slice(historySize),
  };
  return ({ value, count, evaluate }) => iterate(space, own, config, { value, next: count % historySize }, evaluate);
}
