/**
 * Names that other libraries use. Their usual names of choices are accepted as the names here, and the message for an
 * option of theirs says what to write instead. `wasm-mlp/predict` does without this file.
 */
import { isList } from './arrays.js';
import { describe } from './describe.js';
import { suggestion } from './nearest.js';

/** Names in Keras, PyTorch and scikit-learn, in small letters and without underscores, by the name here. */
const OTHER_NAMES = {
  swish: 'silu',
  sigmoid: 'logistic logsig',
  tanh: 'tansig',
  linear: 'identity purelin',
  hardSwish: 'hardsilu',
  exponential: 'exp',
  logSoftmax: 'logsoftmax',
  tanhGelu: 'gelunew gelutanh gelupytorchtanh geluapproximate gelufast',
  meanSquaredError: 'mse mseloss squarederror squaredloss',
  meanAbsoluteError: 'mae l1loss absoluteerror absolutedifference',
  rootMeanSquaredError: 'rmse',
  binaryCrossentropy: 'bce bceloss',
  huber: 'huberloss smoothl1 smoothl1loss',
  binaryFocalCrossentropy: 'focal focalloss binaryfocal sigmoidfocalloss',
  categoricalFocalCrossentropy: 'categoricalfocal',
  kullbackLeibler: 'kld kldiv kldivloss kldivergence kullbackleiblerdivergence',
  meanAbsolutePercentageError: 'mape',
  meanSquaredLogarithmicError: 'msle',
  quantile: 'pinball pinballloss quantileloss',
  gaussianNegativeLogLikelihood: 'gaussiannll gaussiannllloss',
  poisson: 'poissonnll poissonnllloss',
  accuracy: 'acc',
  f1: 'f1score',
  fBeta: 'fbetascore',
  balancedAccuracy: 'balancedaccuracyscore',
  matthewsCorrelation: 'mcc matthewscorrcoef matthews',
  calibrationError: 'ece expectedcalibrationerror',
  r2: 'r2score',
  auc: 'rocauc rocaucscore',
  averagePrecision: 'averageprecision averageprecisionscore ap prauc aucpr',
  heNormal: 'kaimingnormal',
  heUniform: 'kaiminguniform',
  glorotNormal: 'xaviernormal',
  glorotUniform: 'xavieruniform',
  identity: 'eye',
  nonNegative: 'nonneg',
  maxNorm: 'maxnorm',
  unitNorm: 'unitnorm',
  minMaxNorm: 'minmaxnorm',
  l1l2: 'l1l2',
  fanIn: 'fanin',
  fanOut: 'fanout',
  fanAvg: 'fanavg',
  truncatedNormal: 'truncatednormal',
  untruncatedNormal: 'untruncatednormal',
  lbfgs: 'lbfgs lbfgsb bfgs',
  levenbergMarquardt: 'lm trainlm levenbergmarquardt',
  damping: 'mu lambda',
  dampingDecrease: 'mudec',
  dampingIncrease: 'muinc',
  maxDamping: 'mumax',
  historySize: 'maxcor memory',
  gradientTolerance: 'tolerancegrad gtol pgtol tol mingrad',
  changeTolerance: 'tolerancechange ftol',
  expRange: 'exprange',
  learningRate: 'lr eta',
  epsilon: 'eps',
  units: 'outfeatures',
  trainable: 'requiresgrad',
  inputDim: 'numembeddings vocabsize vocabularysize',
  outputDim: 'embeddingdim embeddingsize',
  batchesPerEpoch: 'stepsperepoch',
  onBatchBegin: 'ontrainbatchbegin',
  onBatchEnd: 'ontrainbatchend',
  onEvaluateBegin: 'ontestbegin',
  onEvaluateEnd: 'ontestend',
};

const bare = (word: string): string => word.replaceAll(/[_-]/g, '').toLowerCase();

/** Returns the name among `names` that other libraries call `word`, also with the prefix val. */
export function otherName(word: string, names: readonly string[]): string | undefined {
  const plain = bare(word);
  const validation = plain.startsWith('val');
  for (const [own, others] of Object.entries(OTHER_NAMES)) {
    const name = validation ? `val${own[0].toUpperCase()}${own.slice(1)}` : own;
    if (names.includes(name) && others.split(' ').includes(validation ? plain.slice(3) : plain)) return name;
  }
  return undefined;
}

/** Advice for options that exist in other libraries only, by their names in small letters. */
const INSTEAD: Readonly<Record<string, string>> = {
  weightdecay: 'Use adamw, or kernelRegularizer: l2(…) in layers.',
  decay: 'Give learningRate one of schedules.',
  affine: 'Write scale: false, center: false.',
  elementwiseaffine: 'Write scale: false, center: false.',
  accumulate: 'Give it to the optimizer: adam({ accumulate: 4 }).',
  gradientaccumulationsteps: 'Give the optimizer accumulate: adam({ accumulate: 4 }).',
  useema: 'Write ema: { momentum: 0.99 }.',
  emamomentum: 'Write ema: { momentum: 0.99 }.',
  emaoverwritefrequency: 'Write ema: { overwriteFrequency: 100 }.',
  maxiter: 'An epoch is an iteration: give fit epochs.',
  inputdim: 'Write inputShape: [n].',
  inputsize: 'Write inputShape: [n].',
  infeatures: 'Write inputShape: [n].',
  maskzero: 'Nothing is masked: a category for padding has a vector like the others.',
  paddingidx: 'Nothing is masked: a category for padding has a vector like the others.',
  earlystopping: 'Give fit of the facade validation: 0.1.',
  validationfraction: 'Give fit of the facade validation: 0.1.',
  solver: 'Facades train with adam: for another optimizer build a model by sequential.',
};

