/**
 * Checks the kernel calls of real trainings against the table of extents: every pointer must lie in a buffer as large
 * as the call needs, and written rows must not overlap. The planner is replaced by one that never shares memory, so
 * that every address belongs to one buffer. The table itself is tested in test/kernels/extents.test.ts.
 */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { ABI, type KernelName } from '../../src/runtime/abi.js';
import type { Arena } from '../../src/runtime/arena.js';
import { ROW_BLOCK } from '../../src/runtime/constants.generated.js';
import { OVERREAD, type Area, type Extent } from '../../src/runtime/extent-forms.js';
import { EXTENTS } from '../../src/runtime/extents.js';
import type { BufferPlan, BufferRequest } from '../../src/graph/buffers.js';
import * as library from '../../src/index.js';
import {
  adadelta,
  adagrad,
  adam,
  adamax,
  adamw,
  batchNormalization,
  binaryFocalCrossentropy,
  categoricalFocalCrossentropy,
  categoricalHinge,
  cosineSimilarity,
  createEngine,
  dense,
  diagnostics,
  dot,
  embedding,
  gaussianNegativeLogLikelihood,
  input,
  kullbackLeibler,
  l2,
  layerNormalization,
  meanAbsolutePercentageError,
  meanSquaredLogarithmicError,
  maxNorm,
  maxout,
  mlpClassifier,
  mlpRegressor,
  lion,
  nadam,
  poisson,
  quantile,
  rescaling,
  rmsNormalization,
  rmsprop,
  sequential,
  sgd,
  squaredHinge,
  type ActivationName,
  type Loss,
  type Optimizer,
} from '../../src/index.js';
import { trainEveryFeature } from '../support/every-feature.mjs';
import { GraphTwin } from '../support/reference/graph.js';
import { dataOf, graphModel, lossOf } from '../support/reference/graph-model.js';
import { randomBatch, randomNetwork, randomObjectives, type Integer } from '../support/reference/random-graph.js';
import { source } from '../support/reference/random.js';

/** A reserved range of bytes. */
interface Buffer {
  readonly start: number;
  readonly bytes: number;
}

/** A region of the arena, and the buffers planned into it. */
interface Region {
  readonly bytes: number;
  readonly buffers: readonly Buffer[];
}

/** Records of the replaced planner and arena. */
const known = vi.hoisted(() => ({
  /** The plan whose region is allocated next. */
  plan: undefined as { bytes: number; buffers: Buffer[] } | undefined,
  /** The regions of the latest arena, by address. */
  regions: new Map<number, Region>(),
}));

/** Bytes between planned buffers. */
const GAP = 128;

vi.mock('../../src/graph/buffers.js', () => ({
  /** Gives each buffer memory of its own. */
  planBuffers(requests: readonly BufferRequest[]): BufferPlan {
    let end = GAP;
    const offsets = requests.map(({ bytes }) => {
      const start = end;
      end = Math.ceil((start + bytes) / 64) * 64 + GAP;
      return start;
    });
    known.plan = { bytes: end, buffers: requests.map(({ bytes }, index) => ({ start: offsets[index], bytes })) };
    return { offsets, bytes: end };
  },
}));

vi.mock('../../src/runtime/arena.js', async (original) => {
  const module = await original<{ Arena: typeof Arena }>();
  return {
    ...module,
    /** Records its regions with the size that was asked for. */
    Arena: class extends module.Arena {
      private readonly reserved = (known.regions = new Map<number, Region>());

      override allocate(bytes: number): number {
        const start = super.allocate(bytes);
        const plan = known.plan?.bytes === bytes ? known.plan : undefined;
        if (plan !== undefined) known.plan = undefined;
        const buffers = plan?.buffers.map((one) => ({ ...one, start: start + one.start })) ?? [];
        this.reserved.set(start, { bytes, buffers });
        return start;
      }

      override free(start: number): void {
        super.free(start);
        this.reserved.delete(start);
      }
    },
  };
});

const seen = new Set<KernelName>();
const { Instance } = WebAssembly;

beforeAll(() => {
  WebAssembly.Instance = function (module: WebAssembly.Module, imports?: WebAssembly.Imports) {
    const instance = new Instance(module, imports);
    // A runtime creates its arena before its kernels. Memory that is used again is cleared as a whole while no region
    // is allocated.
    const { regions } = known;
    const entries = Object.entries(instance.exports as Record<string, (...numbers: number[]) => void>);
    const exports = entries.map(([name, run]) => [name, watched(name as KernelName, run, regions)]);
    return { exports: Object.fromEntries(exports) as object };
  } as unknown as typeof WebAssembly.Instance;
});

