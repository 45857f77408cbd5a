/**
 * The playground's training as a program: the network, the points and the order of the batches, so that it has the same
 * weights as the page after as many steps. A test runs it.
 */
import { LOSSES, type LossUse } from '../settings/choices.js';
import { isFullBatch, type Settings } from '../settings/settings.js';
import { outputsOf, rowsOf } from '../training/rows.js';

const list = (values: ArrayLike<number>): string => `[${Array.from(values, String).join(', ')}]`;

const text = (value: string): string => `'${value}'`;

/** The learning rate as an expression. */
function rateText({ learningRate: rate, schedule, scheduleSteps: steps }: Settings): string {
  const third = Math.max(1, Math.floor(steps / 3));
  const calls: Readonly<Record<Settings['schedule'], string>> = {
    constant: String(rate),
    step: `schedules.step({ initialLearningRate: ${rate}, dropEvery: ${third} })`,
    exponential: `schedules.exponential({ initialLearningRate: ${rate}, decaySteps: ${third}, decayRate: 0.3 })`,
    inverseTime: `schedules.inverseTime({ initialLearningRate: ${rate}, decaySteps: ${third}, decayRate: 1 })`,
    polynomial: `schedules.polynomial({ initialLearningRate: ${rate}, decaySteps: ${steps}, endLearningRate: ${rate / 100} })`,
    cosine: `schedules.cosine({ initialLearningRate: ${rate}, decaySteps: ${steps} })`,
    warmUp: `schedules.warmUp({ schedule: ${rate}, steps: ${third} })`,
    cyclic: `schedules.cyclic({ baseLearningRate: ${rate / 10}, maxLearningRate: ${rate}, stepSizeUp: ${third} })`,
    oneCycle: `schedules.oneCycle({ maxLearningRate: ${rate}, totalSteps: ${steps} })`,
    piecewiseConstant: `schedules.piecewiseConstant({ boundaries: [${third}, ${2 * third}], values: [${rate}, ${rate / 3}, ${rate / 10}] })`,
    sequential:
      `schedules.sequential({ schedules: [schedules.warmUp({ schedule: ${rate}, steps: ${third} }), ` +
      `schedules.cosine({ initialLearningRate: ${rate}, decaySteps: ${steps} })], milestones: [${third}] })`,
  };
  return calls[schedule];
}

function optimizerText(settings: Settings): string {
  const { optimizer, momentum } = settings;
  if (isFullBatch(settings.optimizer)) return `${optimizer}()`;
  const more = optimizer === 'sgd' ? `, momentum: ${momentum}` : '';
  return `${optimizer}({ learningRate: ${rateText(settings)}${more} })`;
}

/** The lines that build the network, as network.ts does. */
function networkLines(settings: Settings): string[] {
  const { layers, initializer, regularizer, regularization: strength, normalization, dropout, features } = settings;
  const penalties: Readonly<Record<Settings['regularizer'], string>> = {
    none: '',
    l1: `, kernelRegularizer: l1(${strength})`,
    l2: `, kernelRegularizer: l2(${strength})`,
    l1l2: `, kernelRegularizer: l1l2({ l1: ${strength}, l2: ${strength} })`,
  };
  const kernel = `kernelInitializer: ${text(initializer)}${penalties[regularizer]}`;
  const lines = [`const features = input({ shape: [${features.length}], name: 'features' });`, 'let last = features;'];
  layers.forEach(({ units, activation }, index) => {
    const number = index + 1;
    if (normalization === 'none') {
      lines.push(
        `last = dense({ units: ${units}, activation: ${text(activation)}, name: 'hidden${number}', ${kernel} }).apply(last);`,
      );
    } else {
      lines.push(
        `last = dense({ units: ${units}, name: 'hidden${number}', ${kernel} }).apply(last);`,
        `last = ${normalization}Normalization({ name: 'normalization${number}' }).apply(last);`,
        `last = activation({ activation: ${text(activation)}, name: 'activation${number}' }).apply(last);`,
      );
    }
    if (dropout > 0) lines.push(`last = dropout({ rate: ${dropout}, name: 'dropout${number}' }).apply(last);`);
  });
  const use: LossUse = LOSSES[settings.loss];
  const output = (units: number, activation: string, name: string): string =>
    `dense({ units: ${units}, activation: ${text(activation)}, name: ${text(name)}, ${kernel} }).apply(last)`;
  if (use.targets === 'meanAndVariance') {
    lines.push(
      `const outputs = concatenate().apply([`,
      `  ${output(1, 'linear', 'mean')},`,
      `  ${output(1, 'softplus', 'variance')},`,
      ']);',
    );
  } else lines.push(`const outputs = ${output(outputsOf(settings), use.activation, 'output')};`);
  return lines;
}

