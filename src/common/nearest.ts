/**
 * What a wrong name or option most likely means, for messages and for the usual names of other libraries that are taken as well. The entry that
 * only predicts is built without this file.
 */

import { describe } from './describe.js';

/** Names that are looked at and listed: a graph may have any number of outputs. */
const MOST = 100;

/** Number of insertions, deletions, substitutions and swaps of neighbours between two words (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      row[j] = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        row[j] = Math.min(row[j], before[j - 2] + 1);
    }
    before = last;
    last = row;
  }
  return last[b.length];
}

/** The name among `names` closest to `word`, if one is close enough to be meant. */
export function nearest(word: string, names: readonly string[]): string | undefined {
  // Two letters of a word of two would be any other.
  const limit = word.length < 3 ? 1 : Math.max(2, Math.floor(word.length / 3));
  let best: string | undefined;
  let bestDistance = limit + 1;
  for (const name of names) {
    if (name.length > LONGEST) continue;
    const distance = editDistance(word.toLowerCase(), name.toLowerCase());
    if (distance < bestDistance) {
      best = name;
      bestDistance = distance;
    }
  }
  return best;
}

/** No name of this library is longer. */
const LONGEST = 64;

/** Names of Keras, PyTorch and scikit-learn, in small letters and without underscores, by the name that they have here. */
const OTHER_NAMES = {
  swish: 'silu',
  sigmoid: 'logistic',
  linear: 'identity',
  meanSquaredError: 'mse',
  meanAbsoluteError: 'mae',
  rootMeanSquaredError: 'rmse',
  binaryCrossentropy: 'bce',
  accuracy: 'acc',
  f1: 'f1score',
  r2: 'r2score',
  auc: 'rocauc',
  heNormal: 'kaimingnormal',
  heUniform: 'kaiminguniform',
  glorotNormal: 'xaviernormal',
  glorotUniform: 'xavieruniform',
  learningRate: 'lr eta',
  epsilon: 'eps',
  units: 'outfeatures',
  batchesPerEpoch: 'stepsperepoch',
  onBatchEnd: 'onbatchbegin ontrainbatchbegin ontrainbatchend',
};

const bare = (word: string): string => word.replaceAll(/[_-]/g, '').toLowerCase();

/** The name among `names` that goes by `word` in other libraries, also behind val. */
export function otherName(word: string, names: readonly string[]): string | undefined {
  const plain = bare(word);
  const validation = plain.startsWith('val');
  for (const [own, others] of Object.entries(OTHER_NAMES)) {
    const name = validation ? `val${own[0].toUpperCase()}${own.slice(1)}` : own;
    if (names.includes(name) && others.split(' ').includes(validation ? plain.slice(3) : plain)) return name;
  }
  return undefined;
}

/** ` Did you mean "x"?`, or the list of what there is. */
export function suggestion(word: string, names: readonly string[]): string {
  const some = names.slice(0, MOST);
  // The distance takes time and room with the square of the length.
  const best = word.length > LONGEST ? undefined : (otherName(word, some) ?? nearest(word, some));
  if (best !== undefined) return ` Did you mean "${best}"?`;
  return ` There are: ${some.join(', ')}${some.length < names.length ? ', …' : ''}.`;
}

/** What to do instead of giving an option that Keras or PyTorch has, by its name in small letters. */
const INSTEAD: Readonly<Record<string, string>> = {
  weightdecay: 'Use adamw, or kernelRegularizer: l2(…) in layers.',
  decay: 'Give learningRate one of schedules.',
  inputdim: 'Write inputShape: [n].',
  inputsize: 'Write inputShape: [n].',
  infeatures: 'Write inputShape: [n].',
  verbose: 'Print in a callback: { onEpochEnd: (epoch, logs) => console.log(epoch, logs) }.',
};

/** Options by the call that takes them, for those given to another one. */
const OPTIONS_OF: Readonly<Record<string, readonly string[]>> = {
  fit: ['epochs', 'batchSize', 'validationSplit', 'validationData', 'callbacks'],
  compile: ['optimizer', 'loss', 'metrics'],
  sequential: ['layers', 'seed'],
};

/** What follows an unknown option in a message. */
export function optionSuggestion(where: string, option: string, names: readonly string[]): string {
  const plain = bare(option);
  if (Object.hasOwn(INSTEAD, plain)) return ` ${INSTEAD[plain]}`;
  const [call] = Object.entries(OPTIONS_OF).find(([, options]) => options.some((one) => bare(one) === plain)) ?? [];
  if (call !== undefined && call !== where && Object.hasOwn(OPTIONS_OF, where)) return ` ${call} takes it.`;
  return suggestion(option, names);
}

type Check = (path: string, value: unknown) => unknown;

/** What follows in a message where an option's value was given without its name: the first option that takes it, but for those with check `passed`. */
export function namingHint(value: unknown, options: Readonly<Record<string, { check: Check }>>, passed: Check): string {
  if (!Array.isArray(value) && !['number', 'string', 'boolean'].includes(typeof value)) return '';
  const taking = Object.entries(options).find(([, { check }]) => {
    try {
      if (check === passed) return false;
      check('', value);
      return true;
    } catch {
      return false;
    }
  });
  return taking === undefined ? '' : ` Write { ${taking[0]}: ${Array.isArray(value) ? '[…]' : describe(value)} }.`;
}
