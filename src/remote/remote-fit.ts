/**
 * The model's side of `fit` with runIn 'worker': starts the worker, sends data and edits, answers its requests, and
 * copies published states into the model. worker-fit.ts is the worker's side; protocol.ts has the messages.
 */
import { sentence } from '../common/describe.js';
import { UnsupportedError, WorkerError } from '../common/errors.js';
import { setTrace } from '../common/traces.js';
import { CollectorPressure } from '../runtime/model-allocator.js';
import { expireAfter } from '../runtime/threads/time-out.js';
import { startComputeWorker } from '../runtime/threads/pool.js';
import type { WorkerStart } from '../runtime/threads/start.js';
import { isPage, startWorker, whyNotShared, type HostedWorker } from '../runtime/threads/host.js';
import { hookOf, HOOKS } from '../training/callbacks/callback.js';
import { hasSource, type FitData } from '../training/data/batches.js';
import { type DataSources } from '../training/data/dataset.js';
import { withText } from '../training/diagnosis/advice.js';
import type { ReadFitOptions } from '../training/fit-options.js';
import { reportsRate, type History } from '../training/fit.js';
import { ProgressLine } from '../training/progress.js';
import { copyState, stateFloats, TrainingState, type Edits } from '../training/state.js';
import { architectureOf } from '../graph/architecture.js';
import type { ModelEdit, RemoteFit, RemoteFitRequest } from '../model/remote-fit-types.js';
import { savedOptions } from '../model/checkpoint.js';
import { plain } from '../common/plain.js';
import type { Begin, FromWorker, SentError, ToWorker } from './protocol.js';
import { Answers } from './answers.js';
import { customModules } from './custom.js';
import { receivedError } from './errors.js';
import { describeData, sendRows } from './send.js';
import { SnapshotMemory, Snapshots } from './snapshots.js';

/** Longest time until the first message of a worker. */
const SILENCE_MS = 30_000;

/** One `fit` in a worker. */
export class RemoteFitCaller implements RemoteFit {
  private readonly data: FitData;
  private readonly options: ReadFitOptions;
  private worker: HostedWorker | undefined;
  /** Compute workers of the worker that trains. */
  private readonly computeWorkers: Pick<HostedWorker, 'end'>[] = [];
  /** Memory that the compute workers share with the worker that trains. */
  private workerMemory: WebAssembly.Memory | undefined;
  private readonly snapshots: Snapshots | undefined;
  private readonly memory: SnapshotMemory | undefined;
  private readonly floats: number;
  private readonly answers: Answers;
  private readonly custom: Begin['custom'];
  private readonly line: ProgressLine | undefined;
  private edits: Edits = { weights: 0, rate: 0 };
  /** Error with the reason why the worker ended, once it has ended unexpectedly. */
  private lost: WorkerError | undefined;
  /** Newest state from the worker, until its optimizer state is copied. */
  private state: TrainingState | undefined;
  /** Error that a callback or a source on this side threw. */
  private thrown: { readonly error: unknown } | undefined;
  private settle!: { resolve(history: History): void; reject(error: unknown): void };
  private readonly result: Promise<History>;
  private over = false;
  /** Whether the last message of the worker has arrived. */
  private finished = false;
  /** Cancels the timer for the worker's first message. */
  private cancelTimer: () => void = () => undefined;

  constructor(
    private readonly request: RemoteFitRequest,
    /** Address of the worker program; undefined to start workers from the program text in this library. */
    private readonly workerUrl: URL | undefined,
  ) {
    this.answers = new Answers(request);
    this.data = request.data;
    this.options = request.options;
    const { trainer } = request;
    this.custom = customModules(
      trainer.model.blueprint.graph.layers.map(({ kind, config }) => ({ kind, config })),
      savedOptions(trainer.compiled),
    );
    if (this.options.verbose > 0) this.line = new ProgressLine(this.options.verbose, this.options.epochs);
    this.floats = stateFloats(trainer);
    if (whyNotShared() === undefined) {
      this.memory = SnapshotMemory.take(this.floats);
      this.snapshots = new Snapshots(this.memory.buffer, this.floats, 'reader');
    }
    this.result = new Promise((resolve, reject) => (this.settle = { resolve, reject }));
    // `run` reports the error; this only prevents an unhandled rejection.
    this.result.catch(() => undefined);
  }

