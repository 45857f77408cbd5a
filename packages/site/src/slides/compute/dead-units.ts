/** A ReLU network that a large step kills, beside one with a slope on the left. */
import { dense, input, sgd, type Engine } from 'wasm-mlp';
import { RandomStream } from '../../exact/random.js';
import { LIFE, type DeadUnitsName } from '../choices.js';

export interface DeadUnitsInput {
  readonly learningRate: number;
  readonly seed: number;
}

/** What there was before training and after each step. */
export interface LifeOfUnits {
  /** Of each step, for each of the two layers of UNITS units: 1 for units without a slope on any row. */
  readonly dead: readonly Uint8Array[];
  /** As above: 1 for units whose output is at most 0 on every row. Under ReLU these are the dead ones. */
  readonly silent: readonly Uint8Array[];
  readonly loss: readonly number[];
}
export type DeadUnitsResult = Readonly<Record<DeadUnitsName, LifeOfUnits>>;

const { units: UNITS, layers: LAYERS, steps: STEPS } = LIFE;
const ROWS = 96;

/** Rows of a ring and a disk in it. */
function rings(): { x: Float32Array; t: Float32Array } {
  const random = new RandomStream(3);
  const x = new Float32Array(2 * ROWS);
  const t = new Float32Array(ROWS);
  for (let row = 0; row < ROWS; row++) {
    do {
      x[2 * row] = random.between(-1, 1);
      x[2 * row + 1] = random.between(-1, 1);
    } while (x[2 * row] ** 2 + x[2 * row + 1] ** 2 > 1);
    t[row] = x[2 * row] ** 2 + x[2 * row + 1] ** 2 > 0.4 ? 1 : 0;
  }
  return { x, t };
}

export function livesOfUnits(engine: Engine, { learningRate, seed }: DeadUnitsInput): DeadUnitsResult {
  const { x, t } = rings();
  const of = (activation: DeadUnitsName): LifeOfUnits => {
    const inputs = input({ shape: [2] });
    const kernel = { units: UNITS, activation, kernelInitializer: 'heNormal' } as const;
    const first = dense(kernel).apply(inputs);
    const second = dense(kernel).apply(first);
    const outputs = dense({ units: 1, activation: 'sigmoid' }).apply(second);
    const model = engine.model({ inputs, outputs, seed });
    model.compile({ optimizer: sgd({ learningRate }), loss: 'binaryCrossentropy', checks: 'off' });
    const hidden = engine.model({ inputs, outputs: [first, second] });
    const life = { dead: [] as Uint8Array[], silent: [] as Uint8Array[], loss: [] as number[] };
    const note = (): void => {
      const values = hidden.predict(x);
      const silent = Uint8Array.from({ length: LAYERS * UNITS }, (_, i) => {
        const own = values[Math.floor(i / UNITS)];
        for (let row = 0; row < ROWS; row++) if (own[row * UNITS + (i % UNITS)] > 0) return 0;
        return 1;
      });
      life.silent.push(silent);
      // Leaky ReLU has a slope everywhere.
      life.dead.push(activation === 'relu' ? silent : new Uint8Array(silent.length));
      life.loss.push(model.evaluate(x, t).loss);
    };
    note();
    for (let step = 0; step < STEPS; step++) {
      model.trainOnBatch(x, t);
      note();
    }
    hidden.dispose();
    model.dispose();
    return life;
  };
  return { relu: of('relu'), leakyRelu: of('leakyRelu') };
}