afterAll(() => {
  WebAssembly.Instance = Instance;
});

const endOf = ({ count, length, stride }: Area): number => (count <= 0 ? 0 : (count - 1) * stride + length);

/** Returns the buffer that contains an address. */
function bufferAt(regions: ReadonlyMap<number, Region>, address: number): Buffer | undefined {
  for (const [start, { bytes, buffers }] of regions) {
    if (address < start || address >= start + Math.max(bytes, 1)) continue;
    // A program's region is cleared as a whole before its parts are used.
    if (buffers.length === 0 || address === start) return { start, bytes };
    return buffers.find((one) => address >= one.start && address < one.start + one.bytes);
  }
  return undefined;
}

/** Wraps a kernel to check its arguments before it runs. */
function watched(kernel: KernelName, run: (...numbers: number[]) => void, regions: ReadonlyMap<number, Region>) {
  const parameters: readonly string[] = ABI[kernel];
  const extents = Object.entries(EXTENTS[kernel] as Readonly<Record<string, Extent>>);
  return (...numbers: number[]): void => {
    seen.add(kernel);
    const refuse = (what: string): never => expect.fail(`${kernel}(${numbers.join(', ')}): ${what}`);
    const sizes = Object.fromEntries(parameters.map((name, index) => [name, numbers[index]]));
    const touched: { readonly name: string; readonly from: number; readonly to: number; readonly writes: boolean }[] =
      [];
    for (const [name, { reads, writes, optional }] of extents) {
      const from = sizes[`*${name}`];
      // The runtime's own scratch lies below all regions.
      if ((optional === true && from === 0) || name === 'scratch' || name === 'packedA') continue;
      const area = (writes ?? reads)!(sizes);
      if (area.count > 1 && area.stride < area.length && (writes !== undefined || area.stride !== 0)) {
        refuse(`the rows of ${name} overlap`);
      }
      if (area.over > OVERREAD) refuse(`${name} is read ${area.over} floats past its end`);
      const to = from + 4 * endOf(area);
      if (to === from) continue;
      touched.push({ name, from, to, writes: writes !== undefined });
      if (kernel === 'f32_fill' && from === 0 && regions.size === 0) continue;
      const buffer = bufferAt(regions, from) ?? refuse(`${name} lies in no buffer`);
      const end = buffer.start + Math.ceil(buffer.bytes / 16) * 16;
      if (to > end) refuse(`${name} goes ${to - end} bytes past its buffer of ${buffer.bytes}`);
    }
    // Buffers are the same or separate.
    for (const one of touched) {
      for (const other of touched) {
        const apart = one.from === other.from || one.to <= other.from || other.to <= one.from;
        if (one.writes && !apart) refuse(`${one.name} overlaps ${other.name}`);
      }
    }
    run(...numbers);
  };
}

const OPTIMIZERS: Optimizer[] = [
  sgd({ learningRate: 0.02, momentum: 0.9, clipNorm: 1 }),
  sgd({ learningRate: 0.02, nesterov: true, momentum: 0.5, clipValue: 0.1 }),
  sgd(),
  adam(),
  adam({ amsgrad: true }),
  adamw({ weightDecay: 0.01, excludeFromWeightDecay: [/bias$/] }),
  adamax(),
  lion({ weightDecay: 0.1, excludeFromWeightDecay: [/^0/] }),
  nadam(),
  rmsprop({ momentum: 0.5 }),
  rmsprop({ momentum: 0.5, centered: true }),
  rmsprop({ centered: true }),
  rmsprop(),
  adagrad(),
  adadelta(),
];

const METRICS = [
  'accuracy',
  'categoricalAccuracy',
  'binaryAccuracy',
  'topKAccuracy',
  'precision',
  'recall',
  'f1',
  'auc',
  'meanSquaredError',
  'meanAbsoluteError',
  'r2',
] as const;

