/**
 * The worker's side of `fit` with runIn 'worker': builds the model from the messages, trains it, and sends states and
 * hooks to the other side. remote-fit.ts is that side; protocol.ts has the messages.
 */
import { WasmRuntime } from '../runtime/wasm-runtime.js';
import type { WorkerEvents } from '../runtime/threads/host.js';
import { Pool, type StartWorker } from '../runtime/threads/pool.js';
import type { Port } from '../runtime/threads/port.js';
import { abortable } from '../training/abortable.js';
import { ATTACH, CHANGES_RATE, type AttachedCallback } from '../training/callbacks/callback.js';
import type { FitData, GivenRows } from '../training/data/batches.js';
import { OpenedBatch, type Batch, type BatchSource } from '../training/data/source.js';
import { copyState, stateFloats, TrainingState, type Edits } from '../training/state.js';
import { restoreCustom } from '../common/custom.js';
import { readOptions } from '../common/options.js';
import { readArchitecture } from '../graph/architecture.js';
import { FACTORIES } from '../layers/registry.js';
import { Model } from '../model/model.js';
import type { ModelEdit } from '../model/remote-fit-types.js';
import type { Answer, Begin, FromWorker, Question, SentData, SentError, SourceUse, ToWorker } from './protocol.js';
import { sentError } from './errors.js';
import { importCustom } from './import-custom.js';
import { receivedData } from './receive.js';
import { Snapshots } from './snapshots.js';

/**
 * Milliseconds between two published states: at least `PUBLISH_MS`, at least `PUBLISH_WORTH` times what publishing one
 * takes, at most `PUBLISH_MOST`.
 */
const PUBLISH_MS = 8;
const PUBLISH_WORTH = 50;
const PUBLISH_MOST = 60_000;

/** A question failed on the other side, which has the error. */
class Unanswered extends Error {}

/** One `fit` in this worker: receives its messages, trains and answers. */
export class WorkerFit {
  private readonly parts = new Map<number, Float32Array[]>();
  /** Handlers for messages and ends of the compute workers, by their index. */
  private readonly computeWorkers = new Map<number, WorkerEvents>();
  private readonly aborter = new AbortController();
  private model: Model<Float32Array | Float32Array[]> | undefined;
  private snapshots: Snapshots | undefined;
  private edits: Edits = { weights: 0, rate: 0 };
  /** Whether the last message has been sent; later ones that arrive are ignored. */
  private over = false;
  /** Changes that arrived before training began; `begun`: whether it has begun. */
  private readonly early: ModelEdit[] = [];
  private begun = false;
  private waiting: { resolve(answer: Answer): void; reject(error: Error): void } | undefined;
  /** For each requested inspection, the number of epochs between two. */
  private inspections: readonly number[] = [];
  private published = 0;
  private interval = PUBLISH_MS;
  /** Name, in messages, of the batch that is requested next. */
  private nextBatch = '';

  constructor(
    private readonly begin: Begin,
    private readonly port: Port,
  ) {
    this.post({ type: 'ready' });
  }

  receive(message: Exclude<ToWorker, Begin>): void {
    if (this.over) return;
    switch (message.type) {
      case 'rows':
        this.partsOf(message.set).push(message.data);
        break;
      case 'start':
        void this.run();
        break;
      case 'edit':
        if (this.begun) this.apply(message);
        else this.early.push(message);
        break;
      case 'answer': {
        const { waiting } = this;
        this.waiting = undefined;
        if (message.failed) waiting?.reject(new Unanswered());
        else waiting?.resolve(message);
        break;
      }
      case 'computeWorker': {
        const events = this.computeWorkers.get(message.index);
        if (message.ended === undefined) events?.message(message.message);
        else events?.ended(message.ended);
        break;
      }
      case 'abort':
        this.aborter.abort();
        break;
    }
  }

  private readonly partsOf = (set: number): Float32Array[] => {
    let parts = this.parts.get(set);
    if (parts === undefined) this.parts.set(set, (parts = []));
    return parts;
  };

  private post(message: FromWorker): void {
    this.port.post(message, message.state && [message.state]);
  }

  private async run(): Promise<void> {
    let runtime: WasmRuntime | undefined;
    let last: FromWorker;
    try {
      runtime = await this.startRuntime();
      last = { type: 'done', history: await this.train(runtime) };
    } catch (error) {
      last = { type: 'failed', error: this.sentError(error), begun: this.begun };
    }
    this.over = true;
    this.post({ ...last, state: this.model && this.handOver() });
    // The other side terminates this worker once it has the message.
    runtime?.dispose();
  }

  /** Returns an error as plain data; undefined if the other side has it. */
  private sentError(error: unknown): SentError | undefined {
    const known = error instanceof Unanswered || (this.aborter.signal.aborted && error === this.aborter.signal.reason);
    return known ? undefined : sentError(error);
  }

  private async startRuntime(): Promise<WasmRuntime> {
    const { module, tile, maximumMemory, threads } = this.begin;
    const settings = { module, tile, initialMemory: Math.min(1 << 20, maximumMemory), maximumMemory, orLess: true };
    if (threads === 1) return new WasmRuntime(settings);
    const start: StartWorker = (worker, events) => {
      this.computeWorkers.set(worker.index, events);
      this.post({ type: 'spawn', start: worker });
      // The pool tells the worker to stop through shared memory; the other side terminates what is left.
      // Nothing is posted to it later: networks that train have no weights of eight bits.
      return { post: () => undefined, end: () => undefined };
    };
    const runtime = new WasmRuntime({ ...settings, threads, startPool: (parts) => new Pool({ ...parts, start }) });
    await runtime.pool?.ready();
    return runtime;
  }

