/**
 * Metrics as kernels and sums: what a metric adds to its running sums for each batch, and its value from these sums.
 * The loss that the model was compiled with decides which outputs are right. `auc.ts` has the metric that keeps scores;
 * `metrics.ts` declares the metrics. Kernels: assembly/reduce.
 */
import { describe } from '../common/describe.js';
import { ValueError } from '../common/errors.js';
import type { Kernels } from '../runtime/abi.js';
import type { MatrixView } from '../runtime/matrix-view.js';
import { auc } from './auc.js';
import type { MetricDefinition } from './definition.js';
import type { CustomMetric, Metric } from './metrics.js';

type Residuals = 'f32_squared_residuals' | 'f32_absolute_residuals' | 'f32_residual_moments';
type Summing = 'f32_categorical_matches' | 'f32_class_counts' | Residuals;

/** Binds a kernel that takes outputs, targets and the address of its sums. */
const summing =
  (kernel: Summing): MetricDefinition['bind'] =>
  ({ kernels }, y, targets, totals) => {
    const run: Kernels[Summing] = kernels[kernel];
    return (rows) => run(rows, y.width, y.address, targets.address, y.ld, totals);
  };

/** The cuts between no and yes: above them outputs and targets are yes. */
interface Cuts {
  readonly outputs: number;
  readonly targets: number;
}

/** Binds a kernel that also takes the cuts between yes and no. */
const cutting =
  (kernel: 'f32_binary_matches' | 'f32_threshold_counts', cuts: Cuts): MetricDefinition['bind'] =>
  ({ kernels }, y, targets, totals) => {
    const run = kernels[kernel];
    return (rows) => run(rows, y.width, y.address, targets.address, y.ld, totals, cuts.outputs, cuts.targets);
  };

/** Facts about a model's output that decide which answers are right. `compile` takes them from its loss and layer. */
export interface MeasuredOutput {
  /** Outputs of one row that are measured. */
  readonly width: number;
  /** Whether each output is right or wrong separately, under a loss on independent probabilities. */
  readonly independent: boolean;
  /**
   * Outputs and targets above these values count as yes: 0 where the loss uses the sign, a half where targets are
   * probabilities or outputs are never below 0; logits are cut at 0 and their targets at a half. Undefined where both
   * ways to write yes and no are possible; then the targets decide, since only −1 and 1 have negative ones.
   */
  readonly thresholds: Cuts | undefined;
  /** Whether outputs are between −1 and 1: then targets count as −1 and 1 unless a target says otherwise. */
  readonly signed: boolean;
}

/** Known codings of the targets. While all targets are above a half, the coding is unknown. */
const CODE = { unknown: 0, shares: 1, signs: 2 } as const;

/** Returns the coding after further rows of targets: one up to a half means 0 and 1, a negative one −1 and 1. */
function codeOf(known: number, values: Float32Array, { address, width, ld }: MatrixView, rows: number): number {
  for (let row = 0, first = address / 4; row < rows && known !== CODE.signs; row++, first += ld) {
    for (let j = 0; j < width; j++) {
      const target = values[first + j];
      if (target < 0) return CODE.signs;
      if (target <= 0.5) known = CODE.shares;
    }
  }
  return known;
}

/**
 * Makes a metric with a cut, for a loss that may leave the cut open. Then it is summed up for both cuts, and the last
 * sum says which one holds, so the result does not depend on the batch in which the first negative target comes.
 */
function withCut(
  cuts: Cuts | undefined,
  signed: boolean,
  metricAt: (cuts: Cuts) => MetricDefinition,
): MetricDefinition {
  if (cuts !== undefined) return metricAt(cuts);
  const half = metricAt({ outputs: 0.5, targets: 0.5 });
  const sign = metricAt({ outputs: 0, targets: 0 });
  const { sums } = half;
  return {
    ...half,
    sums: 2 * sums + 1,
    bind(runtime, y, targets, totals) {
      const { memory } = runtime;
      const addHalf = half.bind(runtime, y, targets, totals);
      const addSign = sign.bind(runtime, y, targets, totals + 8 * sums);
      const code = totals / 8 + 2 * sums;
      return (rows) => {
        addHalf(rows);
        addSign(rows);
        memory.f64[code] = codeOf(memory.f64[code], memory.f32, targets, rows);
      };
    },
    value(all, samples) {
      const code = all[2 * sums];
      return code === CODE.signs || (code === CODE.unknown && signed)
        ? sign.value(all.subarray(sums, 2 * sums), samples)
        : half.value(all.subarray(0, sums), samples);
    },
  };
}

const meanOf = (sums: Float64Array, samples: number): number => sums[0] / samples;

const categoricalAccuracy = (name: string): MetricDefinition => ({
  name,
  sums: 1,
  bind: summing('f32_categorical_matches'),
  value: meanOf,
});