/** Options in other libraries that have another name here, in small letters and without underscores. */
const OPTION_NAMES: Readonly<Record<string, string>> = {
  maxiter: 'epochs',
  nepochs: 'epochs',
  numepochs: 'epochs',
  randomstate: 'seed',
  nsplits: 'folds',
  randomseed: 'seed',
  hiddenlayersizes: 'hiddenLayers',
  hiddenunits: 'hiddenLayers',
  learningrateinit: 'learningRate',
  alpha: 'l2',
  niternochange: 'patience',
  tol: 'minDelta',
  fromlogits: 'fromLogits',
  validationsteps: 'validationBatches',
  validationfreq: 'validationFrequency',
  dropremainder: 'dropLast',
  swastart: 'startEpoch',
  stepsize: 'dropEvery',
  tmax: 'decaySteps',
  gamma: 'factor',
  steps: 'batches',
  weightdecay: 'weightDecay',
  gradientaccumulationsteps: 'accumulate',
  accumulategradbatches: 'accumulate',
  accumulationsteps: 'accumulate',
};

/** Names of the cross-entropies elsewhere that do not say which one is meant. */
const CROSS_ENTROPIES = 'crossentropy crossentropyloss ce categorical logloss nll nllloss negativeloglikelihood'.split(
  ' ',
);

/** Names elsewhere of cross-entropies of logits, by the loss here. */
const OF_LOGITS: Readonly<Record<string, string>> = {
  bcewithlogits: 'binaryCrossentropy',
  bcewithlogitsloss: 'binaryCrossentropy',
  sigmoidcrossentropy: 'binaryCrossentropy',
  softmaxcrossentropy: 'categoricalCrossentropy',
};

/** Returns advice for a name that means several of `names`, or one of them with an option. */
function adviceForName(word: string, names: readonly string[]): string | undefined {
  const plain = bare(word);
  if (Object.hasOwn(OF_LOGITS, plain) && names.includes(OF_LOGITS[plain])) {
    return ` Write ${OF_LOGITS[plain]}({ fromLogits: true }).`;
  }
  if (!names.includes('binaryCrossentropy') || !CROSS_ENTROPIES.includes(bare(word))) return undefined;
  return (
    ' For one-hot targets write "categoricalCrossentropy", for class indices "sparseCategoricalCrossentropy", ' +
    'for independent labels "binaryCrossentropy".'
  );
}

/** Returns ` Did you mean "x"?` for a name elsewhere or a nearly right one, advice, or the list of the existing names. */
export const suggestionFor = (word: string, names: readonly string[]): string =>
  adviceForName(word, names) ?? suggestion(word, names, otherName);

/** Options by the call that takes them, to recognise options given to another call. */
const OPTIONS_OF: Readonly<Record<string, readonly string[]>> = {
  fit: ['epochs', 'batchSize', 'validationSplit', 'validationData', 'callbacks'],
  compile: ['optimizer', 'loss', 'metrics'],
  sequential: ['layers', 'seed'],
};

/** Widths of these layers follow from the layer before. */
const WIDTH_BEFORE = ['batchNormalization', 'layerNormalization', 'rmsNormalization', 'normalization', 'prelu'];

/** Returns advice for an option that other libraries have, or have in another call, among the `names` of options. */
export function adviceFor(where: string, option: string, names: readonly string[]): string | undefined {
  const plain = bare(option);
  if (plain === 'weightdecay' && where === 'sgd') {
    return ' Did you mean "weightDecay", which acts apart from the gradient? For PyTorch\'s write kernelRegularizer: l2(…).';
  }
  if (Object.hasOwn(OPTION_NAMES, plain) && names.includes(OPTION_NAMES[plain])) {
    return ` Did you mean "${OPTION_NAMES[plain]}"?`;
  }
  if (Object.hasOwn(INSTEAD, plain)) return ` ${INSTEAD[plain]}`;
  const [call] = Object.entries(OPTIONS_OF).find(([, options]) => options.some((one) => bare(one) === plain)) ?? [];
  return call !== undefined && call !== where && Object.hasOwn(OPTIONS_OF, where) ? ` ${call} takes it.` : undefined;
}

type Check = (path: string, value: unknown) => unknown;

/**
 * Returns the part of a message about an option's value that was given without its name: it suggests the first option
 * that accepts the value, skipping options whose check is `passed`.
 */
export function namingHint(
  where: string,
  value: unknown,
  options: Readonly<Record<string, { check: Check }>>,
  passed: Check,
): string {
  if (typeof value === 'number' && WIDTH_BEFORE.includes(where)) {
    return ` It is as wide as the layer before: write ${where}().`;
  }
  if (!isList(value) && !['number', 'string', 'boolean'].includes(typeof value)) return '';
  const taking = Object.entries(options).find(([, { check }]) => {
    try {
      if (check === passed) return false;
      check('', value);
      return true;
    } catch {
      return false;
    }
  });
  return taking === undefined ? '' : ` Write { ${taking[0]}: ${isList(value) ? '[…]' : describe(value)} }.`;
}
