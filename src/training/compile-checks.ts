/**
 * Checks each loss and metric of `compile` against the values that its output can have, so that a network that cannot
 * learn anything meaningful is refused or reported when it is compiled. Checks only what is known: custom functions and
 * the like are never reported. losses/properties.ts and activations/derivatives.ts have the facts, compiled.ts the
 * options.
 */
import { propertiesOf, type OutputRange } from '../activations/derivatives.js';
import { ValueError } from '../common/errors.js';
import type { NetworkPlan } from '../graph/plan.js';
import type { Loss } from '../losses/losses.js';
import { lossProperties } from '../losses/properties.js';
import { isLoss, type Metric } from '../metrics/metrics.js';
import type { OperationKind, OperationOf } from '../operations/operation.js';
import type { CompileChecks, Compiled } from './compiled.js';

/** Known facts about an output: the values that it can have, and its last activation. */
interface KnownOutput {
  readonly range: OutputRange;
  readonly activation: string;
}

interface Finding {
  readonly severity: 'error' | 'warning';
  readonly message: string;
}

const LINEAR: KnownOutput = { range: 'any', activation: 'linear' };

/** Whether values below 0 are possible. */
const isSigned = (known: KnownOutput | undefined): boolean => known?.range === 'any' || known?.range === 'signed';

/** Returns the known properties of the output of an operation, given those of its inputs. */
type Known<K extends OperationKind> = (
  operation: OperationOf<K>,
  given: readonly (KnownOutput | undefined)[],
) => KnownOutput | undefined;

const linear = (): KnownOutput => LINEAR;
/** Noise is added only in training. */
const unchanged = (_operation: unknown, given: readonly (KnownOutput | undefined)[]): KnownOutput | undefined =>
  given[0];
const nothing = (): undefined => undefined;
/** Values around a mean of 0, of each unit or of each row, whatever the input is. */
const centered = ({ kind }: { readonly kind: string }): KnownOutput => ({ range: 'any', activation: kind });
/** Merged values are below 0 where those of all inputs may be. Of others, such as an average of softmaxes, nothing. */
const merged = (_operation: unknown, given: readonly (KnownOutput | undefined)[]): KnownOutput | undefined =>
  given.every(isSigned) ? LINEAR : undefined;

/** Means and extremes stay in the range of their inputs, where that is one; shares add up to 1 in a mean only. */
const within = (
  { kind }: { readonly kind: string },
  given: readonly (KnownOutput | undefined)[],
): KnownOutput | undefined => {
  const [first] = given;
  if (first === undefined || given.some((known) => known?.range !== first.range)) return merged(undefined, given);
  return first.range === 'distribution' && kind !== 'average' ? { ...first, range: 'unit' } : first;
};

/** For each kind of operation: the known properties of its output in a prediction. */
const KNOWN: { readonly [K in OperationKind]: Known<K> } = {
  affine: linear,
  affineInt8: linear,
  maxPieces: linear,
  identity: unchanged,
  activityPenalty: unchanged,
  dropout: unchanged,
  alphaDropout: unchanged,
  gaussianDropout: unchanged,
  gaussianNoise: unchanged,
  batchNormalization: centered,
  layerNormalization: centered,
  // A learned γ may change signs, and keeps those of values that have both.
  rmsNormalization: (operation, given) => (isSigned(given[0]) ? centered(operation) : undefined),
  normalization: nothing,
  embedding: linear,
  // Scaled and shifted: values without bounds have none afterwards.
  rescaling: (_operation, given) => (given[0]?.range === 'any' ? LINEAR : undefined),
  add: merged,
  // A product of values below 0 may be above 0 everywhere: that of a value with itself is.
  multiply: nothing,
  subtract: merged,
  average: within,
  maximum: within,
  minimum: within,
  // As a product, it may be above 0 everywhere.
  dot: nothing,
  concatenate: merged,
  prelu: ({ kind }) => ({ range: 'any', activation: kind }),
  activation({ config: { activation } }) {
    const { range } = propertiesOf(activation.kind);
    return range && { range, activation: activation.kind };
  },
};

