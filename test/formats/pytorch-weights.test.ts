/**
 * `model.loadWeights`: files of PyTorch's weights in every type of numbers, by names and by order, and what is refused.
 * The files and the outputs of their networks are PyTorch's, by test/golden/make_pytorch_files.py. Where Python and
 * PyTorch are there, PyTorch also reads a file of ours.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import * as library from '../../src/index.js';
import type { Engine, Model } from '../../src/index.js';

const { activation, batchNormalization, dense, layerNormalization, prelu, FormatError, ValueError } = library;

const folder = new URL('../golden/pytorch/', import.meta.url);
const read = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(name, folder)));
const expected = JSON.parse(readFileSync(new URL('expected.json', folder), 'utf8')) as Record<string, number[][]>;
const { x } = expected;

async function engineForTest(): Promise<Engine> {
  const engine = await library.createEngine();
  onTestFinished(() => engine.dispose());
  return engine;
}

interface FileTensor {
  name: string;
  shape: number[];
  data: Float32Array | Uint16Array;
}

/** Returns a file of tensors: float32, or the bits of float16. */
function fileOf(tensors: readonly FileTensor[]): Uint8Array {
  let end = 0;
  const entries = tensors.map(({ name, shape, data }) => {
    const dtype = data instanceof Float32Array ? 'F32' : 'F16';
    return [name, { dtype, shape, data_offsets: [end, (end += data.byteLength)] }] as const;
  });
  const text = JSON.stringify(Object.fromEntries(entries));
  const header = new TextEncoder().encode(text.padEnd(8 * Math.ceil(text.length / 8)));
  const length = new Uint8Array(BigUint64Array.of(BigInt(header.length)).buffer);
  const bytes = tensors.map(({ data }) => new Uint8Array(data.buffer));
  return Uint8Array.from([length, header, ...bytes].flatMap((part) => [...part]));
}

/** The nn.Sequential of make_pytorch_files.py. */
const sequence = (engine: Engine): Model =>
  engine.sequential({
    seed: 1,
    layers: [
      dense({ units: 8, inputShape: [4] }),
      batchNormalization(),
      activation('relu'),
      dense({ units: 5 }),
      layerNormalization(),
      prelu(),
      dense({ units: 3, activation: 'softmax' }),
    ],
  });

/** Its network whose modules have names of their own. */
const named = (engine: Engine): Model =>
  engine.sequential({
    layers: [
      dense({ units: 6, activation: 'tanh', inputShape: [4] }),
      dense({ units: 6, activation: 'tanh' }),
      dense({ units: 6, activation: 'tanh' }),
      dense({ units: 2 }),
    ],
  });

function expectOutputs(model: Model, name: string): void {
  const outputs = [...model.predict(x)];
  expected[name].flat().forEach((value, i) => expect(Math.abs(outputs[i] - value)).toBeLessThan(1e-6));
  expect(outputs).toHaveLength(expected[name].flat().length);
}

test.each(['float32', 'float16', 'bfloat16', 'float64'])('weights of %s give the outputs of PyTorch', async (type) => {
  const model = sequence(await engineForTest());
  expect(model.loadWeights(read(`${type}.safetensors`))).toEqual({ missing: [], unexpected: [] });
  expectOutputs(model, type);
});

test('modules with names of their own are told by their shapes and the numbers in their names', async () => {
  const model = named(await engineForTest());
  model.loadWeights(read('named.safetensors'));
  expectOutputs(model, 'named');
});

test('names say which tensors are which weights', async () => {
  const model = named(await engineForTest());
  const modules = ['first', 'h9', 'h10', 'out'];
  const entries = model
    .getWeights()
    .map(({ name }, i) => [name, `${modules[i >> 1]}.${name.slice(name.lastIndexOf('.') + 1)}`]);
  model.loadWeights(read('named.safetensors'), { names: Object.fromEntries(entries) as Record<string, string> });
  expectOutputs(model, 'named');
});

