/**
 * `Updater`: the gradients and the optimizer state of a training, and what turns a gradient into an update: penalties,
 * the mean over a group of batches, clipping, the optimizer's rule, constraints and the moving average of weights.
 * trainer.ts computes the gradients and counts the updates.
 */
import type { NamedTensor } from '../common/tensors.js';
import type { ModelState } from '../graph/model-state.js';
import { allocateVector, readParameters, writeParameters } from '../graph/parameters.js';
import { addsPenalty } from '../operations/backward.js';
import { AVERAGE, GRADIENT, stateNames, type Update } from '../optimizers/bind.js';
import { isFullBatch } from '../optimizers/full-batch.js';
import type { EmaConfig } from '../optimizers/optimizer-types.js';
import type { Optimizer } from '../optimizers/optimizers.js';
import type { UpdateVectors } from '../optimizers/update-vectors.js';
import type { RegionGroup } from '../runtime/arena.js';
import { bindClip, bindConstraints, bindPenalties, bindPenaltyLoss } from './adjustments.js';
import { BatchGroup } from './batch-group.js';
import { bindUpdates, type TrainingLayout } from './layout.js';

/** Gradients, optimizer state and the steps of an update of one compiled model. */
export class Updater {
  readonly vectors: UpdateVectors;
  /** The batches that make one update, if it may be more than one. */
  readonly group: BatchGroup | undefined;
  /** Applies the optimizer's rule. */
  readonly apply: Update;
  /** Returns the penalties on the weights, if there are any. */
  readonly penalty: (() => number) | undefined;
  /** Whether `prepare` and `finish` do anything: calls that do nothing cost the smallest networks some percent. */
  readonly prepares: boolean;
  readonly finishes: boolean;
  private readonly penalize: (() => void) | undefined;
  private readonly clip: (() => void) | undefined;
  private readonly constrain: (() => void) | undefined;
  private readonly names: readonly string[];
  private readonly ema: EmaConfig | undefined;

  constructor(
    private readonly model: ModelState,
    private readonly layout: TrainingLayout,
    optimizer: Optimizer,
    regions: RegionGroup,
  ) {
    const { runtime, plan, weights } = model;
    const allocate = (): number => allocateVector(runtime, regions, layout.floats);
    if (!isFullBatch(optimizer)) {
      const { accumulate = 1, ema } = optimizer.config;
      this.ema = ema;
      if (accumulate > 1) this.group = new BatchGroup(accumulate, plan, layout, runtime, regions);
    }
    const gradients = this.group?.gradients ?? allocate();
    this.names = stateNames(optimizer);
    const optimizerState = this.names.map((name) => (name === GRADIENT ? gradients : allocate()));
    this.vectors = { size: layout.floats, weights, gradients, parameters: layout.trained, optimizerState };
    this.apply = bindUpdates(runtime, optimizer, this.vectors, layout.stretches);
    this.clip = bindClip(runtime, layout, optimizer, this.vectors, regions);
    this.penalize = bindPenalties(runtime, plan, layout, this.vectors);
    this.penalty = bindPenaltyLoss(runtime, plan, layout, weights, regions);
    this.constrain = bindConstraints(runtime, plan, layout, weights);
    this.prepares = this.group !== undefined || this.penalize !== undefined || this.clip !== undefined;
    this.finishes = this.constrain !== undefined || this.ema !== undefined;
  }

  /** Bytes of gradients and of optimizer state. */
  get bytes(): { gradients: number; optimizerState: number } {
    const { size, gradients, optimizerState } = this.vectors;
    const others = optimizerState.filter((address) => address !== gradients).length;
    return { gradients: this.group?.bytes ?? 4 * size, optimizerState: 4 * size * others };
  }

  /** Whether logs have the penalties: those on weights, and those on values. */
  get reportsPenalties(): boolean {
    return this.penalty !== undefined || this.model.plan.nodes.some(({ operation }) => addsPenalty(operation));
  }

  /** Turns the gradient of the loss into the one of an update: penalties are added, and it is clipped. */
  prepare(): void {
    this.group?.finish();
    this.penalizeAndClip();
  }

  /** The same for a gradient that no group summed. */
  penalizeAndClip(): void {
    this.penalize?.();
    this.clip?.();
  }

  /** Ends update number `step`: weights are held to their constraints, and averaged. */
  finish(step: number): void {
    this.constrain?.();
    const { ema } = this;
    if (ema === undefined) return;
    const { kernels } = this.model.runtime;
    const { weights } = this.vectors;
    // The first average is the weights themselves, as in Keras and PyTorch.
    const rate = 1 - ema.momentum;
    for (const stretch of this.layout.stretches) {
      const [from, to] = [weights + 4 * stretch.weights, this.average + 4 * stretch.gradients];
      if (step === 1) kernels.f32_copy(stretch.floats, from, to);
      else kernels.f32_blend(stretch.floats, from, to, rate, 1);
    }
    const { overwriteFrequency } = ema;
    if (overwriteFrequency !== undefined && step % overwriteFrequency === 0) this.useAverage();
  }

  /** Whether the trained weights have a moving average. */
  get averages(): boolean {
    return this.ema !== undefined;
  }

  /** Replaces the trained weights by their moving averages. */
  useAverage(): void {
    const { kernels } = this.model.runtime;
    const { weights } = this.vectors;
    for (const stretch of this.layout.stretches) {
      kernels.f32_copy(stretch.floats, this.average + 4 * stretch.gradients, weights + 4 * stretch.weights);
    }
  }

  /** Returns the moving averages of the trained weights. */
  readAverages(): NamedTensor[] {
    return readParameters(this.model.runtime, this.average, this.layout.trained);
  }

  /** Runs a batch of `rows` rows, or an update, that does not belong to a group; one that is unfinished stays so. */
  besideGroup<T>(rows: number, run: () => T): T {
    return this.group === undefined ? run() : this.group.beside(rows, run);
  }

  /** Runs something that reads the optimizer state, to which the summed gradient of an unfinished group belongs. */
  reading<T>(run: () => T): T {
    return this.group === undefined ? run() : this.group.reading(run);
  }

  /** Returns the optimizer state by name, as tensors; the summed gradient only of an unfinished group. */
  readState(): { name: string; tensors: NamedTensor[] }[] {
    const unfinished = this.group !== undefined && this.group.batches > 0;
    return this.reading(() =>
      this.vectors.optimizerState
        .map((address, index) => ({ name: this.names[index], address }))
        .filter(({ name }) => name !== GRADIENT || unfinished)
        .map(({ name, address }) => ({
          name,
          tensors: readParameters(this.model.runtime, address, this.layout.trained),
        })),
    );
  }

  /** Replaces the optimizer state by tensors in the order of `readState`, whose sizes the caller has checked. */
  writeState(state: readonly (readonly Float32Array[])[]): void {
    // The summed gradient comes last; where no group was unfinished there is none.
    state.forEach((tensors, index) =>
      writeParameters(this.model.runtime, this.vectors.optimizerState[index], this.layout.trained, tensors),
    );
  }

  /** Address of the moving average. */
  private get average(): number {
    return this.vectors.optimizerState[this.names.indexOf(AVERAGE)];
  }
}
