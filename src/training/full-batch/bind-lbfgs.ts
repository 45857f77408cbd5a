import { allocateVector } from '../../graph/parameters.js';
import type { LbfgsOptions } from '../../optimizers/full-batch.js';
import type { Algorithm, Site } from './algorithm.js';
import { iterate } from './lbfgs.js';
import { parameterSpace } from './parameter-space.js';

/**
 * Binds L-BFGS to vectors in linear memory. The optimizer's state is its history: first the steps, then the changes.
 */
export function bindLbfgs(config: Required<LbfgsOptions>, { model, vectors, trial, layout, regions }: Site): Algorithm {
  const { runtime } = model;
  const { historySize } = config;
  const space = parameterSpace(runtime, layout, regions.allocate(8));
  const allocate = (): number => allocateVector(runtime, regions, layout.floats);
  const own = {
    point: allocate(),
    trial: trial.address,
    gradient: vectors.gradients,
    direction: allocate(),
    before: allocate(),
    steps: vectors.optimizerState.slice(0, historySize),
    changes: vectors.optimizerState.slice(historySize),
  };
  return {
    forget: () => undefined,
    iterate({ value, count, evaluate }) {
      space.copy(own.trial, own.point);
      return iterate(space, own, config, { value, next: count % historySize }, evaluate);
    },
  };
}