  /** Trains. Afterwards, even after an error, the weights are those of the last finished step. */
  async run(): Promise<History> {
    const { signal } = this.options;
    const abort = (): void => {
      this.snapshots?.abort();
      this.post({ type: 'abort' });
    };
    signal?.addEventListener('abort', abort);
    try {
      await this.begin().catch((error: unknown) => {
        this.refuse();
        throw error;
      });
      return await this.result;
    } finally {
      this.cancelTimer();
      signal?.removeEventListener('abort', abort);
      this.endWorkers();
      if (!this.over) this.pullAll();
      // As after a fit on this thread.
      this.request.trainer.beginGroups(undefined);
      this.over = true;
      if (this.finished) this.memory?.give();
      this.answers.close();
      this.line?.end();
    }
  }

  /** Copies the newest published weights into the model. */
  pull(): void {
    if (this.over) return;
    const newest = this.snapshots?.newest();
    if (newest !== undefined) this.applyState(newest);
  }

  /** Like `pull`, and also copies the optimizer state. */
  pullAll(): void {
    this.pull();
    this.state?.giveOptimizerState(this.request.trainer, this.edits);
    this.state = undefined;
  }

  /** Sends a change of the model to the worker. */
  edit(change: ModelEdit): void {
    const { weights, rate } = this.edits;
    this.edits = {
      weights: weights + (change.weights === undefined ? 0 : 1),
      rate: rate + (change.learningRate === undefined ? 0 : 1),
    };
    this.post({ type: 'edit', ...change });
  }

  /** Ends the training at once with an error, when the model is disposed. */
  cancel(error: Error): void {
    this.over = true;
    // Rejects first, since some platforms report the end of a worker while they end it.
    this.settle.reject(error);
    this.endWorkers();
  }

  private post(message: ToWorker, transfer?: readonly ArrayBuffer[]): void {
    if (!this.over) this.worker?.post(message, transfer);
  }

  private applyState(state: TrainingState): void {
    this.state = state;
    state.giveWeights(this.request.trainer, this.edits);
  }

  /** Restores `stopTraining` after a training that was refused before it began. */
  private refuse(): void {
    const { model, stoppedBefore } = this.request;
    if (!model.stopTraining) model.stopTraining = stoppedBefore;
  }

  private readonly proceed = (): void => {
    if (this.lost !== undefined) throw this.lost;
    this.request.requireRunning('fit');
    this.options.signal?.throwIfAborted();
  };

