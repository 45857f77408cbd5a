/**
 * Measures a network on one batch: runs it forward and backward in separate memory and measures each layer.
 * findings.ts measures the network as a whole, outcome.ts judges its outputs, advice.ts derives faults and text.
 */
import { propertiesOf } from '../../activations/derivatives.js';
import { RegionGroup } from '../../runtime/arena.js';
import type { MatrixView } from '../../runtime/matrix-view.js';
import type { Graph } from '../../graph/graph.js';
import type { PlannedParameter } from '../../graph/plan.js';
import { isInput } from '../../graph/graph.js';
import { allocateVector, readParameter } from '../../graph/parameters.js';
import { runProgram } from '../../graph/program.js';
import type { BoundNode, TrainingProgram } from '../program.js';
import type { UpdateVectors } from '../../optimizers/update-vectors.js';
import { isFullBatch } from '../../optimizers/full-batch.js';
import { firstNonFinite } from './non-finite.js';
import { findFaults, withText } from './advice.js';
import { batchesOfOne, notProbabilities, outcomesOf, zeroGradientOf, zeroWeights } from './findings.js';
import type { Diagnosis, LayerDiagnosis } from './diagnosis.js';
import type { ExecutionContext } from '../execution-context.js';
import { bindClip, bindPenalties } from '../adjustments.js';
import { bindUpdates } from '../layout.js';
import type { Trainer } from '../trainer.js';

/** An activation counts as softly saturated where its slope is below this share of its largest slope. */
const SOFT = 0.05;

/**
 * Largest share of zeros among inputs that still count as having one sign. With more zeros, as after a ReLU, the
 * gradients of a unit no longer share a sign.
 */
const ZERO_INPUTS = 0.1;

/**
 * Runs forward and backward on the `rows` rows that `load` writes, in memory separate from the training's, and measures
 * everything. Changes nothing in the model or its training.
 */
export function diagnose(
  trainer: Trainer,
  rows: number,
  weightVectors: number,
  load: (context: ExecutionContext) => void,
): Diagnosis {
  const { model, vectors, compiled, layout } = trainer;
  const { runtime, plan } = model;
  const regions = new RegionGroup(runtime.arena);
  let context: ExecutionContext | undefined;
  try {
    // An update is tried on copies of what it changes, with the layout of the gradients, which have their own memory.
    const allocate = (): number => allocateVector(runtime, regions, layout.floats);
    const copies: UpdateVectors = {
      size: vectors.size,
      parameters: vectors.parameters,
      weights: allocate(),
      gradients: allocate(),
      optimizerState: vectors.optimizerState.map(allocate),
    };
    const { u8 } = runtime.memory;
    const copy = (from: number, to: number, floats: number) => u8.copyWithin(to, from, from + 4 * floats);
    for (const { weights, gradients, floats } of layout.stretches) {
      copy(vectors.weights + 4 * weights, copies.weights + 4 * gradients, floats);
    }
    vectors.optimizerState.forEach((state, index) => copy(state, copies.optimizerState[index], vectors.size));
    context = trainer.bindDiagnosis({ weights: vectors.weights, gradients: copies.gradients }, rows, weightVectors);
    load(context);
    context.accumulator.reset();
    trainer.tick();
    runProgram(context.program, rows);
    const { loss } = context.accumulator.means(rows);
    const scope = { trainer, program: context.program, rows, gradients: copies.gradients, regions };
    const nonFinite = firstNonFinite(scope, loss);
    const zigzag = zigzagShares(scope);
    const affine = affineMeasures(scope);
    const saturation = saturationOf(scope);
    const zeroGradient = zeroGradientOf(scope);
    const startsAtZero = zeroWeights(scope);
    // With a NaN or an infinity anywhere, the outputs tell nothing.
    const outcomes = nonFinite === undefined ? outcomesOf(scope) : [];
    bindPenalties(runtime, plan, layout, { weights: vectors.weights, gradients: copies.gradients })?.();
    bindClip(runtime, layout, compiled.optimizer, copies, regions)?.();
    const gradientNorms = normsByLayer(scope, (gradient) => readParameter(runtime, copies.gradients, gradient));
    const before = normsByLayer(scope, (_, parameter) => readParameter(runtime, vectors.weights, parameter));
    // The step of an optimizer that looks at all rows is not known before it was searched.
    const rate = isFullBatch(compiled.optimizer) ? undefined : nextRate(trainer);
    if (rate !== undefined) {
      const stretches = layout.stretches.map((one) => ({ ...one, weights: one.gradients }));
      bindUpdates(runtime, compiled.optimizer, copies, stretches)(trainer.stepCount + 1, rate, trainer.momentum);
    }
    const changes = normsByLayer(scope, (gradient, parameter) => {
      const old = readParameter(runtime, vectors.weights, parameter);
      return readParameter(runtime, copies.weights, gradient).map((value, index) => value - old[index]);
    });
    const { graph } = plan;
    const following = nextLearning(graph, new Set(gradientNorms.keys()));
    const layers = graph.layers.flatMap((layer, index): LayerDiagnosis[] => {
      const { kind } = layer;
      if (isInput(layer)) return [];
      const gradientNorm = gradientNorms.get(index);
      const after = following.get(index) ?? [];
      const next = Math.max(0, ...after.map((layer) => gradientNorms.get(layer)!));
      const size = before.get(index);
      return [
        {
          layer: graph.names[index],
          kind,
          ...(gradientNorm !== undefined && { gradientNorm, next: after.map((layer) => graph.names[layer]) }),
          ...(gradientNorm !== undefined && next > 0 && { gradientRatio: gradientNorm / next }),
          ...affine.get(index),
          ...saturation.get(index),
          ...zigzag.get(index),
          ...(rate !== undefined && size !== undefined && size > 0 && { updateRatio: changes.get(index)! / size }),
        },
      ];
    });
    const faults = findFaults(layers, {
      nonFinite,
      warmingUp: trainer.rate.warmsUp(trainer.stepCount) || (trainer.rate.scheduled && rate === 0),
      updates: trainer.stepCount,
      zeroGradient,
      startsAtZero,
      notProbabilities: notProbabilities(scope),
      batchesOfOne: batchesOfOne(scope),
      outcomes,
    });
    return withText({ loss, layers, nonFinite, faults });
  } finally {
    context?.free();
    regions.free();
  }
}

