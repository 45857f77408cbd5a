/**
 * Gradient accumulation: several batches that make one update, with the gradient of one batch of all their rows. A
 * `BatchGroup` counts their rows and owns the sums; the steps of a program read from it where a batch is (program.ts,
 * operations/row-sums.ts), and updater.ts makes the update.
 *
 * The bits are those of the large batch: losses divide by the rows of all batches, random numbers are those of the rows
 * there, and sums over rows go on row by row. As there, rows are summed in blocks, and a parameter of several nodes has
 * a sum for each, added at the end. Statistics over the rows of a batch remain those of each batch: gradients of
 * operations that need them are computed for each and added.
 *
 * If other rows come than expected, the gradient is multiplied by expected/actual rows at the end.
 */
import { alignedFloats, storedFloats, type NetworkPlan } from '../graph/plan.js';
import { allocateVector } from '../graph/parameters.js';
import { accumulates } from '../operations/backward.js';
import type { BatchPlace } from '../operations/binding.js';
import { RegionGroup } from '../runtime/arena.js';
import { ROW_BLOCK } from '../runtime/constants.generated.js';
import type { WasmRuntime } from '../runtime/wasm-runtime.js';
import type { TrainingLayout } from './layout.js';

/** Counters of an unfinished group, which files keep. */
export interface GroupCounters {
  readonly batches: number;
  readonly rows: number;
  /** Rows that the group will have: known ahead, or those that it would have if all batches were as large as the first. */
  readonly expected: number;
}

/** Counters of a group that has not begun. */
export const NO_BATCHES: GroupCounters = { batches: 0, rows: 0, expected: 0 };

export class BatchGroup implements BatchPlace {
  /** Address of the summed gradient, in the layout of the training, and behind it further sums. */
  readonly gradients: number;
  /** Returns the rows of the loaded batch and of those after it, so many in all, where they are known. */
  rowsAhead: ((batches: number) => number | undefined) | undefined;
  private count: GroupCounters = NO_BATCHES;
  /** Counters of the group while something else uses its memory. */
  private held: GroupCounters | undefined;
  /** Floats of all sums. */
  private readonly floats: number;
  /** By node: the first floats of the sums of its parameters; undefined for those that are not trained. */
  private readonly sums = new Map<number, (number | undefined)[]>();
  /** Sums of the second and further nodes of a parameter, with the gradient to which they are added. */
  private readonly further: { readonly gradient: number; readonly sum: number; readonly floats: number }[] = [];
  /** Nodes whose gradients are computed for each batch. */
  private readonly apart = new Set<number>();
  /** Address of the sums of a block of rows that is not complete; 0 if groups are no longer than one. */
  private blocks = 0;
  private readonly blockRegion: RegionGroup;

  /** `size`: batches of a full group. */
  constructor(
    readonly size: number,
    { nodes, parameters }: NetworkPlan,
    { gradientOf, floats }: TrainingLayout,
    private readonly runtime: WasmRuntime,
    regions: RegionGroup,
  ) {
    const seen = new Set<number>();
    // Backward runs from the last node to the first.
    for (let index = nodes.length - 1; index >= 0; index--) {
      const node = nodes[index];
      const places = node.parameters.map((parameter) => {
        const gradient = gradientOf[parameter];
        if (gradient === undefined) return undefined;
        const again = seen.has(parameter);
        seen.add(parameter);
        if (!again) return gradient.offset;
        const { spec } = parameters[parameter];
        this.further.push({ gradient: gradient.offset, sum: floats, floats: storedFloats(spec) });
        floats += alignedFloats(spec);
        return this.further.at(-1)!.sum;
      });
      this.sums.set(index, places);
      if (places.some((place) => place !== undefined) && !accumulates(node.operation)) this.apart.add(index);
    }
    this.floats = floats;
    this.gradients = allocateVector(runtime, regions, floats);
    this.blockRegion = new RegionGroup(runtime.arena);
    if (this.apart.size > 0) this.blocks = allocateVector(runtime, regions, floats);
  }

  /** Bytes of its sums. */
  get bytes(): number {
    return 4 * this.floats * (this.blocks === 0 ? 1 : 2);
  }

  /** Allocates what groups of batches of so many rows need; called before their program is bound. */
  reserve(rows: number): void {
    if (this.blocks === 0 && this.size * rows > ROW_BLOCK)
      this.blocks = allocateVector(this.runtime, this.blockRegion, this.floats);
  }

