/** Models of weights of eight bits: what they refuse, and what `quantize` needs to make one of a model. */
import { StateError } from '../common/errors.js';
import { ownOf } from '../common/objects.js';
import type { NamedTensor } from '../common/tensors.js';
import type { Blueprint } from '../graph/architecture.js';
import type { ModelState } from '../graph/model-state.js';
import type { NetworkPlan } from '../graph/plan.js';
import type { Compiled } from '../training/compiled.js';
import { savedOptions } from './checkpoint.js';
import type { MakeAlike, UnfinishedModel } from './model-options.js';
import { readWeights } from './weights.js';

/** Whether a model has weights of eight bits. */
export const hasInt8 = ({ plan: { graph } }: Pick<ModelState, 'plan'>): boolean =>
  (ownOf(graph, 'int8')?.size ?? 0) > 0;

/** Throws for a model of weights of eight bits. */
export function requireFloats(where: string, state: Pick<ModelState, 'plan'>): void {
  if (!hasInt8(state)) return;
  throw new StateError(
    `${where}: a model of float32 weights expected, got one whose weights are rounded to eight bits, which predicts ` +
      `and evaluates only. Use the model that it was made from, and call quantize again.`,
  );
}

/** A model as `quantize` takes it. */
export interface ToQuantize {
  readonly state: ModelState;
  /** Returns copies of its weights as they are now. */
  tensors(): NamedTensor[];
  /** Makes a model of another plan with these weights, compiled as this one is. */
  copy(blueprint: Blueprint, plan: NetworkPlan, weights: readonly Float32Array[]): UnfinishedModel;
}

export const toQuantize = (
  state: ModelState,
  alike: MakeAlike,
  compiledNow: () => Compiled | undefined,
): ToQuantize => ({
  state,
  tensors: () => readWeights(state, state.plan.parameters),
  copy(blueprint, plan, weights) {
    const made = alike('quantize', blueprint, plan);
    try {
      made.restore({ epochCount: state.epochCount, weights, training: undefined });
      const compiled = compiledNow();
      if (compiled !== undefined) made.recompile(savedOptions(compiled), compiled.targetChecks, new Set());
      return made;
    } catch (error) {
      made.dispose();
      throw error;
    }
  },
});
