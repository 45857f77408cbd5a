/**
 * `Updater`: the gradients and the optimizer state of a training, and what turns a gradient into an update: penalties,
 * clipping, the optimizer's rule and constraints. trainer.ts computes the gradients and counts the updates.
 */
import type { NamedTensor } from '../common/tensors.js';
import type { ModelState } from '../graph/model-state.js';
import { allocateVector, readParameters, writeParameters } from '../graph/parameters.js';
import { stateNames, type Update } from '../optimizers/bind.js';
import type { Optimizer } from '../optimizers/optimizers.js';
import type { UpdateVectors } from '../optimizers/update-vectors.js';
import type { RegionGroup } from '../runtime/arena.js';
import { bindClip, bindConstraints, bindPenalties } from './adjustments.js';
import { bindUpdates, type TrainingLayout } from './layout.js';

/** Gradients, optimizer state and the steps of an update of one compiled model. */
export class Updater {
  readonly vectors: UpdateVectors;
  /** Applies the optimizer's rule. */
  readonly apply: Update;
  private readonly penalize: () => void;
  private readonly clip: () => void;
  private readonly constrain: () => void;
  private readonly names: readonly string[];

  constructor(
    private readonly model: ModelState,
    private readonly layout: TrainingLayout,
    optimizer: Optimizer,
    regions: RegionGroup,
  ) {
    const { runtime, plan, weights } = model;
    const allocate = (): number => allocateVector(runtime, regions, layout.floats);
    const gradients = allocate();
    this.names = stateNames(optimizer);
    const optimizerState = this.names.map(allocate);
    this.vectors = { size: layout.floats, weights, gradients, parameters: layout.trained, optimizerState };
    this.apply = bindUpdates(runtime, optimizer, this.vectors, layout.stretches);
    this.clip = bindClip(runtime, layout, optimizer, this.vectors, regions);
    this.penalize = bindPenalties(runtime, plan, layout, this.vectors);
    this.constrain = bindConstraints(runtime, plan, layout, weights);
  }

  /** Bytes of gradients and of optimizer state. */
  get bytes(): { gradients: number; optimizerState: number } {
    const { size, optimizerState } = this.vectors;
    return { gradients: 4 * size, optimizerState: 4 * size * optimizerState.length };
  }

  /** Turns the gradient of the loss into the one of an update: penalties are added, and it is clipped. */
  prepare(): void {
    this.penalize();
    this.clip();
  }

  /** Ends an update: holds the weights to their constraints. */
  finish(): void {
    this.constrain();
  }

  /** Returns the optimizer state by name, as tensors. */
  readState(): { name: string; tensors: NamedTensor[] }[] {
    return this.vectors.optimizerState.map((address, index) => ({
      name: this.names[index],
      tensors: readParameters(this.model.runtime, address, this.layout.trained),
    }));
  }

  /** Replaces the optimizer state by tensors in the order of `readState`, whose sizes the caller has checked. */
  writeState(state: readonly (readonly Float32Array[])[]): void {
    this.vectors.optimizerState.forEach((address, index) =>
      writeParameters(this.model.runtime, address, this.layout.trained, state[index]),
    );
  }
}