/** Returns the learning rate of the next update; undefined where a custom schedule throws. */
function nextRate(trainer: Trainer): number | undefined {
  try {
    return trainer.learningRate;
  } catch (error) {
    if (trainer.rate.scheduled) return undefined;
    throw error;
  }
}

/** Returns, for each layer, the next layers after it that learn; layers that learn nothing are skipped. */
function nextLearning({ nodes }: Graph, learns: ReadonlySet<number>): ReadonlyMap<number, readonly number[]> {
  const next = new Map<number, Set<number>>();
  /** By node: the next layers that learn, from its output on. */
  const behind = nodes.map(() => new Set<number>());
  for (let node = nodes.length - 1; node >= 0; node--) {
    const { layer, inputs } = nodes[node];
    const own = next.get(layer) ?? new Set();
    for (const one of behind[node]) if (one !== layer) own.add(one);
    next.set(layer, own);
    for (const before of inputs) {
      if (learns.has(layer)) behind[before].add(layer);
      else for (const one of behind[node]) behind[before].add(one);
    }
  }
  return new Map([...next].map(([layer, layers]) => [layer, [...layers]]));
}

/** A batch that has run forward and backward, with its gradients: the subject of the measurements. */
interface Scope {
  readonly trainer: Trainer;
  readonly program: TrainingProgram;
  readonly rows: number;
  readonly gradients: number;
  readonly regions: RegionGroup;
}

/**
 * Returns the Euclidean norm over all trained tensors of each layer that has any, in the order of the graph. `read`
 * gets the place of a tensor in the vectors of gradients, and in the weights.
 */
function normsByLayer(
  { trainer: { model, layout } }: Scope,
  read: (gradient: PlannedParameter, parameter: PlannedParameter) => Float32Array,
): ReadonlyMap<number, number> {
  const squares = new Map<number, number>();
  model.plan.parameters.forEach((parameter, index) => {
    const gradient = layout.gradientOf[index];
    if (gradient === undefined) return;
    let sum = squares.get(parameter.layer) ?? 0;
    for (const value of read(gradient, parameter)) sum += value * value;
    squares.set(parameter.layer, sum);
  });
  return new Map([...squares].map(([layer, sum]) => [layer, Math.sqrt(sum)]));
}

/**
 * Measures the slides' zigzag: the share of units whose weights can only all grow or all shrink together, since all
 * their gradients have one sign.
 */
function zigzagShares({ trainer, gradients }: Scope): ReadonlyMap<number, Pick<LayerDiagnosis, 'zigzag' | 'inputs'>> {
  const { runtime } = trainer.model;
  const shares = new Map<number, Pick<LayerDiagnosis, 'zigzag' | 'inputs'>>();
  for (const parameter of trainer.layout.trained) {
    const [units, inputs] = parameter.spec.shape;
    if (parameter.spec.storage !== 'panels' || inputs < 2) continue;
    const gradient = readParameter(runtime, gradients, parameter);
    let oneSigned = 0;
    for (let unit = 0; unit < units; unit++) {
      let up = 0;
      let down = 0;
      for (let i = unit * inputs; i < (unit + 1) * inputs; i++) {
        if (gradient[i] > 0) up += 1;
        if (gradient[i] < 0) down += 1;
      }
      if (up + down >= 2 && (up === 0 || down === 0)) oneSigned += 1;
    }
    shares.set(parameter.layer, { zigzag: oneSigned / units, inputs });
  }
  return shares;
}

