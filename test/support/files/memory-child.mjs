/**
 * Measures how much memory one operation on a file takes, in a process of its own, on the built package. Arguments: the
 * operation, and the path of a file; `make` writes such files. Prints { bytes, peak, milliseconds } as JSON: the size of
 * the file, and by how much the resident memory of the process rose at most, what the operation returns included.
 */
import { readFileSync, writeFileSync } from 'node:fs';

const [operation, path, side = '3000'] = process.argv.slice(2);

const load = (/** @type {string} */ name) => import(new URL(`../../../dist/${name}.js`, import.meta.url).href);
const library = await load('index');
const onnx = await load('onnx');
const tfjs = await load('tfjs');
const predict = await load('predict');

/** A network of about 4·side² bytes. */
function network() {
  const wide = { units: Number(side), kernelInitializer: 'zeros' };
  const layers = [library.dense({ ...wide, inputShape: [Number(side)] }), library.dense({ units: 10 })];
  const net = library.createEngineSync().sequential({ layers });
  const weights = net.getWeights();
  for (const { data } of weights) for (let i = 0; i < data.length; i++) data[i] = (i % 1009) / 1009;
  net.setWeights(weights);
  return net;
}

/** @param {() => unknown} run */
async function measure(run) {
  globalThis.gc?.();
  // What was used before and freed is used again without a rise: it counts as well.
  const before = process.memoryUsage.rss();
  const started = performance.now();
  const result = await run();
  const milliseconds = Math.round(performance.now() - started);
  const peak = 1024 * process.resourceUsage().maxRSS - before;
  const bytes = result instanceof Uint8Array ? result.length : readFileSync(path).length;
  console.log(JSON.stringify({ bytes, peak, milliseconds }));
  return result;
}

if (operation === 'make') {
  const net = network();
  writeFileSync(path, net.save());
  writeFileSync(`${path}.onnx`, onnx.exportOnnx(net));
  const { 'model.json': json, ...shards } = tfjs.toTfjs(net, { shardBytes: 2 ** 31 });
  writeFileSync(`${path}.json`, json);
  writeFileSync(`${path}.bin`, Object.values(shards)[0]);
} else {
  const net = ['save', 'exportOnnx', 'loadWeights', 'toTfjs'].includes(operation) ? network() : undefined;
  const ends = { importOnnx: '.onnx', fromTfjs: '.bin' };
  const file = readFileSync(`${path}${/** @type {Record<string, string>} */ (ends)[operation] ?? ''}`);
  // Compiles and starts what the first call starts.
  const small = library.createEngineSync().sequential({ layers: [library.dense({ units: 1, inputShape: [1] })] });
  await library.loadModel(small.save());
  await predict.loadModel(small.save());
  await onnx.importOnnx(onnx.exportOnnx(small));
  const files = tfjs.toTfjs(small);
  await tfjs.fromTfjs(files['model.json'], files);
  /** @type {Record<string, () => unknown>} */
  const operations = {
    save: () => net.save(),
    exportOnnx: () => onnx.exportOnnx(net),
    loadModel: () => library.loadModel(file),
    'predict.loadModel': () => predict.loadModel(file),
    loadWeights: () => net.loadWeights(file),
    importOnnx: () => onnx.importOnnx(file),
    fromTfjs: () => tfjs.fromTfjs(readFileSync(`${path}.json`), file),
    toTfjs: () => tfjs.toTfjs(net),
  };
  await measure(operations[operation]);
}
