import type { NamedTensor } from '../common/tensors.js';
import { RegionGroup } from '../engine/arena.js';
import type { Machine } from '../engine/machine.js';
import type { ParameterLayout } from '../graph/parameters.js';
import { storedFloats, type NetworkPlan } from '../graph/plan.js';
import { bindProgram, runProgram } from '../graph/program.js';
import { bindClip, bindUpdate, slotNames, type Update } from '../optimizers/bind.js';
import type { Compiled } from './compiled.js';
import type { Dataset } from './dataset.js';
import { bindStation, evaluate, type Logs, type Station } from './measure.js';

/** Rows that are evaluated at a time at most, however many are asked for: results do not depend on it, memory does. */
const MOST_EVALUATED = 1024;

/** What training needs of a model. */
export interface Trainee {
  readonly machine: Machine;
  readonly plan: NetworkPlan;
  readonly layout: ParameterLayout;
  /** Address of the flat parameter vector. */
  readonly weights: number;
}

/**
 * A compiled model's gradients, moments and bound steps. Memory is taken when compiled, and for activations at the first batch of
 * a larger size; after that a step allocates nothing.
 */
export class Trainer {
  /** Updates made since the model was compiled, saved with it. */
  stepCount = 0;
  learningRate: number;
  private readonly regions: RegionGroup;
  private readonly gradients: number;
  private readonly slots: readonly number[];
  private readonly update: Update;
  private readonly penalize: () => void;
  private readonly clip: () => void;
  private training: Station | undefined;
  private evaluation: Station | undefined;

  constructor(
    private readonly trainee: Trainee,
    readonly compiled: Compiled,
  ) {
    const { machine, layout, plan, weights } = trainee;
    this.learningRate = compiled.optimizer.config.learningRate;
    this.regions = new RegionGroup(machine.arena);
    this.gradients = layout.allocate(this.regions);
    this.slots = slotNames(compiled.optimizer).map(() => layout.allocate(this.regions));
    const vectors = { size: plan.parameterFloats, weights, gradients: this.gradients, slots: this.slots };
    this.update = bindUpdate(machine, compiled.optimizer, vectors);
    this.clip = bindClip(machine, compiled.optimizer, vectors);
    this.penalize = bindPenalties(machine, plan, vectors);
  }

  /** The bound training step for batches of up to `rows` rows. */
  stationFor(rows: number): Station {
    if (this.training !== undefined && this.training.program.capacity >= rows) return this.training;
    this.training?.free();
    this.training = undefined;
    const { weights } = this.trainee;
    this.training = this.bind({ weights, gradients: this.gradients }, rows);
    return this.training;
  }

  /** Forward, backward and update on rows that `station` already holds. */
  step(station: Station, rows: number): void {
    this.differentiate(station, rows);
    this.stepCount += 1;
    this.update(this.stepCount, this.learningRate);
  }

  /** One update on a whole dataset; loss and metrics from before it. */
  trainOn(dataset: Dataset): Logs {
    const station = this.load(dataset);
    this.step(station, dataset.x.rows);
    return station.tally.means(dataset.x.rows);
  }

  /** What an update on a whole dataset would be given: gradients of the mean loss, penalties added, clipped. Changes nothing. */
  gradientsOn(dataset: Dataset): NamedTensor[] {
    const station = this.load(dataset);
    this.differentiate(station, dataset.x.rows);
    return this.trainee.layout.read(this.gradients);
  }

  evaluate(dataset: Dataset, wanted: number): Logs {
    const batchSize = Math.min(wanted, MOST_EVALUATED);
    if (this.evaluation === undefined || this.evaluation.program.capacity < batchSize) {
      this.evaluation?.free();
      this.evaluation = undefined;
      this.evaluation = this.bind({ weights: this.trainee.weights }, batchSize);
    }
    return evaluate(this.evaluation, dataset, batchSize);
  }

  /** The moments by name, as tensors. */
  readSlots(): { name: string; tensors: NamedTensor[] }[] {
    const names = slotNames(this.compiled.optimizer);
    return this.slots.map((address, index) => ({ name: names[index], tensors: this.trainee.layout.read(address) }));
  }

  /** Goes on where a saved training stood. Moments in the order of `readSlots`, their sizes checked by the caller. */
  restore(
    { stepCount, learningRate }: { readonly stepCount: number; readonly learningRate: number },
    slots: readonly (readonly Float32Array[])[],
  ): void {
    this.slots.forEach((address, index) => this.trainee.layout.write(address, slots[index]));
    this.stepCount = stepCount;
    this.learningRate = learningRate;
  }

  free(): void {
    this.training?.free();
    this.evaluation?.free();
    this.regions.free();
  }

  /** Forward and backward, then what else belongs to the gradient. */
  private differentiate(station: Station, rows: number): void {
    runProgram(station.program, rows);
    this.penalize();
    this.clip();
  }

  private load(dataset: Dataset): Station {
    const { rows } = dataset.x;
    const station = this.stationFor(rows);
    station.tally.reset();
    station.feeder.take(dataset, 0, rows);
    return station;
  }

  private bind(addresses: { weights: number; gradients?: number }, capacity: number): Station {
    const { machine, plan } = this.trainee;
    const program = bindProgram(machine, plan, addresses, capacity, this.compiled.objective);
    return bindStation(machine, program, this.compiled);
  }
}

/** Adds the gradients of the layers' penalties on their weights. */
function bindPenalties(
  { kernels }: Machine,
  plan: NetworkPlan,
  { weights, gradients }: { readonly weights: number; readonly gradients: number },
): () => void {
  const penalties = plan.parameters.flatMap(({ spec, offset }) =>
    spec.regularizer === undefined ? [] : [{ at: 4 * offset, floats: storedFloats(spec), ...spec.regularizer.config }],
  );
  return () => {
    for (const { at, floats, l1, l2 } of penalties) {
      kernels.f32_penalty_gradient(floats, weights + at, gradients + at, l1, l2);
    }
  };
}
