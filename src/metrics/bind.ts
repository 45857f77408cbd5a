/**
 * Metrics as kernels and sums: what a metric adds to its running sums for each batch, and its value from these sums.
 * The loss that the model was compiled with decides which outputs are right. `auc.ts` has the metric that keeps scores;
 * `metrics.ts` declares the metrics. Kernels: assembly/reduce.
 */
import { describe } from '../common/describe.js';
import type { Descriptor } from '../common/descriptor.js';
import { ValueError } from '../common/errors.js';
import type { Kernels } from '../runtime/abi.js';
import type { MatrixView } from '../runtime/matrix-view.js';
import { auc } from './auc.js';
import type { Cuts, MeasuredOutput, MetricDefinition } from './definition.js';
import type { Averaging } from './factories.js';
import { metricKey, type CustomMetric, type Metric } from './metrics.js';
import { ofLoss } from './of-loss.js';
import { calibrationError, logLoss } from './probabilities.js';
import { averagePrecision, precisionRecallArea, ranking, weightedRocArea } from './ranking.js';
import { cosine, percentageError, squaredLogarithmicError } from './relative-errors.js';
import { weighted, weightedMoments } from './weighted.js';
import {
  averaged,
  balancedAccuracy,
  fBeta,
  matthews,
  precision,
  recall,
  specificity,
  type Rate,
  type Summary,
} from './rates.js';

type Residuals = 'f32_squared_residuals' | 'f32_absolute_residuals' | 'f32_residual_moments';
type Summing = 'f32_categorical_matches' | 'f32_class_counts' | Residuals;

/** Binds a kernel that takes outputs, targets and the address of its sums. */
const summing =
  (kernel: Summing): MetricDefinition['bind'] =>
  ({ kernels }, y, targets, totals) => {
    const run: Kernels[Summing] = kernels[kernel];
    return (rows) => run(rows, y.width, y.address, targets.address, y.ld, totals);
  };

/** Binds a kernel that also takes the cuts between yes and no. */
const cutting =
  (kernel: 'f32_binary_matches' | 'f32_threshold_counts', cuts: Cuts): MetricDefinition['bind'] =>
  ({ kernels }, y, targets, totals) => {
    const run = kernels[kernel];
    return (rows) => run(rows, y.width, y.address, targets.address, y.ld, totals, cuts.outputs, cuts.targets);
  };

/** Gives a metric that adds up over rows the weights of the rows, or none. */
type Weigh = (metric: MetricDefinition) => MetricDefinition;

/** Known codings of the targets. While all targets are above a half, the coding is unknown. */
const CODE = { unknown: 0, shares: 1, signs: 2 } as const;

/**
 * Returns the coding after further rows of targets: one up to a half means 0 and 1, a negative one −1 and 1. With row
 * weights at an address other than 0, rows of weight 0 say nothing.
 */
