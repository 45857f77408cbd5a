/**
 * Batches of `fit`: what counts as a source of batches, and the iterators that write an epoch's batches into a training
 * context, one for rows in memory and one for a source. dataset.ts checks and copies rows; batch-loader.ts writes them
 * to a program's inputs.
 */
import { isDetached, isList, typedKind } from '../../common/arrays.js';
import { fieldOf, isFunction, isInstance, isObject, isThenable } from '../../common/objects.js';
import { describe } from '../../common/describe.js';
import { ValueError } from '../../common/errors.js';
import { RegionGroup } from '../../runtime/arena.js';
import type { WasmRuntime } from '../../runtime/wasm-runtime.js';
import { STREAM } from '../../runtime/random.js';
import { loadData, openData, type DataSources } from './dataset.js';
import type { Inputs, RowNumbers } from '../../common/rows.js';
import type { ClassWeight, Dataset, DataShape, Targets } from './shape.js';
import type { ExecutionContext } from '../execution-context.js';
import type { Trainer } from '../trainer.js';

/**
 * A batch of a source: inputs, targets, and optionally a weight per row.
 * @category Training and callbacks
 */
export type Batch = readonly [x: Inputs, y: Targets] | readonly [x: Inputs, y: Targets, sampleWeight: RowNumbers];

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

/** Training and validation data of `fit`, its form checked. */
export interface FitData {
  readonly train: DataSources | { readonly source: BatchSource };
  readonly validation: DataSources | undefined;
}

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

/** Whether the training data comes from a source. */
export const hasSource = (train: FitData['train']): train is { readonly source: BatchSource } =>
  Object.hasOwn(train, 'source');

/** Writes the batches of an epoch into a training context, one after another. */
export interface BatchIterator {
  readonly context: ExecutionContext;
  /** Whether the rows have weights. */
  readonly weighted: boolean;
  /** Starts an epoch. `order` determines the shuffle; `epoch` is the number in messages. */
  begin(order: number, epoch: number): void;
  /**
   * Writes the next batch into the context and returns its number of rows; 0 at the end of the epoch. Returns a promise
   * only where something has to be awaited.
   */
  next(): number | Promise<number>;
  /** Writes the current batch into another context. */
  reload(context: ExecutionContext): void;
  free(): void;
}

/** Batches of rows in memory, in the order of the epoch: a function of (seed, epoch). */
export class ArrayBatches implements BatchIterator {
  readonly context: ExecutionContext;
  readonly weighted: boolean;
  private readonly regions: RegionGroup;
  /** Addresses of an array of row numbers, and of a buffer for the sixteen words that the shuffle draws at a time. */
  private readonly indices: number;
  private readonly words: number;
  private first = 0;
  private count = 0;

  constructor(
    private readonly runtime: WasmRuntime,
    trainer: Trainer,
    private readonly data: Dataset,
    private readonly rows: number,
    private readonly options: { readonly batchSize: number; readonly shuffle: boolean; readonly seed: number },
  ) {
    this.weighted = data.weights !== undefined;
    this.context = trainer.contextFor(Math.min(options.batchSize, rows), this.weighted);
    this.regions = new RegionGroup(runtime.arena);
    this.indices = this.regions.allocate(4 * rows);
    this.words = this.regions.allocate(64);
  }

  begin(order: number): void {
    this.first = this.count = 0;
    const { shuffle, seed } = this.options;
    const { rows, indices, words } = this;
    if (shuffle) this.runtime.kernels.u32_shuffle(rows, indices, words, seed, STREAM.shuffle, order, 0, 0);
  }

  next(): number {
    const rest = this.rows - this.first - this.count;
    // At the end of the epoch its last batch stays loaded.
    if (rest === 0) return 0;
    this.first += this.count;
    this.count = Math.min(this.options.batchSize, rest);
    this.reload(this.context);
    return this.count;
  }

  reload({ loader }: ExecutionContext): void {
    const { data, first, count } = this;
    if (this.options.shuffle) loader.gather(data, this.indices + 4 * first, count);
    else loader.take(data, first, count);
  }

  free(): void {
    this.regions.free();
  }
}

export type Batches = Iterator<Batch> | AsyncIterator<Batch>;

/** A batch whose data is opened already, by the thread that reads the source. */
export class OpenedBatch {
  constructor(readonly sources: DataSources) {}
}

/** Checks the form of a batch of a source and opens its data. */
export function readBatch(
  where: string,
  batch: unknown,
  shape: DataShape,
  classWeight: ClassWeight | undefined,
): DataSources {
  if (isInstance(batch, OpenedBatch)) return batch.sources;
  if (!isList(batch) || (batch.length !== 2 && batch.length !== 3)) {
    throw new ValueError(`${where} expected [x, y] or [x, y, sampleWeight], got ${describe(batch)}.`);
  }
  const [x, y] = [batch[0], batch[1]];
  const sampleWeight = batch.length === 3 ? batch[2] : undefined;
  return openData(where, { x, y, sampleWeight: sampleWeight as RowNumbers | undefined, classWeight }, shape);
}

/** Starts iterating a source. */
export const openSource = (source: BatchSource): Batches => open(typeof source === 'function' ? source() : source);

