/**
 * Weights at which full-batch training evaluates the loss, apart from those of the model. Trained weights come first,
 * in the layout of gradients and optimizer state, so that algorithms see flat vectors, also where layers are frozen or
 * weights are those of another model.
 */
import type { ModelState } from '../../graph/model-state.js';
import { allocateVector } from '../../graph/parameters.js';
import { alignedFloats, type NetworkPlan } from '../../graph/plan.js';
import type { RegionGroup } from '../../runtime/arena.js';
import type { TrainingLayout } from '../layout.js';

/** A parameter in both places, as addresses. */
interface Place {
  readonly ofModel: number;
  readonly ofTrial: number;
  readonly floats: number;
  /** Whether training changes it: it is learned, or a running statistic, of a layer that is not frozen. */
  readonly changes: boolean;
}

/** All weights of a network, with copies from and to the model. */
export class TrialWeights {
  readonly address: number;
  /** The plan of the model, with offsets from `address`. */
  readonly plan: NetworkPlan;
  private readonly places: readonly Place[];

  constructor(
    private readonly model: ModelState,
    layout: TrainingLayout,
    regions: RegionGroup,
  ) {
    const { runtime, plan, weights } = model;
    this.plan = planTrial(plan, layout);
    const address = allocateVector(runtime, regions, this.plan.parameterFloats);
    this.address = address;
    this.places = plan.parameters.map(({ offset, spec, layer }, index) => ({
      ofModel: weights + 4 * offset,
      ofTrial: address + 4 * this.plan.parameters[index].offset,
      floats: alignedFloats(spec),
      changes: !layout.frozen.has(layer),
    }));
  }

  /** Copies the weights of the model. */
  take(): void {
    const { kernels } = this.model.runtime;
    for (const { ofModel, ofTrial, floats } of this.places) kernels.f32_copy(floats, ofModel, ofTrial);
  }

  /** Makes these weights those of the model; those of frozen layers are not written. */
  accept(): void {
    const { kernels } = this.model.runtime;
    for (const { ofModel, ofTrial, floats, changes } of this.places) {
      if (changes) kernels.f32_copy(floats, ofTrial, ofModel);
    }
  }

  /** Whether the weights of the model are these. */
  get areThoseOfModel(): boolean {
    const { f32 } = this.model.runtime.memory;
    return this.places.every(({ ofModel, ofTrial, floats }) => {
      const [from, to] = [ofModel / 4, ofTrial / 4];
      for (let i = 0; i < floats; i++) if (f32[from + i] !== f32[to + i]) return false;
      return true;
    });
  }
}

/** Returns a plan with the trained weights where the layout has their gradients, and the others behind them. */
function planTrial(plan: NetworkPlan, { floats, gradientOf }: TrainingLayout): NetworkPlan {
  let parameterFloats = floats;
  const parameters = plan.parameters.map((parameter, index) => {
    const offset = gradientOf[index]?.offset ?? parameterFloats;
    if (gradientOf[index] === undefined) parameterFloats += alignedFloats(parameter.spec);
    return { ...parameter, offset };
  });
  return { ...plan, parameters, learnedFloats: floats, parameterFloats };
}