test('every float16 becomes the float32 of the same value', async () => {
  const model = (await engineForTest()).sequential({
    layers: [dense({ units: 1, useBias: false, inputShape: [63488] })],
  });
  // All bit patterns of finite numbers: exponents 0 to 30 of both signs.
  const halves = Uint16Array.from({ length: 63488 }, (_, i) => (i < 31744 ? i : i - 31744 + 0x8000));
  model.loadWeights(fileOf([{ name: '0.weight', shape: [1, 63488], data: halves }]));
  const { data } = model.getWeights()[0];
  halves.forEach((half, i) => {
    const exponent = (half >> 10) & 31;
    const size = exponent === 0 ? (half & 1023) * 2 ** -24 : (1 + (half & 1023) / 1024) * 2 ** (exponent - 15);
    if (!Object.is(data[i], half >> 15 ? -size : size)) expect.fail(`${half}: ${data[i]}`);
  });
});

test('float32 numbers behind an odd number of float16 ones are read, wherever the file starts', async () => {
  const model = (await engineForTest()).sequential({ layers: [dense({ units: 3, inputShape: [1] })] });
  const file = fileOf([
    { name: '0.weight', shape: [3, 1], data: Uint16Array.of(0x3c00, 0x4000, 0x4200) },
    { name: '0.bias', shape: [3], data: Float32Array.of(0.5, 1.5, 2.5) },
  ]);
  for (const shift of [0, 1, 2, 4]) {
    const moved = new Uint8Array(file.length + shift).subarray(shift);
    moved.set(file);
    model.loadWeights(moved);
    expect([...model.predict([[10]])]).toEqual([10.5, 21.5, 32.5]);
  }
});

test('a file that save wrote, with the state of an optimizer', async () => {
  const engine = await engineForTest();
  const model = sequence(engine);
  model.compile({ optimizer: 'adam', loss: 'categoricalCrossentropy' });
  await model.fit(
    x,
    Float32Array.from({ length: 21 }, (_, i) => Number(i % 3 === 0)),
    { epochs: 2 },
  );
  const other = sequence(engine);
  other.loadWeights(model.save());
  expect(other.getWeights()).toEqual(model.getWeights());
});

test('not strict: takes what fits, and says what it left', async () => {
  const model = sequence(await engineForTest());
  const before = model.getWeights();
  const file = fileOf([
    { name: '0.weight', shape: [8, 4], data: new Float32Array(32).fill(2) },
    { name: 'head.weight', shape: [2], data: new Float32Array(2) },
  ]);
  const { missing, unexpected } = model.loadWeights(file, { strict: false });
  expect(missing).toEqual(before.map(({ name }) => name).filter((name) => name !== '0.weight'));
  expect(unexpected).toEqual(['head.weight']);
  const after = model.getWeights();
  expect(after[0].data.every((value) => value === 2)).toBe(true);
  expect(after.slice(1)).toEqual(before.slice(1));
});

/** Tensors of one shape, by these names. */
const squares = (...names: string[]) =>
  names.map((name) => ({ name, shape: [2, 2], data: new Float32Array(4).fill(1) }));

