/** ONNX files read as models: round trips of what `exportOnnx` writes, and handmade files of each form. */
import { describe, expect, it } from 'vitest';
import { FormatError, ValueError, type Model } from '../../src/index.js';
import { exportOnnx, importOnnx, type ImportOnnxOptions } from '../../src/onnx.js';
import { disturb, NETWORKS, randomModel } from '../support/files/networks.js';
import { chain, CLASSIFIER, FORMULAS, inputs, NINE_NODES, sigmoid } from '../support/files/onnx-handmade.js';
import { externalTensor, onnxFile, tensor, value, type FileText } from '../support/files/onnx.js';
import { processorMs } from '../support/files/safe.js';
import { listOf, type GraphModel } from '../support/reference/graph-model.js';
import { source } from '../support/reference/random.js';

const bitsOf = (values: Float32Array): string => new Uint32Array(values.slice().buffer).join();

/** Compares predictions bit by bit; returns the first output that differs. */
async function readBack(
  net: GraphModel,
  xs: Float32Array[],
): Promise<{ again: Model<Float32Array[]>; differs: boolean }> {
  const again = await importOnnx<Float32Array[]>(exportOnnx(net));
  const given = xs.length === 1 ? xs[0] : xs;
  const [before, after] = [listOf(net.predict(given)), listOf(again.predict(given))];
  const differs = before.length !== after.length || before.some((output, i) => bitsOf(output) !== bitsOf(after[i]));
  return { again, differs };
}

describe('files of exportOnnx, read back', () => {
  it('200 random graphs predict the same bits', async () => {
    const different: number[] = [];
    for (let seed = 1; seed <= 200; seed++) {
      const { net, xs } = randomModel(seed);
      const { again, differs } = await readBack(net, xs);
      if (differs) different.push(seed);
      again.dispose();
      net.dispose();
    }
    expect(different).toEqual([]);
  });

  it.each(Object.keys(NETWORKS))('%s predicts the same bits', async (name) => {
    const { net, xs } = NETWORKS[name]();
    disturb(net, source(7));
    const { again, differs } = await readBack(net, xs);
    expect(differs).toBe(false);
    // What is shared is shared again.
    if (name === 'a model as a layer, twice') expect(again.parameterCount).toBe(net.parameterCount);
    again.dispose();
  });
});

/** Runs a handmade file on rows; returns its only output. */
async function outputOf(file: FileText, x: number[], options?: ImportOnnxOptions): Promise<number[]> {
  const model = await importOnnx(onnxFile(file), options);
  const output = [...model.predict(Float32Array.from(x))];
  model.dispose();
  return output;
}

