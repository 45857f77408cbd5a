/**
 * Sources of batches: what counts as one, how it is started and read, and how a batch of it is checked. batches.ts
 * trains on them, ../evaluation.ts evaluates them, and remote/answers.ts reads them for a worker.
 */
import { isDetached, isList, typedKind } from '../../common/arrays.js';
import { fieldOf, isFunction, isInstance, isObject, isThenable } from '../../common/objects.js';
import { describe } from '../../common/describe.js';
import { ValueError } from '../../common/errors.js';
import type { Inputs } from '../../common/rows.js';
import { openData, type DataSources } from './dataset.js';
import type { ClassWeights, DataShape, SampleWeight, Targets } from './shape.js';

/**
 * A batch of a source: inputs, targets, and optionally a weight per row.
 * @category Training and callbacks
 */
export type Batch = readonly [x: Inputs, y: Targets] | readonly [x: Inputs, y: Targets, sampleWeight: SampleWeight];

/**
 * A source of batches, one epoch after another: an object that can be iterated anew for each epoch, a function that
 * returns one, or with `batchesPerEpoch` a generator that continues.
 * @category Training and callbacks
 */
export type BatchSource =
  | (Iterable<Batch> & {
      /** Excludes arrays: they are rows, not a source. */
      readonly length?: never;
    })
  | AsyncIterable<Batch>
  | (() => Iterable<Batch> | AsyncIterable<Batch>);

/** The class that all typed arrays extend. */
const TYPED_ARRAY = /* @__PURE__ */ Object.getPrototypeOf(Float32Array) as abstract new () => object;

/** Whether a value inherits the methods of typed arrays without being one, such as a proxy: the methods then throw. */
const isPosing = (value: unknown): boolean => isInstance(value, TYPED_ARRAY) && !ArrayBuffer.isView(value);

/** Whether a value is a typed array whose memory was transferred: its iterator throws. */
const isTransferred = (value: unknown): boolean => typedKind(value) !== undefined && isDetached(value);

/** Whether the first argument of `fit` is a source of batches and not rows. */
export function isBatchSource(x: unknown): x is BatchSource {
  if (isFunction(x)) return true;
  if (!isObject(x) || isList(x) || ArrayBuffer.isView(x) || isPosing(x)) return false;
  return fieldOf(x, Symbol.iterator) !== undefined || fieldOf(x, Symbol.asyncIterator) !== undefined;
}

/** A batch whose data is opened already, by the thread that reads the source. */
export class OpenedBatch {
  constructor(readonly sources: DataSources) {}
}

/** Checks the form of a batch of a source and opens its data. */
export function readBatch(
  where: string,
  batch: unknown,
  shape: DataShape,
  classWeight: ClassWeights | undefined,
): DataSources {
  if (isInstance(batch, OpenedBatch)) return batch.sources;
  if (!isList(batch) || (batch.length !== 2 && batch.length !== 3)) {
    throw new ValueError(`${where} expected [x, y] or [x, y, sampleWeight], got ${describe(batch)}.`);
  }
  const [x, y] = [batch[0], batch[1]];
  const sampleWeight = batch.length === 3 ? batch[2] : undefined;
  return openData(where, { x, y, sampleWeight: sampleWeight as SampleWeight | undefined, classWeight }, shape);
}

/** Returns an object's iterator method; undefined for objects whose method would throw. */
const iterator = (iterable: unknown, key: typeof Symbol.iterator | typeof Symbol.asyncIterator): unknown =>
  isPosing(iterable) || isTransferred(iterable) ? undefined : fieldOf(iterable, key);

const iteratorMethod = (iterable: unknown): unknown =>
  iterator(iterable, Symbol.asyncIterator) ?? iterator(iterable, Symbol.iterator);

/** Whether a source cannot be restarted: a generator, which is its own iterator. */
function isOnce(source: BatchSource): boolean {
  if (typeof source === 'function') return false;
  const start = iteratorMethod(source);
  return isFunction(start) && start.call(source) === source;
}

/** What sources are called in messages. */
const NAMES = { fit: 'fit: x', validation: 'fit: validationData', evaluate: 'evaluate: x' } as const;

/** A source that is read batch by batch, from its start or from where it was left. */
export class SourceReader {
  private batches: Iterator<Batch> | AsyncIterator<Batch> | undefined;
  private once = false;

  constructor(
    private readonly source: BatchSource,
    private readonly use: keyof typeof NAMES,
  ) {}

  /** Name of the source in messages. */
  get name(): string {
    return NAMES[this.use];
  }

  /** Whether the source is open, in the middle. */
  get isOpen(): boolean {
    return this.batches !== undefined;
  }

  /** Whether the source, which has ended, can start again. */
  get canRestart(): boolean {
    return !isOnce(this.source);
  }

  /**
   * Starts the source from its first batch. A generator that was left in the middle continues.
   * @throws ValueError for something that cannot be iterated.
   */
  start(): void {
    if (this.batches !== undefined && this.once) return;
    this.close();
    const { source } = this;
    const iterable: unknown = typeof source === 'function' ? source() : source;
    const start = iteratorMethod(iterable);
    const batches: unknown = isFunction(start) ? start.call(iterable) : undefined;
    if (!isObject(batches) || !isFunction(fieldOf(batches, 'next'))) {
      throw new ValueError(
        `${this.name} expected a function that returns an iterable, got one that returns ${describe(iterable)}.`,
      );
    }
    this.once = batches === source;
    this.batches = batches as unknown as AsyncIterator<Batch>;
  }

  /**
   * Returns the next batch in a list, or undefined at the end of the source, which is then no longer open. `where`
   * names the batch in messages.
   * @throws ValueError for a value that is no result of an iterator.
   */
  async next(where: string): Promise<readonly [batch: unknown] | undefined> {
    const given: unknown = this.batches!.next();
    const result: unknown = isThenable(given) ? await given : given;
    if (!isObject(result)) {
      throw new ValueError(`${where} expected { done, value } of the iterator, got ${describe(result)}.`);
    }
    const { done, value } = result as IteratorResult<Batch, unknown>;
    if (done !== true) return [value];
    // A source that has ended is not closed.
    this.batches = undefined;
    return undefined;
  }

  /**
   * Closes a source that is left in the middle, so that a generator can close what it reads from. Does not wait for it:
   * it may hang on its own awaits, and an error of it would hide why the call ended.
   */
  close(): void {
    const { batches } = this;
    this.batches = undefined;
    void (async () => batches?.return?.())().catch(() => undefined);
  }
}
