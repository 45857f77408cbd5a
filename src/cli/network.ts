import { adam, dense, dropout, schedules, sgd, sparseCategoricalCrossentropy } from '../index.js';
import type { Engine, Layer, LearningRate, Model } from '../index.js';
import { digitClasses, digitPixels } from './mnist.js';
import type { JobOptions } from './options.js';

/**
 * Makes a compiled network that classifies digits, to be trained on `trainingDigits` digits: the requested hidden
 * layers, then one softmax output per digit.
 */
export function createClassifier(engine: Engine, options: JobOptions, trainingDigits: number): Model {
  const model = engine.sequential({ layers: classifierLayers(options), seed: options.seed });
  model.compile({
    optimizer: optimizerOf(options, trainingDigits),
    loss: sparseCategoricalCrossentropy({ labelSmoothing: options.labelSmoothing }),
    metrics: ['accuracy'],
  });
  return model;
}

function classifierLayers({ layers, activation, ...options }: JobOptions): Layer[] {
  // ReLU halves the variance of its input, for which N(0, 2/n) compensates; the others need Glorot's.
  const kernelInitializer = activation === 'relu' ? 'heNormal' : 'glorotUniform';
  const stack: Layer[] = [];
  // The first layer is given the number of inputs.
  const given = () => (stack.length === 0 ? { inputShape: [digitPixels] } : {});
  if (options.inputDropout > 0) stack.push(dropout({ rate: options.inputDropout, ...given() }));
  for (const units of layers) {
    stack.push(dense({ units, activation, kernelInitializer, ...given() }));
    if (options.dropout > 0) stack.push(dropout({ rate: options.dropout }));
  }
  stack.push(dense({ units: digitClasses, activation: 'softmax', ...given() }));
  return stack;
}

function optimizerOf({ optimizer, schedule, epochs, batchSize, ...options }: JobOptions, trainingDigits: number) {
  const decaySteps = epochs * Math.ceil(trainingDigits / batchSize);
  const learningRate: LearningRate =
    schedule === 'cosine'
      ? schedules.cosine({ initialLearningRate: options.learningRate, decaySteps })
      : options.learningRate;
  return optimizer === 'adam' ? adam({ learningRate }) : sgd({ learningRate });
}

/** Returns the name of the network by its layer sizes, as in `784-128-10`. */
export function networkName({ layers }: Pick<JobOptions, 'layers'>): string {
  return [digitPixels, ...layers, digitClasses].join('-');
}
