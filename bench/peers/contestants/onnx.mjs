// @ts-nocheck: only the benchmark installs the imported package.
/** ONNX Runtime, native or in WebAssembly with SIMD, on one thread: predictions only, since it no longer trains. */
import { createRequire } from 'node:module';
import { onnxFile } from './onnx-file.mjs';

/**
 * @param {{ package: 'onnxruntime-node' | 'onnxruntime-web' }} options
 * @returns {Promise<import('../contestant.mjs').Contestant>}
 */
export async function open({ package: name }) {
  const require = createRequire(import.meta.url);
  const ort = name === 'onnxruntime-web' ? await import('onnxruntime-web/wasm') : require(name);
  ort.env.logLevel = 'error';
  if (name === 'onnxruntime-web') ort.env.wasm.numThreads = 1;
  return {
    version: ort.env.versions?.web ?? ort.env.versions?.node ?? require(`${name}/package.json`).version,
    async build(network) {
      const [inputs] = network.sizes;
      const session = await ort.InferenceSession.create(onnxFile(network), {
        executionProviders: [name === 'onnxruntime-web' ? 'wasm' : 'cpu'],
        intraOpNumThreads: 1,
        interOpNumThreads: 1,
      });
      const predict = async (/** @type {Float32Array} */ rows) =>
        (await session.run({ x: new ort.Tensor('float32', rows, [rows.length / inputs, inputs]) })).y.data;
      return { predict, predictOne: predict, close: () => session.release() };
    },
  };
}