  /** Address of the sum of a node's parameter; 0 if it is not trained. */
  sumOf(node: number, order: number): number {
    const place = this.sums.get(node)?.[order];
    return place === undefined ? 0 : this.gradients + 4 * place;
  }

  /** Whether the gradients of a node are computed for each batch. */
  isApart(node: number): boolean {
    return this.apart.has(node);
  }

  get toBlock(): number {
    return this.blocks === 0 ? 0 : this.blocks - this.gradients;
  }

  get before(): number {
    return this.count.rows;
  }

  get expected(): number {
    return this.count.expected;
  }

  /** Batches so far whose gradients are summed. */
  get batches(): number {
    return this.count.batches;
  }

  /** Rows of the group so far, whatever uses its memory. */
  get rows(): number {
    return (this.held ?? this.count).rows;
  }

  /** Runs a batch of the group; returns whether the group is full. */
  run(rows: number, run: () => void): boolean {
    const { size } = this;
    if (this.count.batches === 0) this.count = { ...NO_BATCHES, expected: this.rowsAhead?.(size) ?? size * rows };
    try {
      run();
    } catch (error) {
      this.reset();
      throw error;
    }
    const { batches, rows: before, expected } = this.count;
    this.count = { batches: batches + 1, rows: before + rows, expected };
    return this.count.batches === size;
  }

  /** Adds a gradient of one batch, computed where the sum of its block would be, to the sum at `address`. */
  addApart(address: number, floats: number): void {
    const { kernels } = this.runtime;
    const part = address + this.toBlock;
    if (this.before > 0) kernels.f32_sum(floats, address, part, address);
    else kernels.f32_copy(floats, part, address);
    kernels.f32_fill(floats, part, 0);
  }

  /** Makes the gradient over `rows` rows from the sums. */
  settle(rows: number): void {
    const { gradients, further } = this;
    const { kernels } = this.runtime;
    if (this.blocks !== 0 && rows > ROW_BLOCK && rows % ROW_BLOCK !== 0) {
      kernels.f32_sum(this.floats, gradients, this.blocks, gradients);
      kernels.f32_fill(this.floats, this.blocks, 0);
    }
    for (const { gradient, sum, floats } of further) {
      const whole = gradients + 4 * gradient;
      kernels.f32_sum(floats, whole, gradients + 4 * sum, whole);
    }
  }

  /** Ends the group: the gradient becomes the mean over the rows that came. */
  finish(): void {
    const { rows, expected } = this.count;
    this.settle(rows);
    if (rows !== expected) this.runtime.kernels.f32_scale(this.floats, this.gradients, expected / rows);
    this.count = NO_BATCHES;
  }

  /** Forgets the batches so far. */
  reset(): void {
    this.count = NO_BATCHES;
    // Tables of embeddings count on zeros; what an interrupted batch left is not.
    if (this.blocks !== 0) this.runtime.kernels.f32_fill(this.floats, this.blocks, 0);
  }

  /** Runs a batch of `rows` rows that does not belong to the group. */
  beside<T>(rows: number, run: () => T): T {
    const { count } = this;
    return this.keeping(() => {
      this.held = count;
      this.count = { ...NO_BATCHES, expected: rows };
      try {
        return run();
      } finally {
        this.count = count;
        this.held = undefined;
      }
    });
  }

  /** Runs something that reads the gradient of the batches so far, whose sums stay as they are. */
  reading<T>(run: () => T): T {
    const { rows, batches } = this.count;
    if (batches === 0 || (this.further.length === 0 && rows <= ROW_BLOCK)) return run();
    return this.keeping(() => {
      this.settle(rows);
      return run();
    });
  }

  get counters(): GroupCounters {
    return this.count;
  }

  /** Counters of a group whose gradient so far was written. */
  set counters(counters: GroupCounters) {
    this.reset();
    this.count = counters;
    const { kernels } = this.runtime;
    for (const { sum, floats } of this.further) kernels.f32_fill(floats, this.gradients + 4 * sum, 0);
  }

  free(): void {
    this.blockRegion.free();
  }

  /** Runs something, after which the sums are as before. */
  private keeping<T>(run: () => T): T {
    const { memory } = this.runtime;
    const held = [this.gradients, this.blocks]
      .filter((address) => address !== 0)
      .map((address) => ({ address, copy: memory.copy(address, this.floats) }));
    try {
      return run();
    } finally {
      for (const { address, copy } of held) memory.f32.set(copy, address / 4);
    }
  }
}