const knownOf = <K extends OperationKind>(
  operation: OperationOf<K>,
  given: readonly (KnownOutput | undefined)[],
): KnownOutput | undefined => KNOWN[operation.kind](operation, given);

/** Returns the known properties of each value of a network in a prediction; undefined where nothing is known. */
function knownValues({ widths, nodes }: NetworkPlan): readonly (KnownOutput | undefined)[] {
  const known: (KnownOutput | undefined)[] = widths.map(() => undefined);
  for (const { operation, inputs, output } of nodes) {
    const given = inputs.map((input) => known[input]);
    known[output] = knownOf(operation, given);
  }
  return known;
}

/** Metrics that count outputs as right or wrong. */
const COUNTING: readonly string[] = ['accuracy', 'binaryAccuracy', 'precision', 'recall', 'f1'];

const error = (message: string): Finding => ({ severity: 'error', message });
const warning = (message: string): Finding => ({ severity: 'warning', message });

/** The option that makes unbounded outputs fit a loss on probabilities. */
const orLogits = (kind: string, known: KnownOutput): string =>
  known.range === 'any' ? `, or write ${kind}({ fromLogits: true })` : '';

/** Returns the finding about a loss on logits and its output, if there is one. */
function judgeLogits(
  path: string,
  kind: string,
  logitsOf: string | undefined,
  known: KnownOutput | undefined,
): Finding | undefined {
  if (logitsOf === undefined || known === undefined || isSigned(known)) return undefined;
  const specs = `expected logits with '${kind}' and fromLogits, got outputs of '${known.activation}'`;
  if (known.range === 'nonNegative') return warning(`${path} ${specs}, which are never below 0. End on 'linear'.`);
  return error(
    `${path} ${specs}, to which the loss would apply a ${logitsOf} again. End on 'linear', or leave fromLogits out.`,
  );
}

/** Returns the finding about a loss and its output, if there is one. */
function judgeLoss(path: string, loss: Loss, width: number, known: KnownOutput | undefined): Finding | undefined {
  const { kind } = loss;
  const { outputs, probabilities, logitsOf, neverBelowZero } = lossProperties(loss);
  const specs = known && `got outputs of '${known.activation}'`;
  if (known?.range === 'distribution' && width === 1) {
    return error(
      `${path} expected a softmax of at least 2 units before it, got one of 1, which is 1 whatever the inputs are. ` +
        `For two classes use dense({ units: 1, activation: 'sigmoid' }) with loss 'binaryCrossentropy', else a unit for each class.`,
    );
  }
  if (outputs === 'classes') {
    if (width === 1) {
      return error(
        `${path} expected an output for each class with '${kind}', got 1. ` +
          `For two classes use dense({ units: 1, activation: 'sigmoid' }) with loss 'binaryCrossentropy', for numbers 'meanSquaredError'.`,
      );
    }
    if (probabilities === undefined) return judgeLogits(path, kind, logitsOf, known);
    const hint = `End on a softmax: dense({ units: ${width}, activation: 'softmax' })`;
    if (known?.range === 'unit') {
      return warning(
        `${path} expected probabilities that add up to 1 with '${kind}', ${specs}. ${hint}; ` +
          `for labels that do not exclude each other use 'binaryCrossentropy'.`,
      );
    }
    if (known !== undefined && known.range !== 'distribution') {
      return error(
        `${path} expected probabilities with '${kind}', ${specs}. ` +
          `${hint}${orLogits(kind, known)}; for numbers use 'meanSquaredError'.`,
      );
    }
  }
  if (outputs === 'independent') {
    if (probabilities === undefined) return judgeLogits(path, kind, logitsOf, known);
    if (known?.range === 'distribution') {
      return warning(
        `${path} expected independent probabilities with '${kind}', ${specs}, which add up to 1. ` +
          `For classes of which one is right use 'categoricalCrossentropy', for independent labels end on 'sigmoid'.`,
      );
    }
    if (known !== undefined && known.range !== 'unit') {
      return error(
        `${path} expected probabilities with '${kind}', ${specs}. ` +
          `End on a sigmoid: dense({ units: ${width}, activation: 'sigmoid' })${orLogits(kind, known)}; ` +
          `for numbers use 'meanSquaredError'.`,
      );
    }
  }
  if (neverBelowZero !== undefined && isSigned(known)) {
    return error(`${path} expected outputs that are never below 0 with '${kind}', ${specs}. ${neverBelowZero(width)}.`);
  }
  if (outputs === 'signs' && known !== undefined && !isSigned(known)) {
    return warning(
      `${path} expected outputs on both sides of 0 with '${kind}', ${specs}, which are never below 0. ` +
        `End on 'linear' or 'tanh', or use 'binaryCrossentropy' on a sigmoid.`,
    );
  }
  return undefined;
}

