/**
 * Options of `compile`: reads them for the outputs of a model and settles losses, metrics and the keys of the logs.
 * compile-checks.ts judges whether losses and metrics fit the outputs.
 */
import { canBeNegative, propertiesOf } from '../activations/derivatives.js';
import { requireDistinctNames } from '../common/custom.js';
import { isList } from '../common/arrays.js';
import { counted, describe } from '../common/describe.js';
import { resolve } from '../common/descriptor.js';
import { ShapeError, ValueError } from '../common/errors.js';
import { suggestionFor } from '../common/other-names.js';
import { finite, isRecord, nameOf, optional, readOptions, type Check } from '../common/options.js';
import { fieldOf } from '../common/objects.js';
import type { TensorSpec } from '../graph/tensor-specs.js';
import type { Objective, OutputObjective } from './objective.js';
import { lossDefinition } from '../losses/bind.js';
import { targetWidth } from '../losses/definition.js';
import { lossCheck, type Loss, type LossLike } from '../losses/losses.js';
import { lossProperties } from '../losses/properties.js';
import { metricDefinition } from '../metrics/bind.js';
import type { MeasuredOutput } from '../metrics/definition.js';
import { readMetrics, type CustomMetric, type Metric, type MetricName } from '../metrics/metrics.js';
import { OPTIMIZERS, type Optimizer, type OptimizerName } from '../optimizers/optimizers.js';

/**
 * A metric by its name or an abbreviation, as a factory's result, or custom. `acc` is `accuracy`; `mse`, `mae`,
 * `rmse`, `mape` and `msle` are the errors with these initials, as `rootMeanSquaredError`. Losses are metrics too. Logs
 * use the full name.
 * @category Metrics
 */
export type MetricLike = MetricName | 'acc' | 'mse' | 'mae' | 'rmse' | 'mape' | 'msle' | Metric | CustomMetric;

/**
 * One value for all outputs, or one for each: a list in the order of the outputs, or an object by their names.
 * @category Training and callbacks
 */
export type PerOutput<T> = T | readonly T[] | Readonly<Record<string, T>>;

/**
 * Metrics of all outputs, or a list for each, in their order or by their names.
 * @category Metrics
 */
export type MetricLists =
  readonly MetricLike[] | readonly (readonly MetricLike[])[] | Readonly<Record<string, readonly MetricLike[]>>;

/**
 * Options of `compile`.
 * @category Training and callbacks
 */
export interface CompileOptions {
  /** A name, which means the defaults of its factory, or a factory's result. */
  optimizer: OptimizerName | Optimizer;
  /**
   * A name, a factory's result, or a custom loss; for a model with several outputs one for all, or one for each.
   */
  loss: PerOutput<LossLike>;
  /** Weight of each output's loss in the total, at least 0. Default 1. */
  lossWeights?: readonly number[] | Readonly<Record<string, number>>;
  /**
   * Metrics to report besides the loss: names, factories' results, or custom metrics; for several outputs one list for
   * all, or one for each. Every row counts once, whatever its weight. Default none.
   */
  metrics?: MetricLists;
  /**
   * Metrics in which rows have their weights, in training class weights included: the sum over rows of what each adds,
   * times its weight, divided by the sum of the weights; 0 if that is 0. Their keys in logs begin with weighted, as in
   * weightedAccuracy. Slower than `metrics`. Default none.
   */
  weightedMetrics?: MetricLists;
  /**
   * Treatment of a loss that does not fit its output, such as a cross-entropy on a linear layer, and of targets of a
   * categorical cross-entropy whose rows do not add up to 1:
   * - 'error': throws a ValueError; only warns of a likely mistake, such as `accuracy` of a regression
   * - 'warn': warns of each, by `console.warn`, once
   * - 'off': accepts everything
   *
   * Not saved with the model: a loaded one accepts whatever was compiled, and warns of targets. Default 'error'.
   */
  checks?: 'error' | 'warn' | 'off';
}

/** Treatment of a loss that does not fit its output. */
export type CompileChecks = NonNullable<CompileOptions['checks']>;

