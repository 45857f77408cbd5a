/** Activations and their derivatives at many places, as the library's kernels compute them. */
import { activation, dense, input, maxout, type ActivationName, type Engine, type SymbolicTensor } from 'wasm-mlp';
import { MAXOUT_PIECES, type CurveName } from '../choices.js';

/** Those of a whole row are drawn as the first of two outputs, of (x, 0). */
const isOfRow = (name: CurveName): name is 'softmax' | 'logSoftmax' => name === 'softmax' || name === 'logSoftmax';

export interface ActivationInput {
  readonly name: CurveName;
  readonly from: number;
  readonly to: number;
  readonly points: number;
}

export interface ActivationCurve {
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly slope: Float32Array;
}

/**
 * A weight so small that 1 + SMALL·f(x) rounds to 1 for every f(x) that is drawn: the output's delta is then exactly 1,
 * and the gradient of the bias before the activation is SMALL·f'(x), a power of two times the slope.
 */
const SMALL = 1 / 2 ** 60;

function applied(name: CurveName, z: SymbolicTensor): SymbolicTensor {
  if (name === 'maxout') return maxout({ units: 1, pieces: MAXOUT_PIECES.length, name: 'f' }).apply(z);
  const first = isOfRow(name) ? dense({ units: 2, useBias: false, name: 'pair' }).apply(z) : z;
  return activation({ activation: name as Exclude<ActivationName, 'prelu'>, name: 'f' }).apply(first);
}

export function activationCurve(engine: Engine, { name, from, to, points }: ActivationInput): ActivationCurve {
  const x = Float32Array.from({ length: points }, (_, i) => from + ((to - from) * i) / (points - 1));
  const row = input({ shape: [1] });
  const z = dense({ units: 1, kernelInitializer: 'ones', name: 'z' }).apply(row);
  const values =
    name === 'prelu'
      ? dense({ units: 1, activation: 'prelu', useBias: false, kernelInitializer: 'ones', name: 'f' }).apply(z)
      : applied(name, z);
  const end = dense({ units: 1, name: 'end' }).apply(values);
  const whole = engine.model({ inputs: row, outputs: end });
  if (name === 'maxout') {
    const [weights, bias] = [0, 1].map((part) => Float32Array.from(MAXOUT_PIECES, (piece) => piece[part]));
    const shapes = whole.getLayer('f').getWeights();
    whole.getLayer('f').setWeights([
      { shape: shapes[0].shape, data: weights },
      { shape: shapes[1].shape, data: bias },
    ]);
  }
  if (isOfRow(name)) whole.getLayer('pair').setWeights([{ shape: [2, 1], data: Float32Array.of(1, 0) }]);
  const width = isOfRow(name) ? 2 : 1;
  whole.getLayer('end').setWeights([
    { shape: [1, width], data: Float32Array.from({ length: width }, (_, i) => (i === 0 ? SMALL : 0)) },
    { shape: [1], data: Float32Array.of(1) },
  ]);
  whole.compile({ optimizer: 'sgd', loss: 'halfSquaredError', checks: 'off' });
  const outputs = engine.model({ inputs: row, outputs: values }).predict(x);
  const names = whole.getWeights().map((tensor) => tensor.name);
  const bias = names.indexOf('z.bias');
  const slope = x.map((at) => whole.gradients([[at]], [[0]])[bias].data[0] / SMALL);
  whole.dispose();
  return { x, y: x.map((_, i) => outputs[i * width]), slope };
}
