/**
 * Which row weights decide whether a row of a value counts: a value may be read by several outputs, each with row
 * weights of its own. clear-rows.ts clears rows that count for none of them.
 */
import { valuesBefore, type NetworkPlan } from '../graph/plan.js';
import { penalizedValues } from '../operations/backward.js';
import type { Objective } from './objective.js';

/** Groups of outputs, and by value the group whose losses depend on it. */
export interface WeightGroups {
  /** Each by the indices of its outputs; at least two, since one output's weights need no sum. */
  readonly sums: readonly (readonly number[])[];
  /**
   * By value: outputs with a loss of a weight other than 0 that depend on it; all outputs that do if only a penalty on
   * values counts, which has no row weights.
   */
  readonly outputsOf: readonly (readonly number[])[];
}

/** Groups the outputs of a model whose outputs have row weights of their own; no groups if one vector is for all. */
export function groupWeights(plan: NetworkPlan, objective: Objective, weightVectors: number): WeightGroups {
  if (weightVectors < 2) return { sums: [], outputsOf: plan.widths.map(() => [0]) };
  const before = plan.outputs.map((output) => valuesBefore(plan, [output]));
  const counting = objective.flatMap(({ weight }, index) => (weight === 0 ? [] : [index]));
  const penalized = valuesBefore(plan, penalizedValues(plan.nodes));
  const outputsOf = plan.widths.map((_, value) => {
    const depending = (index: number): boolean => before[index][value];
    const counted = counting.filter(depending);
    return counted.length === 0 && penalized[value] ? plan.outputs.map((_, index) => index).filter(depending) : counted;
  });
  const sums = new Map(outputsOf.filter(({ length }) => length > 1).map((group) => [group.join(), group]));
  return { sums: [...sums.values()], outputsOf };
}
