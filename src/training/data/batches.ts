/**
 * Batches of `fit`: the iterators that write an epoch's batches into a training context, one for rows in memory and one
 * for a source. dataset.ts checks and copies rows, source.ts reads sources; batch-loader.ts writes rows to a program's
 * inputs.
 */
import { ValueError } from '../../common/errors.js';
import { RegionGroup } from '../../runtime/arena.js';
import type { WasmRuntime } from '../../runtime/wasm-runtime.js';
import { STREAM } from '../../runtime/random.js';
import { loadData, type DataSources } from './dataset.js';
import type { ClassWeights, Dataset, DataShape } from './shape.js';
import { readBatch, SourceReader, type BatchSource } from './source.js';
import type { ExecutionContext } from '../execution-context.js';
import type { Trainer } from '../trainer.js';

/** Training and validation data of `fit`, its form checked. */
export interface FitData {
  readonly train: GivenRows;
  readonly validation: GivenRows | undefined;
}

/** Rows in memory, or a source of batches. */
export type GivenRows = DataSources | { readonly source: BatchSource };

/** Whether data comes from a source. */
export const hasSource = (given: GivenRows): given is { readonly source: BatchSource } =>
  Object.hasOwn(given, 'source');

/** Writes the batches of an epoch into a training context, one after another. */
export interface BatchIterator {
  readonly context: ExecutionContext;
  /** Number of vectors of row weights: none, one for all outputs, or one for each. */
  readonly weightVectors: number;
  /** Batches of an epoch, where it is known. */
  readonly batchesPerEpoch: number | undefined;
  /** Returns the rows of the batch that is loaded and of those after it in the epoch, so many in all, if known. */
  readonly rowsAhead?: (batches: number) => number;
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

/** Settings of batches of rows in memory. */
export interface ArrayBatchesOptions {
  readonly batchSize: number;
  readonly shuffle: boolean;
  readonly dropLast: boolean;
  /** Batches per epoch; undefined for those of one pass over the rows. */
  readonly batchesPerEpoch: number | undefined;
  readonly seed: number;
}

/**
 * Batches of rows in memory. Passes over the rows follow each other, each in an order that is a function of (seed,
 * number of the pass); an epoch is one pass, or a number of batches that continue where the epoch before ended. Where
 * an epoch begins is a function of the epochs finished, so that training continues from a file as if it had not been
 * interrupted.
 */
export class ArrayBatches implements BatchIterator {
  readonly context: ExecutionContext;
  readonly weightVectors: number;
  private readonly regions: RegionGroup;
  /** Addresses of an array of row numbers, and of a buffer for the sixteen words that the shuffle draws at a time. */
  private readonly indices: number;
  private readonly words: number;
  private readonly perPass: number;
  /** Number of the pass, and the batch in it that comes next. */
  private pass = 0;
  private batch = 0;
  /** Batches left of the epoch. */
  private left = 0;
  private first = 0;
  private count = 0;

  constructor(
    private readonly runtime: WasmRuntime,
    trainer: Trainer,
    private readonly data: Dataset,
    private readonly rows: number,
    private readonly options: ArrayBatchesOptions,
  ) {
    const { batchSize, dropLast } = options;
    this.perPass = dropLast ? Math.floor(rows / batchSize) : Math.ceil(rows / batchSize);
    this.weightVectors = data.weights.length;
    this.context = trainer.contextFor(Math.min(options.batchSize, rows), this.weightVectors);
    this.regions = new RegionGroup(runtime.arena);
    this.indices = this.regions.allocate(4 * rows);
    this.words = this.regions.allocate(64);
  }

  get batchesPerEpoch(): number {
    return this.options.batchesPerEpoch ?? this.perPass;
  }

  begin(order: number): void {
    const { perPass, batchesPerEpoch: perEpoch } = this;
    this.left = perEpoch;
    // order · perEpoch batches came before, in whole passes and a rest.
    const rest = (order % perPass) * perEpoch;
    this.startPass(Math.floor(order / perPass) * perEpoch + Math.floor(rest / perPass));
    this.batch = rest % perPass;
  }

  next(): number {
    // At the end of the epoch its last batch stays loaded.
    if (this.left === 0) return 0;
    if (this.batch === this.perPass) this.startPass(this.pass + 1);
    const { batchSize } = this.options;
    this.first = this.batch * batchSize;
    this.count = Math.min(batchSize, this.rows - this.first);
    this.batch += 1;
    this.left -= 1;
    this.reload(this.context);
    return this.count;
  }

  rowsAhead(batches: number): number {
    const { batchSize } = this.options;
    let rows = this.count;
    for (let more = Math.min(batches - 1, this.left), batch = this.batch; more > 0; more--, batch++) {
      if (batch === this.perPass) batch = 0;
      rows += Math.min(batchSize, this.rows - batch * batchSize);
    }
    return rows;
  }

  private startPass(pass: number): void {
    this.pass = pass;
    this.batch = 0;
    const { shuffle, seed } = this.options;
    const { rows, indices, words } = this;
    if (shuffle) this.runtime.kernels.u32_shuffle(rows, indices, words, seed, STREAM.shuffle, pass, 0, 0);
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

/** Batches in the order in which a source yields them. */
export class IterableBatches implements BatchIterator {
  context: ExecutionContext;
  private data: Dataset | undefined;
  private readonly reader: SourceReader;
  /** Number of batches since the source was last started. */
  private taken = 0;
  private epoch = 0;
  private count = 0;

  constructor(
    private readonly runtime: WasmRuntime,
    private readonly trainer: Trainer,
    source: BatchSource,
    private readonly shape: DataShape,
    private readonly options: {
      readonly batchesPerEpoch: number | undefined;
      readonly classWeight: ClassWeights | undefined;
      /** Called after each wait; throws if training cannot continue. */
      readonly proceed: () => void;
      /** Called with the name, as in messages, of the batch that is requested next. */
      readonly onRequest?: ((name: string) => void) | undefined;
    },
  ) {
    this.reader = new SourceReader(source, 'fit');
    this.context = trainer.contextFor(1, 0);
  }

  get weightVectors(): number {
    return this.data?.weights.length ?? 0;
  }

  get batchesPerEpoch(): number | undefined {
    return this.options.batchesPerEpoch;
  }

  begin(_order: number, epoch: number): void {
    this.epoch = epoch;
    this.count = 0;
    if (!this.reader.isOpen) this.open();
  }

  async next(): Promise<number> {
    const { reader } = this;
    const { batchesPerEpoch, proceed, onRequest } = this.options;
    if (this.count === batchesPerEpoch) return 0;
    for (;;) {
      onRequest?.(this.nameOf(this.count));
      const found = await reader.next(this.nameOf(this.count));
      proceed();
      if (found !== undefined) {
        this.count += 1;
        this.taken += 1;
        return this.load(found[0]);
      }
      if (batchesPerEpoch === undefined && this.count > 0) return 0;
      // With `batchesPerEpoch` the epoch continues with the restarted source, if it can restart and yields any batch.
      if (batchesPerEpoch === undefined || this.taken === 0 || !reader.canRestart) this.refuseEnd();
      this.open();
    }
  }

  reload({ loader }: ExecutionContext): void {
    if (this.data !== undefined) loader.take(this.data, 0, this.data.rows);
  }

  /** Frees the rows, and closes a source that was left in the middle. */
  free(): void {
    this.data?.free();
    this.data = undefined;
    this.reader.close();
  }

  private open(): void {
    this.taken = 0;
    this.reader.start();
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
    this.context = trainer.contextFor(this.data.rows, this.weightVectors);
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