/** Settled options of `compile`. */
export interface Compiled {
  readonly optimizer: Optimizer;
  readonly losses: readonly Loss[];
  readonly lossWeights: readonly number[];
  readonly metrics: readonly (readonly Metric[])[];
  readonly weightedMetrics: readonly (readonly Metric[])[];
  readonly objective: Objective;
  /** Keys of the logs by output: its loss, then its metrics. */
  readonly keys: readonly (readonly string[])[];
  readonly checks: CompileChecks;
  /** Treatment of targets that do not fit a loss; other than `checks` where these were made before. */
  readonly targetChecks: CompileChecks;
}

const optimizerCheck: Check<Optimizer> = (path, value) => resolve(path, value, OPTIMIZERS);

/** Returns the value for each output, from a list in their order or an object by their names. */
function spread(path: string, value: unknown, outputSpecs: readonly TensorSpec[]): unknown[] {
  if (isList(value)) {
    if (value.length !== outputSpecs.length) {
      throw new ShapeError(
        `${path} expected one for each of ${counted(outputSpecs.length, 'output')}, got ${value.length}.`,
      );
    }
    return outputSpecs.map((_, index) => value[index]);
  }
  if (!isRecord(value)) {
    throw new ValueError(`${path} expected a list or an object by output, got ${describe(value)}.`);
  }
  const names = outputSpecs.map(({ name }) => name);
  const known = new Set(names);
  for (const name of Object.keys(value)) {
    if (!known.has(name)) {
      throw new ValueError(`${path} has no output ${describe(name)}.${suggestionFor(name, names)}`);
    }
  }
  return names.map((name) => fieldOf(value, name));
}

/** Whether an object has values by output, and is not itself a factory's result or a custom loss. */
function isByName(value: unknown, outputSpecs: readonly TensorSpec[]): boolean {
  if (!isRecord(value)) return false;
  const names = outputSpecs.map(({ name }) => name);
  const own = ['kind', 'config', 'name', 'value', 'gradient'];
  return !own.some((key) => fieldOf(value, key) !== undefined && !names.includes(key));
}

function readLosses(path: string, value: unknown, outputSpecs: readonly TensorSpec[]): Loss[] {
  const byName = isByName(value, outputSpecs);
  if (outputSpecs.length === 1 && !byName && !isList(value)) return [lossCheck(path, value)];
  if (!isList(value) && !byName) {
    const loss = lossCheck(path, value);
    return outputSpecs.map(() => loss);
  }
  return spread(path, value, outputSpecs).map((one, index) =>
    lossCheck(`${path} of "${outputSpecs[index].name}"`, one),
  );
}

function readWeights(path: string, value: unknown, outputSpecs: readonly TensorSpec[]): number[] {
  if (value === undefined) return outputSpecs.map(() => 1);
  return spread(path, value, outputSpecs).map((one, index) => {
    const weight = one === undefined ? 1 : finite(`${path} of "${outputSpecs[index].name}"`, one);
    if (weight < 0)
      throw new ValueError(`${path} of "${outputSpecs[index].name}" expected a number >= 0, got ${weight}.`);
    return weight;
  });
}

function readMetricLists(path: string, value: unknown, outputSpecs: readonly TensorSpec[]): Metric[][] {
  // One metric where a list belongs: the fields of an object would be taken for outputs.
  if (typeof value === 'string' || (isRecord(value) && !isByName(value, outputSpecs))) {
    const [{ kind }] = readMetrics(path, [value]);
    const hint = kind === 'custom' ? '' : ` Write [${typeof value === 'string' ? `'${kind}'` : `${kind}(…)`}].`;
    throw new ValueError(`${path} expected a list, got ${describe(value)}.${hint}`);
  }
  const nested = isList(value) && outputSpecs.some((_, index) => isList(value[index]));
  if (isList(value) && !nested) {
    const metrics = readMetrics(path, value);
    return outputSpecs.map(() => metrics);
  }
  return spread(path, value, outputSpecs).map((one, index) =>
    readMetrics(`${path} of "${outputSpecs[index].name}"`, one ?? []),
  );
}

const capital = (name: string): string => name[0].toUpperCase() + name.slice(1);

