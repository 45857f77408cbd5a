/**
 * Metrics of probabilities: log loss and calibration error. They are computed in JavaScript, row by row, with exact
 * functions of the library, so that they are the same on every engine.
 */
import { exp, log } from '../common/elementary.js';
import type { MatrixView } from '../runtime/matrix-view.js';
import type { MeasuredOutput, MetricDefinition } from './definition.js';

/** Smallest probability whose logarithm is taken: 2⁻²³, scikit-learn's for float32. */
const EPSILON = 1.1920928955078125e-7;

const held = (p: number): number => (p < EPSILON ? EPSILON : p > 1 - EPSILON ? 1 - EPSILON : p);

/** Writes the probabilities of a row: the outputs themselves, or those of which they are the logits. */
function probabilitiesOf(
  values: Float32Array,
  first: number,
  into: Float64Array,
  logitsOf: MeasuredOutput['logitsOf'],
) {
  const width = into.length;
  let top = -Infinity;
  for (let j = 0; j < width; j++) top = Math.max(top, (into[j] = values[first + j]));
  if (logitsOf === undefined) return;
  let sum = 0;
  for (let j = 0; j < width; j++) {
    if (logitsOf === 'sigmoid') into[j] = 1 / (1 + exp(-into[j]));
    else sum += into[j] = exp(into[j] - top);
  }
  if (logitsOf === 'softmax') for (let j = 0; j < width; j++) into[j] /= sum;
}

/** Makes a metric that adds to its sums for each row of probabilities and targets. */
function ofProbabilities(
  name: string,
  { width, logitsOf }: MeasuredOutput,
  sums: number,
  add: (sums: Float64Array, first: number, p: Float64Array, targets: Float32Array, at: number) => void,
  value: MetricDefinition['value'],
): MetricDefinition {
  return {
    name,
    sums,
    bind({ memory }, y: MatrixView, targets: MatrixView, totals) {
      const p = new Float64Array(width);
      return (rows) => {
        const { f32, f64 } = memory;
        for (let row = 0; row < rows; row++) {
          probabilitiesOf(f32, y.address / 4 + row * y.ld, p, logitsOf);
          add(f64, totals / 8, p, f32, targets.address / 4 + row * targets.ld);
        }
      };
    },
    value,
  };
}

/** −ln p of the truth: over classes for categories, with shares of the row's sum; else the mean over outputs. */
export function logLoss(name: string, output: MeasuredOutput, categorical: boolean): MetricDefinition {
  return ofProbabilities(
    name,
    output,
    1,
    (sums, first, p, targets, at) => {
      let loss = 0;
      let whole = 0;
      for (let j = 0; j < p.length; j++) whole += p[j];
      for (let j = 0; j < p.length; j++) {
        const t = targets[at + j];
        if (categorical) loss -= t === 0 ? 0 : t * log(held(p[j] / (whole === 0 ? 1 : whole)));
        else loss -= (t * log(held(p[j])) + (1 - t) * log(1 - held(p[j]))) / p.length;
      }
      sums[first] += loss;
    },
    ([sum], samples) => sum / samples,
  );
}

/**
 * Expected calibration error (Guo et al. 2017): confidences in equal bins, Σ |right answers − confidences| of each bin
 * over all answers. Of categories the confidence of a row is its largest probability; of independent outputs it is each
 * probability itself, and a target above a half is right.
 */
export function calibrationError(
  name: string,
  output: MeasuredOutput,
  bins: number,
  categorical: boolean,
): MetricDefinition {
  return ofProbabilities(
    name,
    output,
    2 * bins,
    (sums, first, p, targets, at) => {
      const add = (confidence: number, right: boolean): void => {
        // A NaN is in no bin, and makes the metric NaN.
        const bin = confidence > 0 ? Math.min(Math.ceil(confidence * bins), bins) - 1 : 0;
        sums[first + 2 * bin] += confidence;
        sums[first + 2 * bin + 1] += right ? 1 : 0;
      };
      if (!categorical) {
        for (let j = 0; j < p.length; j++) add(p[j], targets[at + j] > 0.5);
        return;
      }
      let best = 0;
      let wanted = 0;
      for (let j = 1; j < p.length; j++) {
        if (p[j] > p[best]) best = j;
        if (targets[at + j] > targets[at + wanted]) wanted = j;
      }
      add(p[best], best === wanted);
    },
    (sums, samples) => {
      let error = 0;
      for (let bin = 0; bin < bins; bin++) error += Math.abs(sums[2 * bin] - sums[2 * bin + 1]);
      return error / (samples * (categorical ? 1 : output.width));
    },
  );
}