/** Two rows of three columns. */
const X = [-2, -0.5, 0.25, 1.5, 3, -4];
describe('importOnnx', () => {
  it.each(Object.keys(FORMULAS))('reads %s', async (name) => {
    const [file, formula] = FORMULAS[name];
    const y = await outputOf({ ...file, inputs, outputs: ['y'] }, X);
    y.forEach((actual, i) => expect(actual).toBeCloseTo(formula(X[i]), 5));
  });

  it.each([
    ['{"format":"graph-model"}', /got JSON\. In Python, torch\.onnx\.export/],
    ['<!doctype html>', /got HTML or XML\. Look at the address/],
    ['PK\x03\x04 of torch.save', /got a zip archive, as .* PyTorch files are\. In Python, torch\.onnx\.export/],
    ['version https://git-lfs.github.com/spec/v1', /got a pointer of Git LFS\. Fetch the file/],
  ])('says what a file is that is none: %s', async (start, message) => {
    await expect(importOnnx(new TextEncoder().encode(start))).rejects.toThrow(FormatError);
    await expect(importOnnx(new TextEncoder().encode(start))).rejects.toThrow(message);
  });

  it('refuses files one behind the other, of which readers make different graphs', async () => {
    const { net } = randomModel(1);
    const file = exportOnnx(net);
    net.dispose();
    await expect(importOnnx(Buffer.concat([file, file]))).rejects.toThrow(FormatError);
    await expect(importOnnx(Buffer.concat([file, file]))).rejects.toThrow(/ModelProto\.graph expected once, got twice/);
  });

  it.each([
    ['floats', 4, [0, 0, 128, 63]],
    ['integers', 7, [1]],
    ['doubles', 10, [0, 0, 0, 0, 0, 0, 240, 63]],
  ])('refuses a list of %s in very many parts within a second', async (_, field, value) => {
    const part = Buffer.from([8 * field + 2, value.length, ...value]);
    const bytes = (number: number, content: Buffer): Buffer => {
      const length = Buffer.alloc(4);
      // A length in four bytes, whose first bits say that another follows.
      for (let i = 0; i < 4; i++) length[i] = ((content.length >>> (7 * i)) & 127) | (i < 3 ? 128 : 0);
      return Buffer.concat([Buffer.from([8 * number + 2]), length, content]);
    };
    const initializer = bytes(5, Buffer.concat(Array.from({ length: 200_000 }, () => part)));
    const started = process.cpuUsage();
    await expect(importOnnx(bytes(7, initializer))).rejects.toThrow(FormatError);
    expect(processorMs(started)).toBeLessThan(1000);
  });

  it('makes one layer of nodes that share their weights, and refuses thousands of layers of one constant', async () => {
    const width = 64;
    const shared = (nodes: number, factor: (node: number) => number): Promise<Model> => {
      const products = Array.from({ length: nodes }, (_, i) => ['Gemm', ['w', 'b'], { alpha: factor(i) }] as const);
      const weight = Array.from({ length: width * width }, (_, i) => (i % (width + 1) === 0 ? 0.5 : 0));
      const tensors = [tensor('w', [width, width], weight), tensor('b', [width], Array<number>(width).fill(1))];
      const file = { nodes: chain(...products), tensors, outputs: ['y'] };
      return importOnnx(onnxFile({ ...file, inputs: [value('x', 1, [0, width])] }));
    };
    const model = await shared(2000, () => 1);
    expect(model.parameterCount).toBe(width * width + width);
    // x = x/2 + 1 ends at 2.
    expect(model.predict(new Float32Array(width).fill(16))[width - 1]).toBe(2);
    model.dispose();
    const apart = await shared(3, (node) => 2 ** node);
    expect(apart.parameterCount).toBe(3 * (width * width + width));
    // 16 · ½ + 1, the same · 1 + 1, the same · 2 + 1.
    expect(apart.predict(new Float32Array(width).fill(16))[0]).toBe(21);
    apart.dispose();
    await expect(shared(2000, (node) => 1 + node / 2000)).rejects.toThrow(FormatError);
    await expect(shared(2000, (node) => 1 + node / 2000)).rejects.toThrow(/so many weights is too large for its file/);
  });

  it('reads a large weight of 16 bits that several branches share, as one', async () => {
    const width = 1500;
    const branches = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    const nodes = branches.map((name) => ({ op: 'MatMul', inputs: [name, 'w'], outputs: [`${name}w`] }));
    const sum = { op: 'Sum', inputs: branches.map((name) => `${name}w`), outputs: ['y'] };
    // 15360 is 1 in float16.
    const weight = Array.from({ length: width * width }, (_, i) => (i % (width + 1) === 0 ? 15_360 : 0));
    const inputs = branches.map((name) => value(name, 10, [0, width]));
    const bytes = onnxFile({ nodes: [...nodes, sum], tensors: [tensor('w', [width, width], weight, 10)], inputs, outputs: ['y'] }); // prettier-ignore
    const model = await importOnnx<Float32Array[]>(bytes);
    expect(model.parameterCount).toBe(width * width);
    const y = model.predict(branches.map((_, i) => new Float32Array(width).fill(i)));
    expect(listOf(y)[0][width - 1]).toBe(28);
    model.dispose();
  });

  it('refuses matrices for factors of columns beyond what a file of that size may have', async () => {
    const width = 1024;
    const nodes = chain(...Array.from({ length: 40 }, () => [['Mul', ['c']], ['Relu']] as const).flat());
    const file = { nodes, tensors: [tensor('c', [width], Array<number>(width).fill(-1))], outputs: ['y'] };
    await expect(importOnnx(onnxFile({ ...file, inputs: [value('x', 1, [0, width])] }))).rejects.toThrow(FormatError);
  });

  it('reads the nine nodes of a layer normalization as one layer', async () => {
    const model = await importOnnx(onnxFile(NINE_NODES));
    expect(model.toJSON().layers.map(({ kind }) => kind)).toEqual(['input', 'layerNormalization']);
    const [a, b, c] = model.predict(Float32Array.of(1, 2, 3));
    expect([a, b, c]).toEqual([expect.closeTo(4 - 1.2247, 3), expect.closeTo(5, 5), expect.closeTo(6 + 3 * 1.2247, 3)]);
  });

  it('reads weights in every order and from constant parts of the graph', async () => {
    const w = tensor('w', [2, 3], [1, 2, 3, 4, 5, 6]);
    const bias = tensor('b', [2], [10, 20]);
    const x = [1, 1, 2];
    const expected = [1 + 2 + 6 + 10, 4 + 5 + 12 + 20];
    const gemm = { nodes: chain(['Gemm', ['w', 'b'], { transB: 1 }]), tensors: [w, bias] };
    const transposed = {
      nodes: [
        { op: 'Transpose', inputs: ['w'], outputs: ['t'], attributes: { perm: [1, 0] } },
        { op: 'MatMul', inputs: ['x', 't'], outputs: ['m'] },
        { op: 'Add', inputs: ['b', 'm'], outputs: ['y'] },
      ],
      tensors: [w, bias],
    };
    const scaled = {
      nodes: chain(['Gemm', ['w', 'c'], { transB: 1, alpha: 0.5, beta: 2 }]),
      tensors: [tensor('w', [2, 3], [2, 4, 6, 8, 10, 12]), tensor('c', [1, 2], [5, 10])],
    };
    for (const file of [gemm, transposed, scaled]) {
      expect(await outputOf({ ...file, inputs, outputs: ['y'] }, x)).toEqual(expected);
    }
  });

  // Numbers [[[0, 1, 2], [3, 4, 5]]], shape (1, 2, 3), moved by the operator and added to rows of zeros.
  it.each([
    ['Transpose', { perm: [2, 0, 1] }, [], [0, 3, 1, 4, 2, 5]],
    ['Transpose', { perm: [1, 2, 0] }, [], [0, 1, 2, 3, 4, 5]],
    ['Expand', {}, [2, 1, 2, 3], [0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5]],
    ['Expand', {}, [3, 2, 3], [0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5]],
    ['Tile', {}, [1, 2, 1], [0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5]],
    ['Tile', {}, [2, 1, 2], [0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5, 0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5]],
  ])('moves constants: %s %o to %o', async (op, attributes, to, expected) => {
    const count = expected.length;
    const file: FileText = {
      nodes: [
        { op, inputs: to.length === 0 ? ['c'] : ['c', 'to'], outputs: ['moved'], attributes },
        { op: 'Reshape', inputs: ['moved', 'row'], outputs: ['flat'] },
        { op: 'Add', inputs: ['x', 'flat'], outputs: ['y'] },
      ],
      inputs: [value('x', 1, [0, count])],
      outputs: ['y'],
      tensors: [
        tensor('c', [1, 2, 3], [0, 1, 2, 3, 4, 5]),
        tensor('to', [to.length], to, 7),
        tensor('row', [1], [count], 7),
      ],
    };
    expect(await outputOf(file, new Array<number>(count).fill(0))).toEqual(expected);
  });

  it('multiplies columns by factors of any size', async () => {
    const factors = [1e-30, 1e-18, 1, 1e18, 1e30];
    const file: FileText = {
      nodes: chain(['Mul', ['f']]),
      inputs: [value('x', 1, [0, 5])],
      outputs: ['y'],
      tensors: [tensor('f', [5], factors)],
    };
    const output = await outputOf(file, [1, 2, 3, 4, 5]);
    factors.forEach((factor, i) => expect(output[i] / (factor * (i + 1))).toBeCloseTo(1, 6));
  });

  it('refuses thousands of products in which each could be a formula, in time', async () => {
    const doubled = Array.from({ length: 6 }, (_, i) => ({
      op: 'Add',
      inputs: i === 0 ? ['x', 'x'] : [`a${i}`, `a${i}`],
      outputs: [`a${i + 1}`],
    }));
    const products = Array.from({ length: 14_000 }, (_, i) => ({
      op: 'Mul',
      inputs: [i === 0 ? 'x' : `m${i}`, 's'],
      outputs: [i === 13_999 ? 'y' : `m${i + 1}`],
    }));
    const nodes = [...doubled, { op: 'Sigmoid', inputs: ['a6'], outputs: ['s'] }, ...products];
    const file = onnxFile({ nodes, inputs, outputs: ['y'] });
    const start = process.cpuUsage();
    await expect(importOnnx(file)).rejects.toThrow(FormatError);
    expect(processorMs(start)).toBeLessThan(1000);
  });

  it('reads flattening by the shape of the input, and branches that are joined', async () => {
    const file: FileText = {
      nodes: [
        { op: 'Shape', inputs: ['x'], outputs: ['s'] },
        { op: 'Gather', inputs: ['s', 'zero'], outputs: ['n'] },
        { op: 'Unsqueeze', inputs: ['n'], outputs: ['u'], attributes: { axes: [0] } },
        { op: 'Concat', inputs: ['u', 'rest'], outputs: ['shape'], attributes: { axis: 0 } },
        { op: 'Reshape', inputs: ['x', 'shape'], outputs: ['flat'] },
        { op: 'Relu', inputs: ['flat'], outputs: ['r'] },
        { op: 'Neg', inputs: ['flat'], outputs: ['g'] },
        { op: 'Concat', inputs: ['r', 'g'], outputs: ['y'], attributes: { axis: -1 } },
      ],
      tensors: [tensor('zero', [], [0], 7), tensor('rest', [1], [-1], 7)],
      inputs: [value('x', 1, [0, 1, 2])],
      outputs: ['y'],
      opset: 11,
    };
    expect(await outputOf(file, [3, -4])).toEqual([3, 0, -3, 4]);
  });

  it("reads scikit-learn's classifier as skl2onnx writes it: shares, with labels", async () => {
    const model = await importOnnx(onnxFile(CLASSIFIER));
    expect(model.labels).toEqual(['no', 'yes']);
    const [no, yes] = model.predict(Float32Array.of(1, 1.5, 0));
    expect([no, yes]).toEqual([expect.closeTo(sigmoid(-1), 6), expect.closeTo(sigmoid(1), 6)]);
    // The labels are written again.
    expect((await importOnnx(exportOnnx(model))).labels).toEqual(['no', 'yes']);
  });

  it('reads weights of a file beside the model, and only from there', async () => {
    const file = (location: string): FileText => ({
      nodes: chain(['Gemm', ['w'], { transB: 1 }]),
      tensors: [externalTensor('w', [1, 3], { location, offset: '4', length: '12' })],
      inputs,
      outputs: ['y'],
    });
    const data = new Uint8Array(Float32Array.of(9, 1, 2, 3).buffer);
    const options = { externalData: { 'model.onnx.data': data } };
    expect(await outputOf(file('model.onnx.data'), [1, 1, 1], options)).toEqual([6]);
    for (const location of ['../model.onnx.data', '/etc/passwd', 'a/../../b', 'C:\\x', '..\\x', '']) {
      const refused = importOnnx(onnxFile(file(location)), { externalData: { [location]: data } });
      await expect(refused).rejects.toThrow('expected a file beside the model, got the path');
    }
    await expect(importOnnx(onnxFile(file('other')))).rejects.toThrow('is stored in "other". Pass that file');
    await expect(importOnnx(onnxFile(file('a')), { externalData: { a: data.subarray(8) } })).rejects.toThrow(
      FormatError,
    );
  });

  it('refuses by node, operator and set what no layer computes, where it reaches an output', async () => {
    const nodes = [
      { op: 'LSTM', inputs: ['x'], outputs: ['h'] },
      { op: 'Relu', inputs: ['x'], outputs: ['r'] },
    ];
    const refused = importOnnx(onnxFile({ nodes, inputs, outputs: ['h'], opset: 14 }));
    await expect(refused).rejects.toThrow(FormatError);
    await expect(refused).rejects.toThrow('importOnnx: node "the LSTM", LSTM of opset 14, expected an operator');
    expect(await outputOf({ nodes, inputs, outputs: ['r'] }, [1, -1, 2])).toEqual([1, 0, 2]);
    const own = { op: 'Relu', domain: 'com.example', inputs: ['x'], outputs: ['y'] };
    await expect(importOnnx(onnxFile({ nodes: [own], inputs, outputs: ['y'] }))).rejects.toThrow('com.example.Relu');
  });

  it('reads large weights of 16 bits, a product and a bias', async () => {
    const side = 2600;
    const halves = (name: string, dims: readonly number[], numbers: Uint16Array) =>
      tensor(name, dims, [0]).map((field) => {
        if (field.number === 2) return { ...field, value: 10 };
        return field.number === 9 ? { ...field, value: new Uint8Array(numbers.buffer) } : field;
      });
    const numbers = new Uint16Array(side * side);
    numbers[side * side - 1] = 0x4000;
    const model = await importOnnx(
      onnxFile({
        nodes: chain(['MatMul', ['w']], ['Add', ['b']]),
        inputs: [value('x', 10, [0, side])],
        outputs: ['y'],
        tensors: [halves('w', [side, side], numbers), halves('b', [side], new Uint16Array(side).fill(0x3c00))],
      }),
    );
    expect([...model.predict(new Float32Array(side).fill(1)).slice(-2)]).toEqual([1, 3]);
    model.dispose();
  });

  it('refuses what is no file, and unknown options', async () => {
    await expect(importOnnx([] as unknown as Uint8Array)).rejects.toThrow(ValueError);
    await expect(importOnnx(new Uint8Array(3))).rejects.toThrow(FormatError);
    await expect(importOnnx(new Uint8Array(0))).rejects.toThrow('an ONNX file expected a graph');
    await expect(importOnnx(new Uint8Array(0), { data: {} } as object)).rejects.toThrow('unknown option "data"');
  });
});
