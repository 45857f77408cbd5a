import { adam, dense, sgd } from '../index.js';
import type { Engine, Model } from '../index.js';
import { digitClasses, digitPixels } from './mnist.js';
import type { JobOptions } from './options.js';

type NetworkOptions = Pick<JobOptions, 'layers' | 'activation' | 'optimizer' | 'learningRate' | 'seed'>;

/** A compiled network that tells digits apart: hidden layers as asked for, then one softmax output per digit. */
export function createClassifier(engine: Engine, options: NetworkOptions): Model {
  const model = engine.sequential({ layers: classifierLayers(options), seed: options.seed });
  model.compile({
    optimizer: optimizerOf(options),
    loss: 'sparseCategoricalCrossentropy',
    metrics: ['accuracy'],
  });
  return model;
}

function classifierLayers({ layers, activation }: NetworkOptions) {
  // ReLU halves the variance of what passes through it, which N(0, 2/n) makes up for; the others want Glorot's.
  const kernelInitializer = activation === 'relu' ? 'heNormal' : 'glorotUniform';
  const hidden = layers.map((units) => ({ units, activation, kernelInitializer }) as const);
  const output = { units: digitClasses, activation: 'softmax' } as const;
  return [...hidden, output].map((layer, i) => dense(i === 0 ? { ...layer, inputShape: [digitPixels] } : layer));
}

function optimizerOf({ optimizer, learningRate }: NetworkOptions) {
  return optimizer === 'adam' ? adam({ learningRate }) : sgd({ learningRate });
}

/** The network by its layer sizes, as in `784-128-10`. */
export function networkName({ layers }: Pick<JobOptions, 'layers'>): string {
  return [digitPixels, ...layers, digitClasses].join('-');
}
