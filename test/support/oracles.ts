/**
 * Other programs that tests compare with, where they are installed: packages too large for every checkout, which
 * `node scripts/checks/install-oracles.mjs` installs into the git-ignored folder .oracles.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';

/** What this library needs of ONNX Runtime. */
export interface OnnxRuntime {
  InferenceSession: {
    create(file: Uint8Array, options?: object): Promise<OnnxSession>;
  };
  Tensor: new (type: string, data: Float32Array | BigInt64Array, dims: readonly number[]) => object;
}

export interface OnnxSession {
  readonly inputNames: readonly string[];
  readonly inputMetadata: readonly { readonly type: string }[];
  readonly outputNames: readonly string[];
  run(feeds: Record<string, object>): Promise<Record<string, { data: Float32Array; dims: readonly number[] }>>;
}

const folder = resolve('.oracles');

/** Why tests with ONNX Runtime are skipped here; undefined where they run. */
export const noOnnxRuntime: string | undefined = existsSync(
  resolve(folder, 'node_modules/onnxruntime-node/package.json'),
)
  ? undefined
  : 'ONNX Runtime is not installed: node scripts/checks/install-oracles.mjs installs it';

/** Loads ONNX Runtime. */
export const onnxRuntime = (): OnnxRuntime =>
  createRequire(resolve(folder, 'index.js'))('onnxruntime-node') as OnnxRuntime;

/** What tests need of TensorFlow.js. */
export interface TensorFlow {
  setBackend(name: 'cpu'): Promise<boolean>;
  io: {
    fromMemory(artifacts: object): object;
    withSaveHandler(save: (artifacts: TensorFlowArtifacts) => Promise<object>): object;
  };
  loadLayersModel(handler: object): Promise<TensorFlowModel>;
  tensor2d(values: Float32Array, shape: readonly [number, number]): object;
}

/** A model as handlers of TensorFlow.js get it. */
export interface TensorFlowArtifacts {
  readonly modelTopology: object;
  readonly weightSpecs: readonly { readonly name: string }[];
  readonly weightData: ArrayBuffer;
}

/** A LayersModel. */
export interface TensorFlowModel {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  predict(inputs: object): TensorFlowTensor | TensorFlowTensor[];
  save(handler: object): Promise<object>;
  dispose(): void;
}

/** A tensor. */
export interface TensorFlowTensor {
  dataSync(): Float32Array;
}

/** Why tests with TensorFlow.js are skipped here; undefined where they run. */
export const noTensorFlow: string | undefined = existsSync(
  resolve(folder, 'node_modules/@tensorflow/tfjs/package.json'),
)
  ? undefined
  : 'TensorFlow.js is not installed: node scripts/checks/install-oracles.mjs installs it';

/** Loads TensorFlow.js, in JavaScript alone. */
export async function tensorFlow(): Promise<TensorFlow> {
  const load = createRequire(resolve(folder, 'index.js'));
  const { warn } = console;
  // It recommends other packages of its own.
  console.warn = () => undefined;
  const tf = load('@tensorflow/tfjs') as TensorFlow;
  await tf.setBackend('cpu');
  console.warn = warn;
  return tf;
}
