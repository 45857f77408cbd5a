/**
 * Answers what a worker that trains requests from the model's side: hooks of callbacks, inspections, and batches of a
 * source. remote-fit.ts sends the answers.
 */
import { newFloats } from '../common/arrays.js';
import { observerOf } from '../common/rounding.js';
import type { RemoteFitRequest } from '../model/remote-fit-types.js';
import { abortable } from '../training/abortable.js';
import { callAll, hookOf, type Callback, type TrainedModel } from '../training/callbacks/callback.js';
import { hasSource, type GivenRows } from '../training/data/batches.js';
import { requireEqualRows } from '../training/data/dataset.js';
import { readBatch, SourceReader } from '../training/data/source.js';
import type { ClassWeights } from '../training/data/shape.js';
import { attach } from '../training/fit.js';
import type { Inspected } from '../training/inspector.js';
import type { Answer, Question, SentBatch, SourceUse } from './protocol.js';
import { describeData } from './send.js';

/** Answers of one fit. */
export class Answers {
  /** Inspections that callbacks requested. */
  inspections: readonly Inspected[] = [];
  private readonly readers: Readonly<Record<SourceUse, SourceReader | undefined>>;

  constructor(private readonly request: RemoteFitRequest) {
    const { train, validation } = request.data;
    const readerOf = (given: GivenRows | undefined, use: SourceUse): SourceReader | undefined =>
      given !== undefined && hasSource(given) ? new SourceReader(given.source, use) : undefined;
    this.readers = { fit: readerOf(train, 'fit'), validation: readerOf(validation, 'validation') };
  }

  async answer(question: Question): Promise<Answer> {
    const { data, options } = this.request;
    const { callbacks, signal } = options;
    if ('attach' in question) {
      const validates = data.validation !== undefined || options.validationSplit > 0;
      this.inspections = attach(callbacks, this.request, validates);
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
      this.readers[question.start]!.start();
      return {};
    }
    const found = await abortable(signal, this.readers[question.of]!.next(question.next));
    if (found === undefined) return {};
    const classWeight = question.of === 'fit' ? options.classWeight : undefined;
    return { batch: this.sentBatch(question.next, found[0], classWeight) };
  }

  private sentBatch(where: string, batch: unknown, classWeight: ClassWeights | undefined): SentBatch {
    const { inputs, outputs } = this.request.shape;
    const sources = readBatch(where, batch, { inputs, outputs }, classWeight);
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

  /** Closes sources that are left in the middle. */
  close(): void {
    this.readers.fit?.close();
    this.readers.validation?.close();
  }
}