  private async begin(): Promise<void> {
    const { request, data, options, proceed } = this;
    const { trainer, shape, model } = request;
    const { runtime, blueprint } = trainer.model;
    const { threads = 1, live = false } = runtime.pool ?? {};
    const program = this.workerUrl ?? (await import('./program.js')).WORKER_PROGRAM;
    proceed();
    const validation = data.validation && !hasSource(data.validation) ? data.validation : undefined;
    const given = hasSource(data.train) ? undefined : describeData('fit', data.train, shape.outputs, 0);
    const sets = shape.inputs.length + shape.outputs.length;
    const begin: Begin = {
      role: 'fit',
      module: runtime.module,
      tile: runtime.tile.name,
      maximumMemory: runtime.memory.maximumBytes,
      threads: live ? threads : 1,
      architecture: architectureOf(blueprint),
      compiled: plain(savedOptions(trainer.compiled)),
      custom: this.custom,
      targetChecks: trainer.compiled.targetChecks,
      frozen: [...trainer.layout.frozen],
      state: copyState(trainer, this.edits),
      snapshots: this.memory?.buffer,
      options: {
        epochs: options.epochs,
        batchSize: options.batchSize,
        shuffle: options.shuffle,
        validationSplit: options.validationSplit,
        validationBatches: options.validationBatches,
        validationFrequency: options.validationFrequency,
        dropLast: options.dropLast,
        batchesPerEpoch: options.batchesPerEpoch,
        initialEpoch: options.initialEpoch,
        verbose: options.verbose,
      },
      stopTraining: model.stopTraining,
      changesRate: reportsRate(trainer, options.callbacks),
      hooks: HOOKS.filter((hook) => options.callbacks.some((callback) => hookOf(callback, hook) !== undefined)),
      data: given ?? 'source',
      validation:
        validation === undefined ? data.validation && 'source' : describeData('fit', validation, shape.outputs, sets),
    };
    const events = {
      // What throws here, as an output that is closed, ends the training as on this thread.
      message: (message: unknown) =>
        void this.receive(message as FromWorker).catch((error: unknown) => this.settle.reject(error)),
      ended: (reason: string) => {
        this.lost = new WorkerError(
          `fit: a worker that trains expected, but it was lost: ${sentence(reason)} The weights are those of a finished step.`,
        );
        this.settle.reject(this.lost);
      },
    };
    try {
      this.worker = startWorker(program, events, { keepsAlive: true });
    } catch (error) {
      throw new UnsupportedError(
        `fit: runIn 'worker' expected a platform that starts a worker, got: ${sentence((error as Error).message)}`,
      );
    }
    this.post(begin, [begin.state]);
    // The file at `workerUrl` may be a different one, which never sends a message.
    this.cancelTimer = expireAfter(SILENCE_MS, () => {
      events.ended(`it sent no message for ${SILENCE_MS / 1000} s. Is workerUrl the file worker.js of this package?`);
    });
    const send = (rows: DataSources, firstSet: number): Promise<void> =>
      sendRows(
        'fit',
        rows,
        firstSet,
        (set, part) => this.post({ type: 'rows', set, data: part }, [part.buffer]),
        proceed,
      );
    if (validation !== undefined) await send(validation, sets);
    if (!hasSource(data.train)) await send(data.train, 0);
    this.post({ type: 'start' });
  }

  private async receive(message: FromWorker): Promise<void> {
    this.cancelTimer();
    if (this.over) return;
    if (message.state !== undefined) this.applyState(new TrainingState(message.state, 0, this.floats));
    switch (message.type) {
      case 'ready':
        break;
      case 'epoch':
        this.pull();
        break;
      case 'progress':
        this.line?.show(message.progress);
        break;
      case 'request':
        this.pull();
        try {
          const answer = await this.answers.answer(message.question);
          this.post(
            { type: 'answer', ...answer },
            answer.batch?.rows.map(({ buffer }) => buffer as ArrayBuffer),
          );
        } catch (error) {
          this.thrown ??= { error };
          this.post({ type: 'answer', failed: true });
        }
        break;
      case 'spawn':
        this.spawn(message.start);
        break;
      case 'diagnosed':
        this.answers.inspections[message.inspection].inspection.diagnosed(message.epoch, withText(message.measured));
        break;
      case 'nonFinite':
        this.answers.inspections[message.inspection].inspection.nonFinite(message.found);
        break;
      case 'done':
        this.finished = true;
        this.settle.resolve(message.history);
        break;
      case 'failed':
        this.finished = true;
        if (!message.begun) this.refuse();
        this.settle.reject(this.failure(message.error));
        break;
    }
  }

  /** Starts a compute worker on the memory of the one that trains. */
  private spawn(start: WorkerStart): void {
    const { index, memory } = start;
    this.workerMemory = memory;
    const ended = (reason: string): void => this.post({ type: 'computeWorker', index, ended: reason });
    const message = (sent: unknown): void => this.post({ type: 'computeWorker', index, message: sent });
    try {
      this.computeWorkers.push(startComputeWorker(this.workerUrl)(start, { message, ended }));
    } catch (error) {
      ended((error as Error).message);
    }
  }

  private endWorkers(): void {
    this.worker?.end();
    for (const worker of this.computeWorkers) worker.end();
    // The memory is garbage now; the collector of this thread does not know its size, nor, in a page, that WebKit has
    // room for fifteen.
    if (this.workerMemory !== undefined)
      new CollectorPressure().set(isPage() ? Infinity : this.workerMemory.buffer.byteLength);
    this.workerMemory = undefined;
  }

  private failure(error: SentError | undefined): unknown {
    if (error !== undefined) {
      const revived = receivedError(error);
      setTrace(revived, revived.name, this.request.trace);
      return revived;
    }
    return this.thrown === undefined ? this.options.signal?.reason : this.thrown.error;
  }
}
