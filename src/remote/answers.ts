/**
 * Answers what a worker that trains requests from the model's side: hooks of callbacks, inspections, and batches of a
 * source. remote-fit.ts sends the answers.
 */
import { newFloats } from '../common/arrays.js';
import { observerOf } from '../common/rounding.js';
import type { RemoteFitRequest } from '../model/remote-fit-types.js';
import { abortable } from '../training/abortable.js';
import { callAll, hookOf, type Callback, type TrainedModel } from '../training/callbacks/callback.js';
import { nextOf, openSource, readBatch, type Batches, type BatchSource } from '../training/data/batches.js';
import { requireEqualRows } from '../training/data/dataset.js';
import { attach, type Inspected } from '../training/fit.js';
import type { Answer, Question, SentBatch } from './protocol.js';
import { describeData } from './send.js';

/** Answers of one fit. */
export class Answers {
  /** Inspections that callbacks requested. */
  inspections: readonly Inspected[] = [];
  private batches: Batches | undefined;

  constructor(private readonly request: RemoteFitRequest) {}

  async answer(question: Question): Promise<Answer> {
    const { data, options } = this.request;
    const { callbacks, signal } = options;
    if ('attach' in question) {
      const validates = data.validation !== undefined || options.validationSplit > 0;
      this.inspections = attach(callbacks, this.request.trainer, validates);
      return { inspections: this.inspections.map(({ every }) => every) };
    }
    if ('hook' in question) {
      const { hook, index, logs } = question;
      const list: readonly Callback[] = callbacks.filter((callback) => hookOf(callback, hook) !== undefined);
      const model: TrainedModel = this.request.model;
      await abortable(signal, callAll(list, hook, index, logs, model));
      return {};
    }
    if ('start' in question) {
      this.batches = openSource((data.train as { readonly source: BatchSource }).source);
      return {};
    }
    const next = await abortable(signal, nextOf(question.next, this.batches!));
    if (next.done !== true) return { batch: this.sentBatch(question.next, next.value) };
    // A source that has ended is not closed.
    this.batches = undefined;
    return {};
  }

  private sentBatch(where: string, batch: unknown): SentBatch {
    const { inputs, outputs } = this.request.shape;
    const sources = readBatch(where, batch, { inputs, outputs }, this.request.options.classWeight);
    const data = describeData(where, sources, outputs, 0);
    const rows = [...sources.x, ...sources.y].map(({ what, source }) => {
      const copy = newFloats(source.rows * source.width);
      const observer = observerOf(source);
      source.write(copy, 0, 0, source.rows, observer);
      observer?.warn(where, what);
      return copy;
    });
    requireEqualRows(where, sources);
    return { data, rows };
  }

  /** Closes a source that is left in the middle. Nothing waits for it, as for batches that are read on this thread. */
  close(): void {
    void (async () => this.batches?.return?.())().catch(() => undefined);
  }
}
