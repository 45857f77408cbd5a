/**
 * Gradient accumulation: several batches that make one update, as if they were one larger batch. A `BatchGroup` counts
 * them. The steps of a program read from it whether gradients go on from what they are, and by how much the mean over a
 * batch counts (program.ts, operations/affine.backward.ts); updater.ts makes the update.
 *
 * The group expects all of its batches to have as many rows as the first. Deltas of a batch are divided by its rows, in
 * the kernels of losses, and multiplied by its share of the rows expected. If other rows came, the gradient is
 * multiplied by expected/actual rows at the end. Products with powers of two are exact: with 2, 4, 8, … equal batches
 * the bits are those of one large batch of up to a block of rows (operations/row-sums.ts), where gradients go on row by
 * row.
 */
import { storedFloats, type NetworkPlan } from '../graph/plan.js';
import { accumulates } from '../operations/backward.js';
import type { Continuation } from '../operations/binding.js';
import type { Kernels } from '../runtime/abi.js';
import type { TrainingLayout } from './layout.js';

/** Counters of an unfinished group, which files keep. */
export interface GroupCounters {
  readonly batches: number;
  readonly rows: number;
  /** Rows that the group would have if all batches were as large as the first. */
  readonly expected: number;
}

/** Counters of a group that has not begun. */
export const NO_BATCHES: GroupCounters = { batches: 0, rows: 0, expected: 0 };

/** A parameter whose gradient is computed apart for each batch and then added. */
interface Part {
  readonly offset: number;
  readonly floats: number;
}

export class BatchGroup implements Continuation {
  private count: GroupCounters = NO_BATCHES;
  private isBeside = false;
  private readonly parts = new Map<number, Part>();

  /** `size`: batches of a full group. `gradients`: address of the summed gradient. */
  constructor(
    readonly size: number,
    plan: NetworkPlan,
    layout: TrainingLayout,
    private readonly gradients: number,
    private readonly kernels: Kernels,
  ) {
    const once = new Set<number>();
    for (const { operation, parameters } of plan.nodes) {
      for (const parameter of parameters) {
        const gradient = layout.gradientOf[parameter];
        if (gradient === undefined) continue;
        // A parameter of several nodes has a sum of its own for each, over all rows.
        if (once.has(parameter) || !accumulates(operation)) {
          this.parts.set(parameter, { offset: gradient.offset, floats: storedFloats(gradient.spec) });
        }
        once.add(parameter);
      }
    }
  }

  /** Address of gradients of one batch that are added afterwards; set before programs are bound. */
  batchGradients = 0;

  /** Whether some gradients are computed apart. */
  get hasParts(): boolean {
    return this.parts.size > 0;
  }

  /** Whether a parameter's gradient is computed apart. */
  isApart(parameter: number): boolean {
    return this.parts.has(parameter);
  }

  /** Batches so far whose gradients are summed. */
  get batches(): number {
    return this.count.batches;
  }

  /** Whether gradients of the batch that runs are added to those of the batches before it. */
  get continues(): boolean {
    return this.count.batches > 0 && !this.isBeside;
  }

  /** Share of a batch's rows in those that the group expects. */
  share(rows: number): number {
    return this.isBeside ? 1 : rows / this.count.expected;
  }

  /** Runs a batch of the group, whose gradient is added to those before it; returns whether the group is full. */
  run(rows: number, run: () => void): boolean {
    if (this.count.batches === 0) this.count = { ...NO_BATCHES, expected: this.size * rows };
    try {
      run();
    } catch (error) {
      this.reset();
      throw error;
    }
    this.collect();
    const { batches, rows: before, expected } = this.count;
    this.count = { batches: batches + 1, rows: before + rows, expected };
    return this.count.batches === this.size;
  }

  /** Adds the gradients of a batch that were computed apart. */
  collect(): void {
    const { kernels, gradients, batchGradients, continues } = this;
    for (const { offset, floats } of this.parts.values()) {
      const part = batchGradients + 4 * offset;
      const whole = gradients + 4 * offset;
      if (continues) kernels.f32_sum(floats, whole, part, whole);
      else kernels.f32_copy(floats, part, whole);
    }
  }

  /** Factor that makes the summed gradient the mean over the rows that came. */
  get correction(): number {
    return this.count.expected / this.count.rows;
  }

  /** Forgets the batches so far. */
  reset(): void {
    this.count = NO_BATCHES;
  }

  /** Runs a batch that does not belong to the group. */
  beside<T>(run: () => T): T {
    this.isBeside = true;
    try {
      return run();
    } finally {
      this.isBeside = false;
    }
  }

  get counters(): GroupCounters {
    return this.count;
  }

  set counters(counters: GroupCounters) {
    this.count = counters;
  }
}