/** Returns the key in the logs of a value measured on the validation data. */
export const validationKey = (key: string): string => `val${capital(key)}`;

/** Throws if two values of the logs, validation's included, would have the same key. */
function requireDistinct(keys: readonly string[]): void {
  const all = new Set([...keys, 'loss'].map(validationKey))
    .add('size')
    .add('epoch')
    .add('learningRate')
    .add('regularization');
  if (keys.length > 1 && keys.includes('loss') && keys[0] !== 'loss') all.add('loss');
  for (const key of keys) {
    if (all.has(key)) {
      throw new ValueError(
        `compile: outputs expected names that give each log a key of its own, got "${key}" twice. Rename the layer.`,
      );
    }
    all.add(key);
  }
}

/** Returns the facts that metrics need about an output, from its loss and the activation that made it. */
function measuredOutput(loss: Loss, { width, madeBy }: TensorSpec): MeasuredOutput {
  const { outputs, thresholds, blocks, logitsOf } = lossProperties(loss);
  const signed = madeBy !== undefined && propertiesOf(madeBy).range === 'signed';
  // Outputs that are never below 0 cannot be −1: all of them would count as yes.
  const cuts = thresholds ?? (canBeNegative(madeBy) ? undefined : { outputs: 0.5, targets: 0.5 });
  return {
    width: targetWidth(blocks, width),
    outputs: width,
    independent: outputs === 'independent',
    thresholds: cuts,
    logitsOf,
    signed,
  };
}

/** Throws a ShapeError if the outputs of a row cannot be divided among its targets. */
function requireBlocks(loss: Loss, { name, width }: TensorSpec, outputs: number): void {
  const count = lossProperties(loss).blocks?.count ?? 1;
  if (width % count === 0) return;
  const of = outputs === 1 ? '' : ` of "${name}"`;
  throw new ShapeError(
    `compile: loss${of} expected a multiple of ${count} outputs with '${loss.kind}', ${count} for each target, got ${width}.`,
  );
}

/** Reads the options of `compile` for a model with these outputs. */
export function readCompileOptions(options: CompileOptions, outputSpecs: readonly TensorSpec[]): Compiled {
  const read = readOptions<{
    optimizer: Optimizer;
    loss: Loss[];
    lossWeights: unknown;
    metrics: Metric[][];
    weightedMetrics: Metric[][];
    checks: CompileChecks;
  }>('compile', options, {
    optimizer: { check: optimizerCheck },
    loss: { check: (path, value) => readLosses(path, value, outputSpecs) },
    lossWeights: { check: optional((path, value) => readWeights(path, value, outputSpecs)), or: undefined },
    metrics: { check: (path, value) => readMetricLists(path, value, outputSpecs), or: outputSpecs.map(() => []) },
    weightedMetrics: {
      check: (path, value) => readMetricLists(path, value, outputSpecs),
      or: outputSpecs.map(() => []),
    },
    checks: { check: nameOf(['error', 'warn', 'off']), or: 'error' },
  });
  const { optimizer, loss: losses, metrics, weightedMetrics, checks } = read;
  requireDistinctNames('compile: loss', losses);
  const lossWeights = (read.lossWeights as number[] | undefined) ?? outputSpecs.map(() => 1);
  outputSpecs.forEach((spec, index) => requireBlocks(losses[index], spec, outputSpecs.length));
  const objective = outputSpecs.map((spec, index): OutputObjective => {
    const measured = measuredOutput(losses[index], spec);
    return {
      loss: lossDefinition(losses[index]),
      weight: lossWeights[index],
      metrics: [
        ...metrics[index].map((metric) => metricDefinition(metric, measured, false)),
        ...weightedMetrics[index].map((metric) => metricDefinition(metric, measured, true)),
      ],
    };
  });
  const keys = objective.map((output, index) => {
    const own = ['loss', ...output.metrics.map(({ name }) => name)];
    return outputSpecs.length === 1 ? own : own.map((key) => `${outputSpecs[index].name}${capital(key)}`);
  });
  requireDistinct(keys.flat());
  return { optimizer, losses, lossWeights, metrics, weightedMetrics, objective, keys, checks, targetChecks: checks };
}
