/** `Evaluator`: evaluates datasets at one moment of a training, in memory that it keeps for the next evaluation. */
import { replaceOrRestore } from '../runtime/arena.js';
import type { Dataset } from './data/shape.js';
import { evaluateInParts, type ExecutionContext, type Logs } from './execution-context.js';

/** Largest number of rows evaluated at a time, even if more are requested: memory depends on it, results do not. */
const MOST_EVALUATED = 1024;

export class Evaluator {
  private context: ExecutionContext | undefined;

  constructor(private readonly bind: (capacity: number, weighted: boolean) => ExecutionContext) {}

  /** Bytes of its activations. */
  get bytes(): number {
    return this.context?.program.bytes ?? 0;
  }

  evaluate(dataset: Dataset, wanted: number, guard: { running: boolean }): Logs {
    const batchSize = Math.min(wanted, MOST_EVALUATED);
    const weighted = dataset.weights !== undefined;
    const before = this.context;
    if (before === undefined || before.program.capacity < batchSize || before.program.weighted !== weighted) {
      const bind = (capacity: number, weights: boolean): void => {
        this.context = this.bind(capacity, weights);
      };
      this.context = undefined;
      replaceOrRestore(
        before,
        () => bind(batchSize, weighted),
        ({ program }) => bind(program.capacity, program.weighted),
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
