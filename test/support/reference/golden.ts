/**
 * The golden files: float64 values of PyTorch, made by golden/make_golden.py. Their types here, and the batches of the
 * golden trainings.
 */
import { readFileSync } from 'node:fs';
import type { ActivationName, Network } from './twin.js';

const load = <T>(name: string): T =>
  JSON.parse(readFileSync(new URL(`../../golden/${name}.json`, import.meta.url), 'utf8')) as T;

export interface WorkedExample {
  x: number[];
  t: number[];
  learningRate: number;
  W1: number[][];
  b1: number[];
  W2: number[][];
  b2: number[];
  logits1: number[];
  h: number[];
  logits2: number[];
  y: number[];
  cost: number;
  delta1: number[];
  delta2: number[];
  dW1: number[][];
  db1: number[];
  dW2: number[][];
  db2: number[];
  W1new: number[][];
  b1new: number[];
  W2new: number[][];
  b2new: number[];
}

export interface ActivationCase {
  y: number[];
  dy: number[];
}

export interface LossCase {
  target: number[][];
  loss: number;
  delta: number[][];
}

/** Parameters of one layer; `alpha` where the activation learns slopes. */
export interface GoldenLayer {
  W: number[][];
  b: number[];
  alpha?: number[];
}

export interface TrainingCase {
  optimizer: string;
  loss: string;
  activations: string[];
  x: number[][];
  t: number[][];
  steps: number;
  batchSize: number;
  l1: number;
  l2: number;
  clipNorm: number | null;
  initial: GoldenLayer[];
  firstGradients: GoldenLayer[];
  lossPerStep: number[];
  after: Record<string, GoldenLayer[]>;
  /** The last layer's logits, before softmax. */
  finalLogits: number[][];
}

export interface MergeCase {
  y: number[][];
  /** By input. */
  dx: number[][][];
}

export const workedExample = load<WorkedExample>('worked-example');
export const optimizerCases = ['optimizers', 'more-optimizers'].flatMap((name) => load<TrainingCase[]>(name));
export const trainingCases = load<TrainingCase[]>('trainings');

const { z, ...byActivation } = load<{ z: number[]; [name: string]: unknown }>('activations');
export const activationLogits = z;
export const activationCases = Object.entries(byActivation) as [name: string, ActivationCase][];

/** Logits of the golden values at which a slope jumps, by activation. Which side counts is a convention. */
const KINKS: Readonly<Record<string, readonly number[]>> = { relu6: [6], hardSwish: [-3, 3] };

/** Whether the slope of an activation at a logit is a convention, ours not always PyTorch's. */
export const isKink = (name: string, z: number): boolean => KINKS[name]?.includes(z) ?? false;

const { logits, ...byLoss } = load<{ logits: number[][]; [title: string]: unknown }>('losses');
export const lossLogits = logits;
export const lossCases = (Object.entries(byLoss) as [string, LossCase][]).map(([title, data]) => {
  const [name, output] = title.split('/')[0].split('+');
  return { title, name, output, ...data };
});

const {
  x: inputsOfMerges,
  delta: deltaOfMerges,
  ...byMerge
} = load<{
  x: number[][][];
  delta: number[][];
  [title: string]: unknown;
}>('merges');
export const mergeInputs = inputsOfMerges;
export const mergeDelta = deltaOfMerges;
/** 'maximum of three' has the number of its inputs in the title. */
export const mergeCases = Object.entries(byMerge) as [string, MergeCase][];

/** A normalization with or without scale and shift; `running` are its mean and variance after the batch. */
interface NormalizationCase {
  kind: 'batchNormalization' | 'layerNormalization' | 'rmsNormalization';
  scale: boolean;
  center: boolean;
  y: number[][];
  dx: number[][];
  dweight?: number[];
  dbias?: number[];
  running?: [mean: number[], variance: number[]];
}

const { x, delta, weight, bias, ...byNormalization } = load<{
  x: number[][];
  delta: number[][];
  weight: number[];
  bias: number[];
  [title: string]: unknown;
}>('normalizations');
export const normalizationInputs = { x, delta, weight, bias };
export const normalizationCases = Object.entries(byNormalization) as [string, NormalizationCase][];
/**
 * A training of the network of `Rates` in make_golden.py, by the names of its layers. Weights are named as in PyTorch.
 */
export interface LayersCase {
  frozen: string[];
  factors: Record<string, number>;
  x: number[][];
  t: number[][];
  initial: Record<string, number[] | number[][]>;
  /** Of the first step; only of what is trained. */
  gradients: Record<string, number[] | number[][]>;
  /** After ten steps of adam at a rate of 0.01. */
  after: Record<string, number[] | number[][]>;
}

export const layersCases = Object.entries(load<Record<string, LayersCase>>('layers'));

/** A training of embeddings by one optimizer. */
interface EmbeddingTraining {
  losses: number[];
  after: (number[] | number[][])[];
  gradients: (number[] | number[][])[];
}

export const embeddings = load<{
  x: number[][];
  t: number[][];
  batchSize: number;
  own: { weights: (number[] | number[][])[] } & Record<string, EmbeddingTraining>;
  shared: { weights: (number[] | number[][])[] } & Record<string, EmbeddingTraining>;
}>('embeddings');

export const networkOf = (layers: GoldenLayer[], activations: readonly string[]): Network =>
  layers.map(({ W, b, alpha }, l) => ({ W, b, ...(alpha && { alpha }), activation: activations[l] as ActivationName }));

/** Rows of step `s` (from 0): the golden trainings go through the data in order and start again at its end. */
export function batchOf({ x, t, batchSize }: TrainingCase, s: number): [x: number[][], t: number[][]] {
  const from = (s * batchSize) % x.length;
  return [x.slice(from, from + batchSize), t.slice(from, from + batchSize)];
}

/** Outcomes of alpha dropout: of x where it is kept, and of whatever is dropped. */
export const alphaDropouts = load<{
  x: number[];
  cases: { rate: number; kept: number[]; slope: number; dropped: number }[];
}>('alpha-dropouts');

/** Logits z, a given ∂L/∂y, outputs y and ∂L/∂z, by row. */
export const logSoftmax = load<Record<'z' | 'delta' | 'y' | 'dz', number[][]>>('log-softmax');

/** A network with penalties [l1, l2] on two hidden values and the output. */
export const activities = load<{
  x: number[][];
  t: number[][];
  strengths: [number, number][];
  weights: (number[] | number[][])[];
  gradients: (number[] | number[][])[];
  loss: number;
}>('activities');