/** The lines that take the steps, as Session does. */
function trainingLines(settings: Settings, steps: number): string[] {
  if (isFullBatch(settings.optimizer)) {
    return [
      `for (let step = 0; step < ${steps}; step++) {`,
      '  await network.fit(x, t, { epochs: 1, batchSize: x.length, shuffle: false });',
      '}',
    ];
  }
  return [
    '// Rows in an order that is new in each epoch; Mulberry32 is the random stream.',
    'function orderOf(epoch: number): number[] {',
    `  let state = (${settings.seed} ^ Math.imul(epoch + 1, 0x9e3779b9)) >>> 0;`,
    '  const next = (): number => {',
    '    state = (state + 0x6d2b79f5) >>> 0;',
    '    let mixed = state;',
    '    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);',
    '    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);',
    '    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;',
    '  };',
    '  const order = x.map((_, i) => i);',
    '  for (let i = order.length - 1; i > 0; i--) {',
    '    const other = Math.floor(next() * (i + 1));',
    '    [order[i], order[other]] = [order[other], order[i]];',
    '  }',
    '  return order;',
    '}',
    '',
    `for (let step = 0, epoch = 0, order: number[] = [], at = 0; step < ${steps}; step++) {`,
    '  if (at >= order.length) {',
    '    order = orderOf(epoch++);',
    '    at = 0;',
    '  }',
    `  const batch = order.slice(at, (at += ${settings.batchSize}));`,
    '  network.trainOnBatch(batch.map((row) => x[row]), batch.map((row) => t[row]) as typeof t);',
    '}',
  ];
}

/** Returns a module in TypeScript that trains the network for so many steps, and exports it as `network`. */
export function typescriptOf(settings: Settings, steps: number): string {
  const { training } = rowsOf(settings);
  const width = settings.features.length;
  const rows = training.points.map((_, row) => list(training.x.subarray(row * width, (row + 1) * width)));
  const outputs = training.t.length / training.points.length;
  const targets =
    outputs === 1
      ? list(training.t)
      : `[${training.points.map((_, row) => list(training.t.subarray(row * outputs, (row + 1) * outputs))).join(', ')}]`;
  const body = [
    ...networkLines(settings),
    `export const network = await model({ inputs: features, outputs, seed: ${settings.seed} });`,
    `network.compile({ optimizer: ${optimizerText(settings)}, loss: ${text(settings.loss)}, checks: 'off' });`,
    '',
    `const x = [${rows.join(', ')}];`,
    `const t = ${targets};`,
    '',
    ...trainingLines(settings, steps),
    "console.log('loss', network.evaluate(x, t).loss);",
  ].join('\n');
  const names = [
    ...['activation', 'adadelta', 'adagrad', 'adam', 'adamax', 'adamw', 'batchNormalization', 'concatenate', 'dense'],
    ...['dropout', 'input', 'l1', 'l1l2', 'l2', 'layerNormalization', 'lbfgs', 'levenbergMarquardt', 'lion', 'model'],
    ...['nadam', 'rmsprop', 'schedules', 'sgd'],
  ].filter((name) => new RegExp(`\\b${name}[(.]`).test(body));
  return `import { ${names.join(', ')} } from 'wasm-mlp';\n\n${body}\n`;
}
