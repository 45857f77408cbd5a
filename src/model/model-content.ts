/** What the entries that write other formats read of a model. */
import type { NamedTensor } from '../common/tensors.js';
import type { NetworkPlan } from '../graph/plan.js';
import type { TensorSpec } from '../graph/tensor-specs.js';

/** A model as plain data: its plan, inputs, outputs, and copies of its tensors in the plan's order. */
export interface ModelContent {
  readonly plan: NetworkPlan;
  readonly inputSpecs: readonly TensorSpec[];
  readonly outputSpecs: readonly TensorSpec[];
  readonly tensors: readonly NamedTensor[];
}