const binaryAccuracy = (name: string, cuts: Cuts | undefined, signed: boolean): MetricDefinition =>
  withCut(cuts, signed, (at) => ({ name, sums: 1, bind: cutting('f32_binary_matches', at), value: meanOf }));

const topK = (name: string, k: number): MetricDefinition => ({
  name,
  sums: 1,
  bind:
    ({ kernels }, y, targets, totals) =>
    (rows) =>
      // k is limited to the number of outputs: a k of 2^31 would be negative in the kernel.
      kernels.f32_top_k_matches(rows, y.width, y.address, targets.address, y.ld, totals, Math.min(k, y.width)),
  value: meanOf,
});

/**
 * Computes a rate of one class from three counts of rows: those where it is both answer and target, where it is the
 * answer, and where it is the target.
 */
type Rate = (hits: number, answers: number, targets: number) => number;

const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
const precision: Rate = (hits, answers) => ratio(hits, answers);
const recall: Rate = (hits, _, targets) => ratio(hits, targets);
const f1: Rate = (hits, answers, targets) => ratio(2 * hits, answers + targets);

/** Makes the mean of a rate over classes: over those that occur for categories, over all for independent outputs. */
const macro = (
  name: string,
  rate: Rate,
  outputs: number,
  categorical: boolean,
  bind: MetricDefinition['bind'],
): MetricDefinition => ({
  name,
  sums: 3 * outputs,
  bind,
  value(sums) {
    let total = 0;
    let count = 0;
    for (let at = 0; at < 3 * outputs; at += 3) {
      const [hits, answers, targets] = [sums[at], sums[at + 1], sums[at + 2]];
      if (categorical && answers + targets === 0) continue;
      total += rate(hits, answers, targets);
      count += 1;
    }
    return ratio(total, count);
  },
});

const residuals = (name: string, kernel: Residuals, outputs: number): MetricDefinition => ({
  name,
  sums: 1,
  bind: summing(kernel),
  value: ([sum], samples) => sum / (samples * outputs),
});

const r2 = (name: string, outputs: number): MetricDefinition => ({
  name,
  sums: 1 + 3 * outputs,
  bind: summing('f32_residual_moments'),
  value(sums) {
    let total = 0;
    for (let j = 0; j < outputs; j++) {
      const [around, missed] = [sums[3 * j + 2], sums[3 * j + 3]];
      if (around === 0) total += missed > 0 ? 0 : 1 - missed;
      else total += 1 - missed / around;
    }
    return total / outputs;
  },
});

const custom = (name: string, object: CustomMetric): MetricDefinition => ({
  name,
  sums: 1,
  readsAll: true,
  bind({ memory }, y, targets, totals) {
    const row = ({ address, width, ld }: MatrixView, index: number): Float32Array => {
      const first = address / 4 + index * ld;
      return memory.f32.slice(first, first + width);
    };
    return (rows) => {
      for (let i = 0; i < rows; i++) {
        const value: unknown = object.value(row(y, i), row(targets, i));
        if (typeof value !== 'number') {
          throw new ValueError(`metric ${describe(name)}: value expected to return a number, got ${describe(value)}.`);
        }
        memory.f64[totals / 8] += value;
      }
    };
  },
  value: meanOf,
});

/** Returns the metric for one output of a model. */
export function metricDefinition(
  metric: Metric,
  { width: outputs, independent, thresholds: cuts, signed }: MeasuredOutput,
): MetricDefinition {
  const categorical = outputs > 1 && !independent;
  const rates = (rate: Rate): MetricDefinition =>
    categorical
      ? macro(metric.kind, rate, outputs, true, summing('f32_class_counts'))
      : withCut(cuts, signed, (at) => macro(metric.kind, rate, outputs, false, cutting('f32_threshold_counts', at)));
  switch (metric.kind) {
    case 'accuracy':
      return categorical ? categoricalAccuracy(metric.kind) : binaryAccuracy(metric.kind, cuts, signed);
    case 'categoricalAccuracy':
      return categoricalAccuracy(metric.kind);
    case 'binaryAccuracy':
      return binaryAccuracy(metric.kind, cuts, signed);
    case 'topKAccuracy':
      return topK(metric.kind, metric.config.k);
    case 'precision':
      return rates(precision);
    case 'recall':
      return rates(recall);
    case 'f1':
      return rates(f1);
    case 'auc':
      return auc(metric.kind, outputs, cuts?.targets);
    case 'meanSquaredError':
      return residuals(metric.kind, 'f32_squared_residuals', outputs);
    case 'meanAbsoluteError':
      return residuals(metric.kind, 'f32_absolute_residuals', outputs);
    case 'rootMeanSquaredError': {
      const mean = residuals(metric.kind, 'f32_squared_residuals', outputs);
      return { ...mean, value: (sums, samples) => Math.sqrt(mean.value(sums, samples)) };
    }
    case 'r2':
      return r2(metric.kind, outputs);
    case 'custom':
      return custom(metric.config.name, metric.custom);
  }
}