/** Builds a random network and does everything with it that calls kernels. */
async function exercise(engine: library.Engine, seed: number): Promise<void> {
  const from = source(seed);
  const integer: Integer = (low, high) => low + from.below(high - low + 1);
  const network = randomNetwork(integer);
  const objectives = randomObjectives(network, integer);
  const twin = new GraphTwin(network, from);
  const widths = network.outputs.map((node) => twin.widthOf(node));
  const rows = integer(1, 40);
  const { x, y } = dataOf(
    { ...randomBatch(objectives, twin.inputWidths, widths, rows, from), sampleWeight: [] },
    objectives,
  );
  const sampleWeight = Array.from({ length: rows }, (_, row) => row % 3);
  const model = graphModel(engine, network);
  model.compile({
    optimizer: OPTIMIZERS[seed % OPTIMIZERS.length],
    loss: objectives.map(lossOf),
    lossWeights: objectives.map(({ weight }) => weight),
    metrics: [METRICS[seed % METRICS.length], METRICS[(seed + 5) % METRICS.length]],
    // Losses may not suit their activations here.
    checks: 'off',
  });
  const weights = seed % 2 === 0 ? { sampleWeight } : {};
  model.gradients(x, y, weights);
  model.trainOnBatch(x, y, weights);
  model.evaluate(x, y, { ...weights, batchSize: integer(1, 20) });
  model.predict(x);
  // Batch normalization does not train on batches of one row.
  const options = { epochs: 1, batchSize: integer(2, 20), shuffle: seed % 3 > 0, ...weights };
  if (rows > 3) await model.fit(x, y, { ...options, validationSplit: 0.3, callbacks: [diagnostics()] });
  model.diagnose(x, y);
  engine.loadModel(model.save()).dispose();
  model.dispose();
}

