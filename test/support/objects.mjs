/** Custom objects that tests import, in this thread and in workers. */

/** A loss: Σ (√(1 + (y − t)²) − 1). */
export const softLoss = {
  name: 'softLoss',
  /** @type {(y: Float32Array, t: Float32Array) => number} */
  value: (y, t) => y.reduce((sum, value, i) => sum + Math.sqrt(1 + (value - t[i]) ** 2) - 1, 0),
  /** @type {(y: Float32Array, t: Float32Array) => Float32Array} */
  gradient: (y, t) => y.map((value, i) => (value - t[i]) / Math.sqrt(1 + (value - t[i]) ** 2)),
};

/** An activation: x / √(1 + x²). */
export const softLine = {
  name: 'softLine',
  /** @type {(x: Float32Array) => Float32Array} */
  forward: (x) => x.map((value) => value / Math.sqrt(1 + value * value)),
  /** @type {(x: Float32Array) => Float32Array} */
  derivative: (x) => x.map((value) => 1 / ((1 + value * value) * Math.sqrt(1 + value * value))),
};

/** A metric: the error of the first output. */
export const largest = {
  name: 'largest',
  /** @type {(y: Float32Array, t: Float32Array) => number} */
  value: (y, t) => Math.abs(y[0] - t[0]),
};

export const decay = {
  name: 'decay',
  /** @type {(step: number) => number} */
  rate: (step) => 0.1 / (1 + step / 10),
};

export default { ...softLoss, name: 'defaultLoss' };
