/**
 * Evaluations that may wait: of rows in memory or of a source of batches, part by part, with a break between two. `fit`
 * validates with them, and `evaluate` reads sources. trainer.ts evaluates rows in memory without a break.
 */
import { ValueError } from '../common/errors.js';
import { loadData } from './data/dataset.js';
import type { Dataset, DataShape } from './data/shape.js';
import { readBatch, type SourceReader } from './data/source.js';
import { evaluateInParts, type Logs } from './execution-context.js';
import type { Trainer } from './trainer.js';

/** Rows evaluated at a time. */
const PART = 256;

/** What an evaluation does between two parts. */
export interface Pauses {
  /** Yields to the event loop if it is time. Throws if the evaluation cannot continue. */
  pause(): Promise<void>;
  /** Waits for what a source promised. Throws if the evaluation cannot continue. */
  wait<T>(promise: Promise<T>): Promise<T>;
}

/** Data that is evaluated again and again. */
export interface Evaluation {
  /** Returns loss and metrics; `when` ends the names of batches in messages. */
  run(pauses: Pauses, when: string): Promise<Logs>;
  free(): void;
}

/**
 * Evaluates rows in memory. Memory for their activations is allocated here, so that a lack of it is found before
 * training, and apart from that of `evaluate`, which callbacks and pages may call in between.
 */
export function rowsEvaluation(trainer: Trainer, data: Dataset): Evaluation {
  const context = trainer.bindEvaluation(Math.min(data.rows, PART), data.weights.length);
  return {
    async run(pauses) {
      context.accumulator.reset();
      const parts = evaluateInParts(context, data, PART, trainer.model);
      while (parts.next().done !== true) await pauses.pause();
      return context.accumulator.means(data.rows);
    },
    free: () => context.free(),
  };
}

/** Settings of an evaluation of a source. */
export interface SourceEvaluationOptions {
  readonly reader: SourceReader;
  /** Start of the names of batches in messages. */
  readonly where: string;
  readonly shape: DataShape;
  /** Most batches; undefined for all. */
  readonly most: number | undefined;
  /** Called with the name, as in messages, of the batch that is requested next. */
  readonly onRequest?: ((name: string) => void) | undefined;
}

/** Evaluates a source from its first batch on, or a generator from where it was left. */
export function sourceEvaluation(trainer: Trainer, options: SourceEvaluationOptions): Evaluation {
  const { reader, where, shape, most, onRequest } = options;
  // Weights of 1 change no bit, so that batches with and without weights can alternate.
  const context = trainer.bindEvaluation(PART, trainer.compiled.objective.length);
  return {
    async run(pauses, when) {
      const { accumulator } = context;
      accumulator.reset();
      reader.start();
      let rows = 0;
      for (let batch = 0; batch !== most; batch++) {
        const name = `${where} ${batch}${when}`;
        onRequest?.(name);
        const found = await pauses.wait(reader.next(name));
        if (found === undefined) break;
        const data = loadData(trainer.model.runtime, name, readBatch(name, found[0], shape, undefined), shape);
        try {
          // Reading a batch may run the caller's code, which may have disposed the model.
          await pauses.pause();
          const parts = evaluateInParts(context, data, PART, trainer.model);
          while (parts.next().done !== true) await pauses.pause();
        } finally {
          data.free();
        }
        rows += data.rows;
      }
      if (rows > 0) return accumulator.means(rows);
      throw new ValueError(
        `${reader.name} expected at least one batch${when}, got none. ` +
          `A generator runs once: pass a function that makes one each time.`,
      );
    },
    free() {
      context.free();
      reader.close();
    },
  };
}
