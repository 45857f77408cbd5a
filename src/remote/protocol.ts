/**
 * Messages between a model and the worker that trains it. remote-fit.ts is the model's side, worker-fit.ts the
 * worker's; send.ts and receive.ts transfer rows, snapshots.ts the state where memory is shared.
 */
import type { ModuleAddress } from '../common/custom-modules.js';
import type { WorkerStart } from '../runtime/threads/start.js';
import type { TileName } from '../runtime/tile.js';
import type { FoundNonFinite, Hook } from '../training/callbacks/callback.js';
import type { CompileChecks, CompileOptions } from '../training/compiled.js';
import type { RowAndClassWeights } from '../training/data/weights.js';
import type { Diagnosis } from '../training/diagnosis/diagnosis.js';
import type { ReadFitOptions } from '../training/fit-options.js';
import type { History } from '../training/fit.js';
import type { Progress } from '../training/progress.js';
import type { Logs } from '../training/execution-context.js';
import type { Architecture } from '../graph/architecture.js';
import type { ModelEdit } from '../model/remote-fit-types.js';

/** Description of rows that are sent in parts, as set number `set`. */
export interface SentRows {
  readonly what: string;
  readonly width: number;
  readonly set: number;
}

/** Description of data whose rows are sent separately. */
export interface SentData {
  readonly rows: number;
  readonly x: readonly SentRows[];
  readonly y: readonly SentRows[];
  /** Sample and class weights, or the error that refused them; the worker throws it at its turn among the checks. */
  readonly given: RowAndClassWeights | SentError;
}

/** Options of `fit` that the worker needs. */
export type SentOptions = Pick<
  ReadFitOptions,
  | 'epochs'
  | 'batchSize'
  | 'shuffle'
  | 'validationSplit'
  | 'validationBatches'
  | 'validationFrequency'
  | 'dropLast'
  | 'batchesPerEpoch'
  | 'initialEpoch'
  | 'verbose'
>;

/** Name of a custom object, and the module that it is imported from. */
export interface SentCustom extends ModuleAddress {
  readonly name: string;
}

/** The first message to the worker. */
export interface Begin {
  readonly role: 'fit';
  readonly module: WebAssembly.Module;
  readonly tile: TileName;
  readonly maximumMemory: number;
  readonly threads: number;
  readonly architecture: Architecture;
  readonly compiled: CompileOptions;
  /** Where the custom objects of both come from. */
  readonly custom: readonly SentCustom[];
  readonly targetChecks: CompileChecks;
  /** Indices of the layers that are not trained. */
  readonly frozen: readonly number[];
  /** State of the training to begin with. */
  readonly state: ArrayBuffer;
  /** Memory for newer states; undefined where none is shared, then states come with messages. */
  readonly snapshots: SharedArrayBuffer | undefined;
  readonly options: SentOptions;
  /** Whether `stopTraining` was set before training began. */
  readonly stopTraining: boolean;
  /** Whether a callback changes the learning rate. */
  readonly changesRate: boolean;
  /** Hooks that at least one callback has. */
  readonly hooks: readonly Hook[];
  /** Rows, or a source on the calling side. */
  readonly data: SentData | 'source';
  readonly validation: SentData | 'source' | undefined;
}

/** From the model to the worker. */
export type ToWorker =
  | Begin
  | { readonly type: 'rows'; readonly set: number; readonly data: Float32Array }
  /** All rows have been sent. */
  | { readonly type: 'start' }
  | ({ readonly type: 'edit' } & ModelEdit)
  /** Answer to the open question, or that it failed. */
  | ({ readonly type: 'answer'; readonly failed?: boolean } & Answer)
  /** Message of a compute worker that the worker requested, or the reason why that ended. */
  | { readonly type: 'computeWorker'; readonly index: number; readonly message?: unknown; readonly ended?: string }
  | { readonly type: 'abort' };

/** A batch of a source. */
export interface SentBatch {
  readonly data: SentData;
  readonly rows: readonly Float32Array[];
}

/** Answer to a question. */
export interface Answer {
  /** The next batch; undefined at the end of a source. */
  readonly batch?: SentBatch | undefined;
  /** For each inspection that a callback requested, the number of epochs between two. */
  readonly inspections?: readonly number[];
}

/** Questions of the worker to the model's side. */
export type Question =
  /** To call a hook of all callbacks. */
  | { readonly hook: Hook; readonly index: number; readonly logs: Logs }
  /** To give the library's own callbacks the session, now that all data is accepted. */
  | { readonly attach: true }
  /** To start a source. */
  | { readonly start: SourceUse }
  /** To get the next batch of a source; `next` names it in messages. */
  | { readonly next: string; readonly of: SourceUse };

/** Use of a source on the calling side. */
export type SourceUse = 'fit' | 'validation';

/** An error as plain data. */
export interface SentError {
  readonly name: string;
  readonly message: string;
}

/**
 * Messages from the worker to the model. The first is `ready`: the worker has started and listens. Where no memory is
 * shared, the newest state comes with a message.
 */
export type FromWorker = { readonly state?: ArrayBuffer | undefined } & (
  | { readonly type: 'ready' }
  | { readonly type: 'request'; readonly question: Question }
  /**
   * Request to start a compute worker. Workers cannot start workers on every platform, and in Firefox those hang now
   * and then.
   */
  | { readonly type: 'spawn'; readonly start: WorkerStart }
  | { readonly type: 'epoch' }
  | { readonly type: 'progress'; readonly progress: Progress }
  | {
      readonly type: 'diagnosed';
      readonly inspection: number;
      readonly epoch: number;
      readonly measured: Omit<Diagnosis, 'toString'>;
    }
  | { readonly type: 'nonFinite'; readonly inspection: number; readonly found: FoundNonFinite }
  | { readonly type: 'done'; readonly history: History }
  /** No `error`: training was aborted, or a question failed on the model's side. `begun`: training had begun. */
  | { readonly type: 'failed'; readonly error: SentError | undefined; readonly begun: boolean }
);
