/** The library's network of the playground's settings: its layers and its optimizer. */
import * as library from 'wasm-mlp';
import type { Engine, Model, Optimizer, SymbolicTensor } from 'wasm-mlp';
import { LOSSES, type LossUse } from '../settings/choices.js';
import { isFullBatch, type Settings } from '../settings/settings.js';
import { outputsOf } from './rows.js';

/** A network with a second model of the same weights whose outputs are those of each hidden layer. */
export interface Network {
  readonly model: Model;
  /** Undefined without hidden layers. */
  readonly hidden: Model<Float32Array | Float32Array[]> | undefined;
}

/** Builds the untrained network. Its first weights depend on the seed alone. */
export function buildNetwork(engine: Engine, settings: Settings): Network {
  const { layers, initializer, regularizer, regularization, normalization, dropout, features, seed } = settings;
  const penalty = regularizer === 'none' ? undefined : penaltyOf(regularizer, regularization);
  const kernel = { kernelInitializer: initializer as 'zeros', kernelRegularizer: penalty };
  const inputs = library.input({ shape: [features.length], name: 'features' });
  const hidden: SymbolicTensor[] = [];
  let last: SymbolicTensor = inputs;
  layers.forEach(({ units, activation }, index) => {
    const name = `hidden${index + 1}`;
    if (normalization === 'none') last = library.dense({ units, activation, name, ...kernel }).apply(last);
    else {
      last = library.dense({ units, name, ...kernel }).apply(last);
      const normalize = normalization === 'batch' ? library.batchNormalization : library.layerNormalization;
      last = normalize({ name: `normalization${index + 1}` }).apply(last);
      last = library.activation({ activation, name: `activation${index + 1}` }).apply(last);
    }
    hidden.push(last);
    if (dropout > 0) last = library.dropout({ rate: dropout, name: `dropout${index + 1}` }).apply(last);
  });
  const use: LossUse = LOSSES[settings.loss];
  const output = (units: number, activation: LossUse['activation'], name: string): SymbolicTensor =>
    library.dense({ units, activation, name, ...kernel }).apply(last);
  const outputs =
    use.targets === 'meanAndVariance'
      ? library.concatenate().apply([output(1, 'linear', 'mean'), output(1, 'softplus', 'variance')])
      : output(outputsOf(settings), use.activation, 'output');
  const model = engine.model({ inputs, outputs, seed }) as Model;
  model.compile({ optimizer: optimizerOf(settings), loss: settings.loss, checks: 'off' });
  const each = hidden.length === 0 ? undefined : engine.model({ inputs, outputs: hidden });
  return { model, hidden: each };
}

function penaltyOf(kind: 'l1' | 'l2' | 'l1l2', strength: number) {
  return kind === 'l1l2' ? library.l1l2({ l1: strength, l2: strength }) : library[kind](strength);
}

/** Returns the learning rate: the number itself, or a schedule that has run its course after `scheduleSteps` steps. */
function rateOf({ learningRate: rate, schedule, scheduleSteps: steps }: Settings) {
  const { schedules } = library;
  const third = Math.max(1, Math.floor(steps / 3));
  const decay = { initialLearningRate: rate, decaySteps: third };
  switch (schedule) {
    case 'constant':
      return rate;
    case 'step':
      return schedules.step({ initialLearningRate: rate, dropEvery: third });
    case 'exponential':
    case 'inverseTime':
      return schedules[schedule]({ ...decay, decayRate: schedule === 'exponential' ? 0.3 : 1 });
    case 'polynomial':
      return schedules.polynomial({ initialLearningRate: rate, decaySteps: steps, endLearningRate: rate / 100 });
    case 'cosine':
      return schedules.cosine({ initialLearningRate: rate, decaySteps: steps });
    case 'warmUp':
      return schedules.warmUp({ schedule: rate, steps: third });
    case 'cyclic':
      return schedules.cyclic({ baseLearningRate: rate / 10, maxLearningRate: rate, stepSizeUp: third });
    case 'oneCycle':
      return schedules.oneCycle({ maxLearningRate: rate, totalSteps: steps });
    case 'piecewiseConstant':
      return schedules.piecewiseConstant({ boundaries: [third, 2 * third], values: [rate, rate / 3, rate / 10] });
    case 'sequential':
      return schedules.sequential({
        schedules: [
          schedules.warmUp({ schedule: rate, steps: third }),
          schedules.cosine({ ...decay, decaySteps: steps }),
        ],
        milestones: [third],
      });
  }
}

function optimizerOf(settings: Settings): Optimizer {
  const { optimizer, momentum } = settings;
  if (isFullBatch(optimizer)) return library[optimizer as 'lbfgs']();
  const learningRate = rateOf(settings);
  return optimizer === 'sgd' ? library.sgd({ learningRate, momentum }) : library[optimizer as 'adam']({ learningRate });
}
