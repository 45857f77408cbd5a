/**
 * The calls of real trainings, held to the table of extents: of every kernel call the pointers have to stand in a
 * buffer that is as large as the call writes, and rows that are written must not overlap. The planner's buffers are
 * placed apart here, so that every address belongs to one of them.
 */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { ABI, type KernelName } from '../../src/runtime/abi.js';
import type { Arena } from '../../src/runtime/arena.js';
import { EXTENTS, OVERREAD, type Area, type Extent } from '../../src/runtime/extents.js';
import type { BufferPlan, BufferRequest } from '../../src/graph/buffers.js';
import * as library from '../../src/index.js';
import {
  adadelta,
  adagrad,
  adam,
  adamw,
  createEngine,
  dense,
  diagnostics,
  mlpClassifier,
  mlpRegressor,
  nadam,
  rescaling,
  rmsprop,
  sequential,
  sgd,
  type Optimizer,
} from '../../src/index.js';
import { trainEveryFeature } from '../support/every-feature.mjs';
import { GraphTwin } from '../support/reference/graph.js';
import { dataOf, graphModel, lossOf } from '../support/reference/graph-model.js';
import { randomBatch, randomNetwork, randomObjectives, type Integer } from '../support/reference/random-graph.js';
import { source } from '../support/reference/random.js';

/** Bytes that are reserved, from address to address. */
interface Buffer {
  readonly start: number;
  readonly bytes: number;
}

/** A region, and the buffers that are planned into it. */
interface Region {
  readonly bytes: number;
  readonly buffers: readonly Buffer[];
}

/** What is known of memory, which the stand-ins below fill in. */
const known = vi.hoisted(() => ({
  /** The plan that waits for its region. */
  plan: undefined as { bytes: number; buffers: Buffer[] } | undefined,
  /** The regions of the arena that was made last, by address. */
  regions: new Map<number, Region>(),
}));

/** Bytes between planned buffers. */
const GAP = 128;

vi.mock('../../src/graph/buffers.js', () => ({
  /** Each buffer in a place of its own. */
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
    /** Remembers its regions, as large as they were asked for. */
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
    // A machine makes its arena, and then its kernels. What it clears of a memory that is used again is as a whole
    // free.
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

/** The buffer that an address stands in. */
function bufferAt(regions: ReadonlyMap<number, Region>, address: number): Buffer | undefined {
  for (const [start, { bytes, buffers }] of regions) {
    if (address < start || address >= start + Math.max(bytes, 1)) continue;
    // A program's region is filled as a whole before it is used in parts.
    if (buffers.length === 0 || address === start) return { start, bytes };
    return buffers.find((one) => address >= one.start && address < one.start + one.bytes);
  }
  return undefined;
}

/** A kernel that checks where it is sent before it goes. */
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
      // Scratch of the machine's own stands below all that is allocated.
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
      const buffer = bufferAt(regions, from) ?? refuse(`${name} stands in no buffer`);
      const end = buffer.start + Math.ceil(buffer.bytes / 16) * 16;
      if (to > end) refuse(`${name} goes ${to - end} bytes past its buffer of ${buffer.bytes}`);
    }
    // In place, or apart.
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
  adamw({ weightDecay: 0.01 }),
  nadam(),
  rmsprop({ momentum: 0.5 }),
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

/** A random network, with everything done to it that calls kernels. */
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
    // A softmax of one unit calls kernels as any other.
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

describe('every kernel call of', () => {
  test('sixty random networks stays within the buffers that were reserved for it', { timeout: 120_000 }, async () => {
    for (const tile of ['3x12', '4x8', '4x16'] as const) {
      const engine = await createEngine({ tile });
      for (let seed = 0; seed < 20; seed++) await exercise(engine, seed + 100 * tile.length);
      engine.dispose();
    }
  });

  test('a training with every feature, and of the facades, too', { timeout: 120_000 }, async () => {
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
  });

  test('cross-entropies of outputs that do not come from their own activation, too', async () => {
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

  test('all kernels, but for tiles that no engine here had, and three that only tests and benchmarks call', () => {
    const others = ['f32_exp', 'f32_log', 'f32_pack_rows'];
    const names = Object.keys(ABI) as KernelName[];
    const missing = names.filter((kernel) => !seen.has(kernel) && !kernel.includes('_gemm_'));
    expect(missing).toEqual(others);
  });
});