test.each<[what: string, tensors: FileTensor[], message: RegExp]>([
  ['too few', squares('0.weight'), /^loadWeights: file expected the weights of the model, got one without "1.weight"/],
  ['one too many', squares('0.weight', '1.weight', '2.weight'), /with "2.weight" besides.*strict: false/],
  [
    'another shape',
    [...squares('0.weight'), { name: '1.weight', shape: [4], data: new Float32Array(4) }],
    /"1.weight" expected shape \(2, 2\)/,
  ],
  ['two orders', squares('decoder.weight', 'encoder.weight'), /several orders.*names: \{ "0.weight": "decoder.weight"/],
  [
    'no order',
    [...squares('a.weight'), { name: 'b.weight', shape: [4], data: new Float32Array(4) }],
    /fit in no order/,
  ],
  ['another number of modules', squares('a.weight'), /2 layers with weights, the file 1 module/],
  [
    'no finite number',
    [...squares('0.weight'), { name: '1.weight', shape: [2, 2], data: Float32Array.of(1, 2, NaN, 4) }],
    /finite numbers, got NaN at index 2/,
  ],
])('refuses %s, and changes nothing', async (_, tensors, message) => {
  const engine = await engineForTest();
  const layers = [dense({ units: 2, useBias: false, inputShape: [2] }), dense({ units: 2, useBias: false })];
  const model = engine.sequential({ layers });
  const before = model.getWeights();
  const load = (): unknown => model.loadWeights(fileOf(tensors));
  expect(load).toThrow(FormatError);
  expect(load).toThrow(message);
  expect(model.getWeights()).toEqual(before);
});

test('does not guess by order where names are given that the file does not have', async () => {
  const model = named(await engineForTest());
  const before = model.getWeights();
  const first = before[0].name;
  const names = { [first]: 'encoder.wieght' };
  expect(() => model.loadWeights(read('named.safetensors'), { names })).toThrow(FormatError);
  const { missing, unexpected } = model.loadWeights(read('named.safetensors'), { names, strict: false });
  expect(missing).toEqual(before.map(({ name }) => name));
  expect(unexpected).toContain('first.weight');
  expect(model.getWeights()).toEqual(before);
});

test('refuses bad options before it reads the file', async () => {
  const model = named(await engineForTest());
  const none = new Uint8Array();
  expect(() => model.loadWeights(none, { names: { nothing: 'a' } })).toThrow(ValueError);
  expect(() => model.loadWeights(none, { names: { '0.weight': 1 } as never })).toThrow(
    /names.0.weight expected a name/,
  );
  expect(() => model.loadWeights(none, { strict: 1 } as never)).toThrow(/strict expected true or false/);
  expect(() => model.loadWeights('weights.safetensors' as never)).toThrow(/Read the file first/);
});

/** Reads a safetensors file and prints what PyTorch computes with its weights. */
const READER = `
import json, struct, sys, torch
raw = open(sys.argv[1], 'rb').read()
length, = struct.unpack('<Q', raw[:8])
header = json.loads(raw[8:8 + length])
assert header.pop('__metadata__')['format'] == 'pt'
tensors = {}
for name, entry in header.items():
    begin, end = entry['data_offsets']
    data = torch.frombuffer(bytearray(raw[8 + length + begin:8 + length + end]), dtype=torch.float32)
    tensors[name] = data.reshape(entry['shape'])
nn = torch.nn
network = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 5), nn.LayerNorm(5), nn.PReLU(5), nn.Linear(5, 3), nn.Softmax(1))
print(network.load_state_dict(tensors, strict=False).unexpected_keys, file=sys.stderr)
with torch.no_grad():
    print(json.dumps(network.double().eval()(torch.tensor(json.loads(sys.argv[2])).double()).tolist()))
`;

const python = ['/usr/bin/python3', 'python3'].find(
  (command) => spawnSync(command, ['-c', 'import torch']).status === 0,
);

test.skipIf(python === undefined)(
  `PyTorch reads a file of ours${python === undefined ? ': skipped, no Python with PyTorch is here' : ''}`,
  async () => {
    const model = sequence(await engineForTest());
    model.loadWeights(read('float32.safetensors'));
    const own = mkdtempSync(join(tmpdir(), 'wasm-mlp-'));
    onTestFinished(() => rmSync(own, { recursive: true }));
    const path = join(own, 'model.safetensors');
    writeFileSync(path, model.save());
    const { stdout, stderr } = spawnSync(python ?? '', ['-c', READER, path, JSON.stringify(x)], { encoding: 'utf8' });
    expect(stderr.trim()).toBe('[]');
    const outputs = [...model.predict(x)];
    (JSON.parse(stdout) as number[][]).flat().forEach((y, i) => expect(Math.abs(outputs[i] - y)).toBeLessThan(1e-6));
  },
);