  private async train(runtime: WasmRuntime): ReturnType<typeof Model.prototype.train> {
    const { architecture, compiled, targetChecks, frozen, state, snapshots, options, data, validation } = this.begin;
    // A module that awaits something may take forever.
    const custom = await abortable(this.aborter.signal, importCustom(this.begin.custom));
    const restored = <T>(value: T): T => restoreCustom('fit', value, custom) as T;
    const blueprint = readArchitecture('fit', restored(architecture), FACTORIES);
    const model = new Model<Float32Array | Float32Array[]>({
      runtime,
      blueprint,
      where: 'fit',
      onDispose: () => undefined,
      readOptions,
    });
    model.recompile(restored(compiled), targetChecks, new Set(frozen));
    this.model = model;
    const floats = stateFloats(model.currentTrainer);
    const first = new TrainingState(state, 0, floats);
    this.edits = first.edits;
    first.giveWeights(model.currentTrainer, this.edits);
    first.giveOptimizerState(model.currentTrainer, this.edits);
    if (snapshots !== undefined) this.snapshots = new Snapshots(snapshots, floats, 'writer');
    const given: FitData = {
      train: this.given(data, 'fit'),
      validation: validation && this.given(validation, 'validation'),
    };
    const read = {
      ...options,
      callbacks: [this.forwarding()],
      signal: this.aborter.signal,
      runIn: 'main' as const,
      validationData: undefined,
      sampleWeight: undefined,
      classWeight: undefined,
    };
    return model.train(given, read, {
      accepted: async () => {
        this.inspections = (await this.request({ attach: true })).inspections ?? [];
      },
      onCheckpoint: () => this.poll(),
      onRequest: (name) => (this.nextBatch = name),
      onProgress: (progress) => this.post({ type: 'progress', progress }),
    });
  }

  /** Called wherever the loop may stop: aborts if told to, and publishes the state if it is time. */
  private poll(): void {
    const { snapshots } = this;
    if (snapshots === undefined) return;
    if (snapshots.aborted) this.aborter.abort();
    const now = performance.now();
    if (now - this.published < this.interval) return;
    this.handOver();
    this.published = performance.now();
    // Limited, since the computer may have slept in between: that time says nothing about the next publishing.
    this.interval = Math.min(PUBLISH_MOST, Math.max(PUBLISH_MS, PUBLISH_WORTH * (this.published - now)));
  }

  /** Publishes the state in shared memory; without shared memory returns it, to be sent with a message. */
  private handOver(): ArrayBuffer | undefined {
    const { currentTrainer } = this.model!;
    if (this.snapshots !== undefined) {
      this.snapshots.draft.take(currentTrainer, this.edits);
      this.snapshots.publish();
      return undefined;
    }
    return copyState(currentTrainer, this.edits);
  }

  private apply({ learningRate, stopTraining, weights }: ModelEdit): void {
    const model = this.model!;
    if (learningRate !== undefined) {
      model.learningRate = learningRate;
      this.edits = { ...this.edits, rate: this.edits.rate + 1 };
    }
    if (stopTraining !== undefined) model.stopTraining = stopTraining;
    if (weights !== undefined) {
      model.writeFlat(weights);
      this.edits = { ...this.edits, weights: this.edits.weights + 1 };
    }
  }

  private request(question: Question, state?: ArrayBuffer): Promise<Answer> {
    const answer = new Promise<Answer>((resolve, reject) => (this.waiting = { resolve, reject }));
    this.post({ type: 'request', question, state });
    return answer;
  }

  /** Returns a callback that forwards hooks to the callbacks on the other side, with the state that they see there. */
  private forwarding(): AttachedCallback {
    const { hooks } = this.begin;
    const callback: AttachedCallback = {
      ...(this.begin.changesRate && { [CHANGES_RATE]: true }),
      [ATTACH]: (session) =>
        this.inspections.forEach((every, inspection) =>
          session.inspect(every, {
            diagnosed: (epoch, { loss, layers, nonFinite, faults }) =>
              this.post({ type: 'diagnosed', inspection, epoch, measured: { loss, layers, nonFinite, faults } }),
            nonFinite: (found) => this.post({ type: 'nonFinite', inspection, found }),
          }),
        ),
      onEpochEnd: () => this.post({ type: 'epoch', state: this.handOver() }),
    };
    for (const hook of hooks) callback[hook] = (index, logs) => this.request({ hook, index, logs }, this.handOver());
    const forwardBegin = callback.onTrainBegin?.bind(callback);
    callback.onTrainBegin = (index, logs, model) => {
      this.begun = true;
      if (this.begin.stopTraining) this.model!.stopTraining = true;
      for (const edit of this.early.splice(0)) this.apply(edit);
      return forwardBegin?.(index, logs, model);
    };
    return callback;
  }

  private given(sent: SentData | 'source', use: SourceUse): GivenRows {
    return sent === 'source' ? { source: this.source(use) } : receivedData(sent, this.partsOf);
  }

  /**
   * Returns a source whose batches come from the source on the other side. That is started with the request of the
   * first batch, since asking is asynchronous and starting a source is not.
   */
  private source(of: SourceUse): BatchSource {
    const start = (): AsyncIterator<Batch> => {
      let fresh = true;
      return {
        next: async () => {
          if (fresh) await this.request({ start: of });
          fresh = false;
          const { batch: sent } = await this.request({ next: this.nextBatch, of });
          if (sent === undefined) return { done: true, value: undefined };
          const batch = new OpenedBatch(receivedData(sent.data, (set) => [sent.rows[set]]));
          return { done: false, value: batch as unknown as Batch };
        },
      };
    };
    return () => ({ [Symbol.asyncIterator]: start });
  }
}