function codeOf(
  known: number,
  values: Float32Array,
  { address, width, ld }: MatrixView,
  rows: number,
  rowWeights: number,
): number {
  for (let row = 0, first = address / 4; row < rows && known !== CODE.signs; row++, first += ld) {
    if (rowWeights !== 0 && values[rowWeights / 4 + row] === 0) continue;
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
  weigh: Weigh,
  metricAt: (cuts: Cuts) => MetricDefinition,
): MetricDefinition {
  if (cuts !== undefined) return weigh(metricAt(cuts));
  const half = weigh(metricAt({ outputs: 0.5, targets: 0.5 }));
  const sign = weigh(metricAt({ outputs: 0, targets: 0 }));
  const { sums } = half;
  return {
    ...half,
    sums: 2 * sums + 1,
    bind(runtime, y, targets, totals, rest) {
      const { memory } = runtime;
      const addHalf = half.bind(runtime, y, targets, totals, rest);
      const addSign = sign.bind(runtime, y, targets, totals + 8 * sums, rest);
      const code = totals / 8 + 2 * sums;
      return (rows) => {
        addHalf(rows);
        addSign(rows);
        memory.f64[code] = codeOf(
          memory.f64[code],
          memory.f32,
          targets,
          rows,
          weigh === weighted ? rest.rowWeights : 0,
        );
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

const binaryAccuracy = (
  name: string,
  { thresholds, signed }: MeasuredOutput,
  weigh: Weigh,
  threshold?: number,
): MetricDefinition =>
  withCut(thresholds, signed, weigh, (at) => ({
    name,
    sums: 1,
    bind: cutting('f32_binary_matches', { ...at, outputs: threshold ?? at.outputs }),
    value: meanOf,
  }));

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

/** Binds the kernel that counts answers and targets of classes, from which a summary is computed. */
function counted(
  name: string,
  { width, thresholds, signed, ...of }: MeasuredOutput,
  weigh: Weigh,
  summary: Summary,
  threshold?: number,
) {
  const metricOf = (bind: MetricDefinition['bind']): MetricDefinition => ({
    name,
    sums: 3 * width,
    bind,
    value: summary,
  });
  if (isCategorical({ width, ...of })) return weigh(metricOf(summing('f32_class_counts')));
  return withCut(thresholds, signed, weigh, (cuts) =>
    metricOf(cutting('f32_threshold_counts', { ...cuts, outputs: threshold ?? cuts.outputs })),
  );
}

/** Throws a ValueError for a class that an output does not have. */
function requireClass({ kind, config }: Descriptor<string, Averaging>, width: number): void {
  if (config.class === undefined || config.class < width) return;
  throw new ValueError(`compile: metrics expected a class below ${width} with '${kind}', got ${config.class}.`);
}

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

/** Whether one of several outputs is right in each row. */
const isCategorical = ({ width, independent }: Pick<MeasuredOutput, 'width' | 'independent'>): boolean =>
  width > 1 && !independent;

/** The area of a metric `auc`: of its curve, without row weights by the faster way where there is one. */
function areaOf(name: string, { config }: Extract<Metric, { kind: 'auc' }>, output: MeasuredOutput, weighs: boolean) {
  const { width, thresholds } = output;
  const cut = thresholds?.targets;
  if (config.curve === 'PR') {
    return ranking(name, width, cut, { area: precisionRecallArea, weighs, needsBoth: false, without: 0 });
  }
  if (!weighs) return auc(name, width, cut);
  return ranking(name, width, cut, { area: weightedRocArea, weighs, needsBoth: true, without: 0.5 });
}

/** Returns the metric for one output of a model; `weighs`: with row weights. */
export function metricDefinition(metric: Metric, output: MeasuredOutput, weighs: boolean): MetricDefinition {
  const { width: outputs } = output;
  const categorical = isCategorical(output);
  const name = metricKey(metric, weighs);
  const weigh: Weigh = weighs ? weighted : (definition) => definition;
  const rates = (rate: Rate, of: Descriptor<string, Averaging & { readonly threshold: number | undefined }>) => {
    requireClass(of, outputs);
    return counted(name, output, weigh, averaged(rate, of.config, categorical), of.config.threshold);
  };
  switch (metric.kind) {
    case 'accuracy':
      return categorical ? weigh(categoricalAccuracy(name)) : binaryAccuracy(name, output, weigh);
    case 'categoricalAccuracy':
      return weigh(categoricalAccuracy(name));
    case 'binaryAccuracy':
      return binaryAccuracy(name, output, weigh, metric.config.threshold);
    case 'topKAccuracy':
      return weigh(topK(name, metric.config.k));
    case 'precision':
      return rates(precision, metric);
    case 'recall':
      return rates(recall, metric);
    case 'f1':
      return rates(fBeta(1), metric);
    case 'fBeta':
      return rates(fBeta(metric.config.beta), metric);
    case 'specificity':
      return rates(specificity, metric);
    case 'balancedAccuracy':
      return counted(name, output, weigh, balancedAccuracy(categorical));
    case 'matthewsCorrelation':
      return counted(name, output, weigh, matthews(categorical));
    case 'logLoss':
      return weigh(logLoss(name, output, categorical));
    case 'calibrationError':
      return weigh(calibrationError(name, output, metric.config.bins, categorical));
    case 'auc':
      return areaOf(name, metric, output, weighs);
    case 'averagePrecision':
      return ranking(name, outputs, output.thresholds?.targets, {
        area: averagePrecision,
        weighs,
        needsBoth: false,
        without: 0,
      });
    case 'meanSquaredError':
      return weigh(residuals(name, 'f32_squared_residuals', outputs));
    case 'meanAbsoluteError':
      return weigh(residuals(name, 'f32_absolute_residuals', outputs));
    case 'rootMeanSquaredError': {
      const mean = residuals(name, 'f32_squared_residuals', outputs);
      return weigh({ ...mean, value: (sums, samples) => Math.sqrt(mean.value(sums, samples)) });
    }
    case 'meanAbsolutePercentageError':
      return weigh(percentageError(name));
    case 'meanSquaredLogarithmicError':
      return weigh(squaredLogarithmicError(name));
    case 'cosineSimilarity':
      return weigh(cosine(name));
    case 'r2':
      return weighs ? weightedMoments(r2(name, outputs)) : r2(name, outputs);
    case 'custom':
      return weigh(custom(name, metric.custom));
    default:
      return weigh(ofLoss(name, metric, output));
  }
}
