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
