/** Messages between the page and the worker that trains. */
import type { Diagnosis } from 'wasm-mlp';
import type { Settings } from '../settings/settings.js';

/** Cells along a side of the picture of the output, and of those of the units. */
export const OUTPUT_CELLS = 60;
export const UNIT_CELLS = 20;

/** What the page asks of the worker. Starts are numbered: of several that wait the newest counts. */
export type Request =
  /** Makes the network anew, and trains it for so many steps at full speed. */
  | { readonly kind: 'start'; readonly number: number; readonly settings: Settings; readonly steps: number }
  /** Trains on, so many steps in a second, or as fast as it can; 0 pauses. */
  | { readonly kind: 'run'; readonly stepsPerSecond: number }
  | { readonly kind: 'step'; readonly steps: number }
  /** The page has drawn what it got, and takes more. */
  | { readonly kind: 'drawn' }
  | { readonly kind: 'export'; readonly format: ExportFormat };

export type ExportFormat = 'safetensors' | 'onnx' | 'module';

/** A layer of the network as it is drawn. */
export interface LayerWeights {
  readonly name: string;
  /** (units, inputs) row-major. */
  readonly weight: Float32Array;
  readonly bias: Float32Array | undefined;
}

/** The state of the training at one moment. */
/**
 * What the network says of each cell of the square: its value; the share of the second of two classes, from 0 to 1; or
 * the class with its certainty from 0 to 1, as class + certainty / 2.
 */
export interface OutputField {
  readonly kind: 'value' | 'share' | 'class';
  readonly values: Float32Array;
}

export interface Snapshot {
  readonly step: number;
  readonly epoch: number;
  readonly running: boolean;
  /** Steps of the last second. */
  readonly stepsPerSecond: number;
  readonly trainingLoss: number;
  /** Undefined without rows for the test. */
  readonly testLoss: number | undefined;
  /** Share of right classes, of training and test. */
  readonly accuracy: { readonly training: number; readonly test: number | undefined } | undefined;
  /** Rows of true classes, columns of predicted ones, of the test, or of training where there is none. */
  readonly confusion: readonly (readonly number[])[] | undefined;
  /** Losses so far, at most some hundred of them. */
  readonly curve: { readonly steps: number[]; readonly training: number[]; readonly test: number[] };
  readonly field: OutputField;
  /** Of each hidden layer: the activations of its units over the square, (units, cells). */
  readonly units: readonly Float32Array[];
  /** Of the outputs: their values over the square, (outputs, cells). */
  readonly outputs: Float32Array;
  readonly weights: readonly LayerWeights[];
  /** The newest one, which is made less often than pictures are. */
  readonly diagnosis: Diagnosis | undefined;
  /** SHA-256 of the weights, as `npm start` prints it. Undefined while training runs. */
  readonly hash: string | undefined;
  /** Why training stopped by itself: a sentence for the user. */
  readonly stopped: string | undefined;
}

/** What the worker tells the page. */
export type Response =
  | { readonly kind: 'snapshot'; readonly number: number; readonly snapshot: Snapshot }
  | { readonly kind: 'exported'; readonly format: ExportFormat; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'failed'; readonly message: string };
