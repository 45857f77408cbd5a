/** `Evaluator`: evaluates datasets at one moment of a training, in memory that it keeps for the next evaluation. */
import { replaceOrRestore } from '../runtime/arena.js';
import type { Dataset } from './data/shape.js';
import { canHold, evaluateInParts, type ExecutionContext, type Logs } from './execution-context.js';

/** Largest number of rows evaluated at a time, even if more are requested: memory depends on it, results do not. */
const MOST_EVALUATED = 1024;

export class Evaluator {
  private context: ExecutionContext | undefined;

  constructor(private readonly bind: (capacity: number, weightVectors: number) => ExecutionContext) {}

  /** Bytes of its activations. */
  get bytes(): number {
    return this.context?.program.bytes ?? 0;
  }

  evaluate(dataset: Dataset, wanted: number, guard: { running: boolean }): Logs {
    const batchSize = Math.min(wanted, MOST_EVALUATED);
    const weightVectors = dataset.weights.length;
    const before = this.context;
    if (before === undefined || !canHold(before, batchSize, weightVectors)) {
      const bind = (capacity: number, weights: number): void => {
        this.context = this.bind(capacity, weights);
      };
      this.context = undefined;
      replaceOrRestore(
        before,
        () => bind(batchSize, weightVectors),
        ({ program }) => bind(program.capacity, program.weightVectors),
      );
    }
    const context = this.context!;
    context.accumulator.reset();
    const parts = evaluateInParts(context, dataset, batchSize, guard);
    while (parts.next().done !== true);
    return context.accumulator.means(dataset.rows);
  }

  free(): void {
    this.context?.free();
  }
}