/**
 * Returns an iterator's next result. `where` names the batch in messages.
 * @throws ValueError for a value that is no result of an iterator.
 */
export async function nextOf(where: string, batches: Batches): Promise<IteratorResult<Batch>> {
  const given: unknown = batches.next();
  const result = isThenable(given) ? await given : given;
  if (isObject(result)) return result as IteratorResult<Batch>;
  throw new ValueError(`${where} expected { done, value } of the iterator, got ${describe(result)}.`);
}

/** Returns an object's iterator method; undefined for objects whose method would throw. */
const iterator = (iterable: unknown, key: typeof Symbol.iterator | typeof Symbol.asyncIterator): unknown =>
  isPosing(iterable) || isTransferred(iterable) ? undefined : fieldOf(iterable, key);

/** Starts iterating an iterable. */
function open(iterable: unknown): Batches {
  const start: unknown = iterator(iterable, Symbol.asyncIterator) ?? iterator(iterable, Symbol.iterator);
  const batches: unknown = isFunction(start) ? start.call(iterable) : undefined;
  if (!isObject(batches) || !isFunction(fieldOf(batches, 'next'))) {
    throw new ValueError(
      `fit: x expected a function that returns an iterable, got one that returns ${describe(iterable)}.`,
    );
  }
  return batches as Batches;
}

/** Whether a source cannot be restarted: a generator, which is its own iterator. */
function isOnce(source: BatchSource): boolean {
  if (typeof source === 'function') return false;
  const start: unknown = iterator(source, Symbol.asyncIterator) ?? iterator(source, Symbol.iterator);
  return isFunction(start) && start.call(source) === source;
}

/** Batches in the order in which a source yields them. */
export class IterableBatches implements BatchIterator {
  context: ExecutionContext;
  private data: Dataset | undefined;
  private batches: Batches | undefined;
  /** Number of batches since the source was last started. */
  private taken = 0;
  private epoch = 0;
  private count = 0;

  constructor(
    private readonly runtime: WasmRuntime,
    private readonly trainer: Trainer,
    private readonly source: BatchSource,
    private readonly shape: DataShape,
    private readonly options: {
      readonly batchesPerEpoch: number | undefined;
      readonly classWeight: ClassWeight | undefined;
      /** Called after each wait; throws if training cannot continue. */
      readonly proceed: () => void;
      /** Called with the name, as in messages, of the batch that is requested next. */
      readonly onRequest?: ((name: string) => void) | undefined;
    },
  ) {
    this.context = trainer.contextFor(1, false);
  }

  get weighted(): boolean {
    return this.data?.weights !== undefined;
  }

  begin(_order: number, epoch: number): void {
    this.epoch = epoch;
    this.count = 0;
    if (this.batches !== undefined) return;
    this.open();
  }

  async next(): Promise<number> {
    const { batchesPerEpoch, proceed, onRequest } = this.options;
    if (this.count === batchesPerEpoch) return 0;
    for (;;) {
      onRequest?.(this.nameOf(this.count));
      const result = await nextOf(this.nameOf(this.count), this.batches!);
      proceed();
      if (result.done !== true) {
        this.count += 1;
        this.taken += 1;
        return this.load(result.value);
      }
      const { taken } = this;
      this.batches = undefined;
      if (batchesPerEpoch === undefined && this.count > 0) return 0;
      // With `batchesPerEpoch` the epoch continues with the restarted source, if it can restart and yields any batch.
      if (batchesPerEpoch === undefined || taken === 0 || isOnce(this.source)) this.refuseEnd();
      this.open();
    }
  }

  reload({ loader }: ExecutionContext): void {
    if (this.data !== undefined) loader.take(this.data, 0, this.data.rows);
  }

  /**
   * Frees the rows, and closes a generator that was left in the middle, so that it can close what it reads from. Does
   * not wait for the generator: it may hang on its own awaits, and an error of it would hide why training ended.
   */
  free(): void {
    this.data?.free();
    this.data = undefined;
    const { batches } = this;
    this.batches = undefined;
    void (async () => batches?.return?.())().catch(() => undefined);
  }

  private open(): void {
    this.taken = 0;
    this.batches = openSource(this.source);
  }

  /** Returns the name of a batch of this epoch in messages. */
  private nameOf(batch: number): string {
    return `fit: batch ${batch} of epoch ${this.epoch}`;
  }

  private load(batch: unknown): number {
    const { runtime, trainer, shape, options } = this;
    const sources = readBatch(this.nameOf(this.count - 1), batch, shape, options.classWeight);
    this.data?.free();
    this.data = undefined;
    this.data = loadData(runtime, this.nameOf(this.count - 1), sources, shape);
    // Reading a batch may run the caller's code, which may have disposed the model.
    options.proceed();
    this.context = trainer.contextFor(this.data.rows, this.weighted);
    this.reload(this.context);
    return this.data.rows;
  }

  private refuseEnd(): never {
    const { batchesPerEpoch } = this.options;
    throw new ValueError(
      `fit: x expected ${batchesPerEpoch ?? 'at least one'} batch${batchesPerEpoch === 1 || batchesPerEpoch === undefined ? '' : 'es'} ` +
        `in epoch ${this.epoch}, got ${this.count}. ` +
        `A generator runs once: pass a function that makes one for each epoch.`,
    );
  }
}
