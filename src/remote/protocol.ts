/** What a model and the worker that trains it tell each other. */
import type { WorkerStart } from '../runtime/threads/start.js';
import type { TileName } from '../runtime/tile.js';
import type { FoundNonFinite, Hook } from '../training/callbacks/callback.js';
import type { CompileOptions } from '../training/compiled.js';
import type { GivenWeights } from '../training/data/weights.js';
import type { Diagnosis } from '../training/diagnosis/diagnosis.js';
import type { ReadFitOptions } from '../training/fit-options.js';
import type { History } from '../training/fit.js';
import type { Logs } from '../training/execution-context.js';
import type { Architecture } from '../graph/architecture.js';
import type { ModelEdit } from '../model/remote-fit.js';

/** Rows that are sent in parts, as set number `set`. */
export interface SentRows {
  readonly what: string;
  readonly width: number;
  readonly set: number;
}

/** Data whose rows are sent apart. */
export interface SentData {
  readonly rows: number;
  readonly x: readonly SentRows[];
  readonly y: readonly SentRows[];
  /** What rows and classes count for, or why that was refused: said where it comes in the order of checks. */
  readonly given: GivenWeights | SentError;
}

/** The options of `fit` that a worker goes by. */
export type SentOptions = Pick<
  ReadFitOptions,
  'epochs' | 'batchSize' | 'shuffle' | 'validationSplit' | 'batchesPerEpoch' | 'initialEpoch'
>;

/** The first message. */
export interface Begin {
  readonly role: 'fit';
  readonly module: WebAssembly.Module;
  readonly tile: TileName;
  readonly maximumMemory: number;
  readonly threads: number;
  readonly architecture: Architecture;
  readonly compiled: CompileOptions;
  /** The state to begin with. */
  readonly state: ArrayBuffer;
  /** Where newer states are put; without it they come with messages. */
  readonly snapshots: SharedArrayBuffer | undefined;
  readonly options: SentOptions;
  /** Whether it was told to stop before it began. */
  readonly stopTraining: boolean;
  /** Hooks that somebody has. */
  readonly hooks: readonly Hook[];
  /** Rows, or a source on the calling side. */
  readonly data: SentData | 'source';
  readonly validation: SentData | undefined;
}

/** From the model to the worker. */
export type ToWorker =
  | Begin
  | { readonly type: 'rows'; readonly set: number; readonly data: Float32Array }
  /** All rows are sent. */
  | { readonly type: 'start' }
  | ({ readonly type: 'edit' } & ModelEdit)
  /** To the question that is open: what it gave, or that it failed. */
  | ({ readonly type: 'answer'; readonly failed?: boolean } & Answer)
  /** Of a compute worker that was asked for: what it says, or that it has ended. */
  | { readonly type: 'helper'; readonly index: number; readonly message?: unknown; readonly ended?: string }
  | { readonly type: 'abort' };

/** A batch of a source. */
export interface SentBatch {
  readonly data: SentData;
  readonly rows: readonly Float32Array[];
}

/** What a question gave. */
export interface Answer {
  /** The next batch; nothing at the end of a source. */
  readonly batch?: SentBatch | undefined;
  /** For each inspection that a callback wants, from epoch to epoch how many. */
  readonly inspections?: readonly number[];
}

/** What a worker wants answered. */
export type Question =
  | { readonly hook: Hook; readonly index: number; readonly logs: Logs }
  /** All data is accepted: the callbacks of the library's own are to be shown the session. */
  | { readonly attach: true }
  /** The source is to be started. */
  | { readonly start: true }
  /** Its next batch, which messages call so. */
  | { readonly next: string };

/** An error as it crosses over. */
export interface SentError {
  readonly name: string;
  readonly message: string;
}

/** From the worker to the model. Where no memory is shared, the state comes along. */
export type FromWorker = { readonly state?: ArrayBuffer | undefined } &
  /** It has begun to listen. */
  (
    | { readonly type: 'ready' }
    | { readonly type: 'request'; readonly question: Question }
    /**
     * A compute worker is wanted: a worker's own workers are not to be had everywhere, and in Firefox they hang now and
     * then.
     */
    | { readonly type: 'spawn'; readonly start: WorkerStart }
    | { readonly type: 'epoch' }
    | {
        readonly type: 'diagnosed';
        readonly inspection: number;
        readonly epoch: number;
        readonly measured: Omit<Diagnosis, 'toString'>;
      }
    | { readonly type: 'nonFinite'; readonly inspection: number; readonly found: FoundNonFinite }
    | { readonly type: 'done'; readonly history: History }
    /** Without an error: aborted, or a question failed on the model's side. And whether training had begun. */
    | { readonly type: 'failed'; readonly error: SentError | undefined; readonly begun: boolean }
  );