/** Returns the finding about a metric and its output, if there is one. */
function judgeMetric(
  path: string,
  metric: Metric,
  loss: Loss,
  width: number,
  known: KnownOutput | undefined,
): Finding | undefined {
  const { kind } = metric;
  const best = metric.kind === 'topKAccuracy' ? metric.config.k : kind === 'categoricalAccuracy' ? 1 : 0;
  if (best >= width) {
    return warning(
      `${path} expected more than ${best} output${best === 1 ? '' : 's'} with '${kind}', got ${width}: it is 1 whatever they are. ` +
        (width === 1 ? `Use 'binaryAccuracy'.` : `Use topKAccuracy with a k below ${width}, or 'accuracy'.`),
    );
  }
  const unbounded = known?.range === 'any' || known?.range === 'nonNegative';
  if (unbounded && lossProperties(loss).outputs === 'numbers' && COUNTING.includes(kind)) {
    return warning(
      `${path} expected classes with '${kind}', got outputs of '${known.activation}' under '${loss.kind}', which look like numbers. ` +
        `For numbers use 'meanAbsoluteError' or 'r2'; for classes end on a softmax with 'categoricalCrossentropy', ` +
        `or on a sigmoid with 'binaryCrossentropy'.`,
    );
  }
  if (!isLoss(metric)) return undefined;
  // The loss itself was judged before; without its fromLogits the metric reads the outputs in another way.
  if (kind === loss.kind && lossProperties(metric).logitsOf === lossProperties(loss).logitsOf) return undefined;
  const found = judgeLoss(path, metric, width, known);
  return found && warning(found.message);
}

/**
 * Checks the compiled losses and metrics of a network. Skips outputs whose loss has weight 0: they have a loss only
 * because each output must have one. Passes findings that are not thrown to `warn`.
 * @throws ValueError for a combination that cannot be meant, if `checks` is 'error'.
 */
export function checkCompiled(
  {
    losses,
    lossWeights,
    metrics,
    weightedMetrics,
  }: Pick<Compiled, 'losses' | 'lossWeights' | 'metrics' | 'weightedMetrics'>,
  plan: NetworkPlan,
  specs: readonly { readonly name: string; readonly width: number }[],
  checks: CompileChecks,
  warn: (message: string) => void,
): void {
  if (checks === 'off') return;
  const known = knownValues(plan);
  const found = specs.flatMap(({ name, width }, index) => {
    if (lossWeights[index] === 0) return [];
    const of = specs.length === 1 ? '' : ` of "${name}"`;
    const output = known[plan.outputs[index]];
    const loss = losses[index];
    const judge = (path: string) => (metric: Metric) => judgeMetric(path, metric, loss, width, output);
    return [
      judgeLoss(`compile: loss${of}`, loss, width, output),
      ...metrics[index].map(judge(`compile: metrics${of}`)),
      ...weightedMetrics[index].map(judge(`compile: weightedMetrics${of}`)),
    ].filter((finding) => finding !== undefined);
  });
  const worst = found.find(({ severity }) => severity === 'error');
  if (checks === 'error' && worst !== undefined) {
    throw new ValueError(`${worst.message} To train it as it is, compile with checks: 'warn' or 'off'.`);
  }
  for (const { message } of found) warn(`${message} To silence this, compile with checks: 'off'.`);
}