/** Measures ‖δ‖ of what is backpropagated to each affine map, and the sign of its inputs. */
function affineMeasures({ trainer, program, rows }: Scope): ReadonlyMap<number, AffineMeasures> {
  const { f32 } = trainer.model.runtime.memory;
  const sums = new Map<number, { squares: number; positive: number; negative: number; values: number }>();
  for (const { layer, affine, inputs, outputDelta } of program.nodes) {
    if (!affine || outputDelta === undefined) continue;
    const sum = sums.get(layer) ?? { squares: 0, positive: 0, negative: 0, values: 0 };
    sums.set(layer, sum);
    eachValue(f32, outputDelta, rows, (delta) => {
      sum.squares += delta * delta;
    });
    eachValue(f32, inputs[0], rows, (value) => {
      sum.values += 1;
      if (value > 0) sum.positive += 1;
      if (value < 0) sum.negative += 1;
    });
  }
  return new Map(
    [...sums].map(([layer, { squares, positive, negative, values }]) => {
      const most = Math.max(positive, negative);
      const oneSigned = most === positive + negative && most >= (1 - ZERO_INPUTS) * values;
      const inputSign = oneSigned ? (positive > 0 ? 1 : -1) : 0;
      return [layer, { deltaNorm: Math.sqrt(squares), inputSign }];
    }),
  );
}

type AffineMeasures = Pick<LayerDiagnosis, 'deltaNorm' | 'inputSign'>;

function eachValue(
  f32: Float32Array,
  { address, width, ld }: MatrixView,
  rows: number,
  visit: (value: number) => void,
) {
  for (let row = 0; row < rows; row++) {
    const first = address / 4 + row * ld;
    for (let i = first; i < first + width; i++) visit(f32[i]);
  }
}

type Saturation = Pick<LayerDiagnosis, 'activation' | 'softSaturated' | 'hardSaturated' | 'deadUnits'>;

/** Measures the shares of saturated activations and dead units, from f'(z) of every value. */
function saturationOf(scope: Scope): ReadonlyMap<number, Saturation> {
  const { trainer, program, rows, regions } = scope;
  const { runtime } = trainer.model;
  const largest = Math.max(0, ...program.nodes.map(({ output }) => output.ld)) * rows;
  const ones = regions.allocate(4 * largest);
  const slopes = regions.allocate(4 * largest);
  runtime.kernels.f32_fill(largest, ones, 1);
  const found = new Map<number, Counts>();
  for (const node of program.nodes) {
    const at = (address: number): MatrixView => ({ ...node.output, address });
    const steps = node.differentiate(at(ones), at(slopes));
    if (steps === undefined) continue;
    for (const step of steps) step(rows);
    const counts = found.get(node.layer) ?? {
      kind: node.kind,
      soft: 0,
      hard: 0,
      values: 0,
      alive: new Uint8Array(node.output.width),
    };
    countSaturated(runtime.memory.f32, at(slopes), rows, node, counts);
    found.set(node.layer, counts);
  }
  return new Map([...found].map(([layer, counts]) => [layer, sharesOf(counts)]));
}

/** Counts over all nodes of a layer, which may be applied several times. */
interface Counts {
  readonly kind: string;
  soft: number;
  hard: number;
  values: number;
  /** Of each unit, 1 if its slope is other than 0 for some row in some node. */
  readonly alive: Uint8Array;
}

const sharesOf = ({ kind, soft, hard, values, alive }: Counts): Saturation => ({
  activation: kind,
  softSaturated: soft / values,
  hardSaturated: hard / values,
  deadUnits: (alive.length - alive.reduce((sum, one) => sum + one, 0)) / alive.length,
});

function countSaturated(
  f32: Float32Array,
  slopes: MatrixView,
  rows: number,
  { kind, output }: BoundNode,
  counts: Counts,
): void {
  const { width, ld } = output;
  const { tail, largestSlope } = propertiesOf(kind);
  const limit = tail === 'constant' ? 0 : SOFT * largestSlope;
  counts.values += rows * width;
  for (let row = 0; row < rows; row++) {
    for (let j = 0; j < width; j++) {
      const slope = Math.abs(f32[slopes.address / 4 + row * ld + j]);
      if (slope !== 0) counts.alive[j] = 1;
      if (slope === 0 && tail !== 'smooth') counts.hard += 1;
      else if (slope < limit) counts.soft += 1;
    }
  }
}