describe('kernel calls', () => {
  test('of sixty random networks stay within their buffers', { timeout: 300_000 }, async () => {
    for (const tile of ['3x12', '4x8', '4x16'] as const) {
      const engine = await createEngine({ tile });
      for (let seed = 0; seed < 20; seed++) await exercise(engine, seed + 100 * tile.length);
      engine.dispose();
    }
  });

  test(
    'of a training with every feature, and of the facades, stay within their buffers',
    { timeout: 300_000 },
    async () => {
      await trainEveryFeature(library);
      const x = Array.from({ length: 31 }, (_, row) => [row % 7, row % 5, row % 3]);
      await mlpClassifier({ epochs: 1 }).fit(
        x,
        x.map(([a]) => `class ${a % 2}`),
      );
      await mlpRegressor({ epochs: 1 }).fit(
        x,
        x.map(([a, b]) => a * b),
      );
    },
  );

  test('of cross-entropies on probabilities stay within their buffers', async () => {
    for (const activation of ['sigmoid', 'softplus'] as const) {
      const layers = [dense({ units: 3, activation, inputShape: [2] }), rescaling({ scale: 0.5 })];
      const model = await sequential({ layers });
      model.compile({
        optimizer: 'sgd',
        loss: activation === 'sigmoid' ? 'binaryCrossentropy' : 'categoricalCrossentropy',
      });
      const x = Array.from({ length: 14 }, (_, row) => [row, 1]);
      model.trainOnBatch(x, x.map(([row]) => [row % 2, 1 - (row % 2), 0]), { sampleWeight: x.map(() => 1) }); // prettier-ignore
      model.dispose();
    }
  });

  test('of optimizers on all rows at once stay within their buffers', async () => {
    const engine = await createEngine();
    for (const optimizer of ['lbfgs', 'levenbergMarquardt'] as const) {
      const model = engine.sequential({
        layers: [
          dense({ units: 5, activation: 'tanh', inputShape: [3], kernelRegularizer: l2(0.01) }),
          dense({ units: 2 }),
        ],
      });
      model.compile({ optimizer, loss: 'meanSquaredError' });
      const x = Array.from({ length: 71 }, (_, i) => [i / 9, i % 2, 1 / (i + 1)]);
      const y = x.map(([a, b]) => [Math.sin(a), b]);
      await model.fit(x, y, { epochs: 20, sampleWeight: x.map(([, b]) => b + 0.5) });
    }
    engine.dispose();
  });

  test('of losses with several outputs for a target, on logits and on ratios stay within their buffers', async () => {
    const engine = await createEngine();
    const x = Array.from({ length: 9 }, (_, i) => [i / 9, i % 2, 1 / (i + 1)]);
    const oneHot = x.map((_, i) => Array.from({ length: 6 }, (__, j) => Number(j === i % 6)));
    const losses: [Loss, ActivationName, number][] = [
      ...(['linear', 'sigmoid'] as const).flatMap((activation): [Loss, ActivationName, number][] => [
        [binaryFocalCrossentropy(), activation, 6],
        [categoricalFocalCrossentropy(), activation, 6],
      ]),
      [categoricalFocalCrossentropy(), 'softmax', 6],
      [binaryFocalCrossentropy({ fromLogits: true }), 'linear', 6],
      [categoricalFocalCrossentropy({ fromLogits: true }), 'linear', 6],
      [kullbackLeibler(), 'softmax', 6],
      [squaredHinge(), 'linear', 6],
      [categoricalHinge(), 'linear', 6],
      [meanAbsolutePercentageError(), 'linear', 6],
      [meanSquaredLogarithmicError(), 'linear', 6],
      [poisson(), 'softplus', 6],
      [poisson({ logInput: true }), 'linear', 6],
      [cosineSimilarity(), 'linear', 6],
      [quantile({ quantiles: [0.1, 0.5, 0.9] }), 'linear', 2],
      [gaussianNegativeLogLikelihood(), 'softplus', 3],
    ];
    for (const [loss, activation, targets] of losses) {
      const model = engine.sequential({ layers: [dense({ units: 6, activation, inputShape: [3] })] });
      model.compile({ optimizer: 'sgd', loss, metrics: ['meanAbsoluteError'], checks: 'off' });
      const y = oneHot.map((row) => row.slice(0, targets));
      await model.fit(x, y, { epochs: 2, batchSize: 4 });
      model.dispose();
    }
    engine.dispose();
  });

  test('of embeddings, of weights held to norms, and of dot products stay within their buffers', async () => {
    const engine = await createEngine();
    for (const [inputDim, outputDim] of [
      [
        [3, 5],
        [2, 3],
      ],
      [5, 4],
    ]) {
      const model = engine.sequential({
        layers: [
          embedding({ inputDim, outputDim, inputShape: [2], embeddingsConstraint: maxNorm(1) }),
          dense({ units: 2, kernelConstraint: 'unitNorm' }),
        ],
      });
      model.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
      const x = Array.from({ length: 9 }, (_, i) => [i % 3, i % 5]);
      await model.fit(x, x, { epochs: 2, batchSize: 4, validationSplit: 0.3 });
      model.predict(x);
      model.dispose();
    }
    for (const normalize of [true, false]) {
      const x = input({ shape: [3] });
      const pair = [5, 5].map((units) => dense({ units }).apply(x));
      const model = engine.model({ inputs: x, outputs: dot({ normalize }).apply(pair) });
      model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
      model.trainOnBatch([[1, 2, 3], [0, 0, 0]], [[1], [0]]); // prettier-ignore
      model.dispose();
    }
    engine.dispose();
  });

  test('of penalties on outputs, of metrics by row, and of weights by output stay within their buffers', async () => {
    const engine = await createEngine();
    for (const units of [1, 5, 8]) {
      const x = input({ shape: [3] });
      const h = dense({ units, activation: 'tanh', activityRegularizer: 'l1l2' }).apply(x);
      const outputs = [dense({ units: 3 }).apply(h), dense({ units: 2 * units }).apply(h)];
      const model = engine.model({ inputs: x, outputs });
      const metrics = ['huber', 'logCosh', 'r2', 'auc', 'averagePrecision', 'f1', 'mape'] as const;
      const loss = ['meanSquaredError', quantile({ quantiles: [0.1, 0.9] })] as const;
      model.compile({ optimizer: 'adam', loss, metrics, weightedMetrics: metrics, checks: 'off' });
      const rows = Array.from({ length: 9 }, (_, i) => [i % 3, i % 5, -i]);
      const targets = [rows, rows.map((_, i) => Array.from({ length: units }, (__, j) => (i + j) % 2))];
      const sampleWeight = [rows.map((_, i) => i % 3), rows.map((_, i) => i % 2)];
      await model.fit(rows, targets, { epochs: 2, batchSize: 4, sampleWeight, validationSplit: 0.3 });
      model.dispose();
    }
    engine.dispose();
  });

  test('of a batch of several blocks of rows stay within their buffers', async () => {
    const engine = await createEngine();
    const model = engine.sequential({
      layers: [
        embedding({ inputDim: [3, 5], outputDim: [2, 3] }),
        dense({ units: 7, activation: 'prelu' }),
        layerNormalization(),
        maxout({ units: 3, pieces: 2 }),
        rmsNormalization(),
        batchNormalization(),
      ],
    });
    model.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
    const rows = 2 * ROW_BLOCK + 3;
    model.trainOnBatch(
      Float32Array.from({ length: 2 * rows }, (_, i) => i % 3),
      new Float32Array(3 * rows),
    );
    engine.dispose();
  });

  test('have covered all kernels except tiles that no engine here had, and two that only tests and benchmarks call', () => {
    const others = ['f32_log', 'f32_pack_rows'];
    const names = Object.keys(ABI) as KernelName[];
    const missing = names.filter((kernel) => !seen.has(kernel) && !kernel.includes('_gemm_'));
    expect(missing).toEqual(others);
  });
});
