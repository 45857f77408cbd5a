/** Loads a large forged file in both entries and prints both results. Usage: load-child.mjs PLACE PIECE MEGABYTES */
import { createEngineSync, dense } from '../../../dist/index.js';
import { loadModelSync } from '../../../dist/predict.js';

const [place, piece, megabytes] = process.argv.slice(2);
const engine = createEngineSync();
const saved = engine.sequential({ layers: [dense({ units: 2, inputShape: [2] })] }).save();
const length = Number(new DataView(saved.buffer).getBigUint64(0, true));
const header = JSON.parse(new TextDecoder().decode(saved.subarray(8, 8 + length)));
const bytes = Number(megabytes) * 1e6;

/** A tensor with enough data to allow so long a header. */
const data = saved.length - 8 - length;
const padding = place === 'tensors' ? 400_000 : 1_000_000;
header.padding = { dtype: 'F32', shape: [padding / 4], data_offsets: [data, data + padding] };

/** A mark in the file that the text replaces. */
const MARK = '"MARK"';
const list = () => Buffer.concat([Buffer.from('['), Buffer.alloc(bytes, piece), Buffer.from('0]')]);
const tensors = () => {
  const entries = [];
  for (let i = 0, size = 0; size < bytes; i++) {
    const entry = `"${i}":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}`;
    size += entry.length + 1;
    entries.push(entry);
  }
  return Buffer.from(`0,${entries.join(',')}`);
};

const description = JSON.parse(header.__metadata__['wasm-mlp']);
if (place === 'architecture') description.architecture.extra = 'MARK';
if (place === 'top') description.extra = 'MARK';
if (place === 'layer') description.architecture.layers[0].config.extra = 'MARK';
header.__metadata__['wasm-mlp'] = JSON.stringify(description);
if (place === 'header' || place === 'tensors') header.extra = 'MARK';
const text = JSON.stringify(header);
const mark = text.includes(MARK) ? MARK : '\\"MARK\\"';
const [before, after] = text.split(mark);
const middle = place === 'tensors' ? tensors() : list();
const size = Buffer.alloc(8);
size.writeBigUInt64LE(BigInt(before.length + middle.length + after.length));
const values = Buffer.concat([saved.subarray(8 + length), Buffer.alloc(padding)]);
const file = new Uint8Array(Buffer.concat([size, Buffer.from(before), middle, Buffer.from(after), values]));
for (const load of [() => engine.loadModel(file), () => loadModelSync(file)]) {
  try {
    load();
    console.log('loaded');
  } catch (error) {
    const { name, message } = /** @type {Error} */ (error);
    console.log(name, message.slice(0, 200));
  }
}
