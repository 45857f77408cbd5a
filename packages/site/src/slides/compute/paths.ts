/** Paths of two weights that the library's optimizers take: on the zigzag, under penalties, and in the race. */
import * as library from 'wasm-mlp';
import type { Engine, Model, Optimizer, Regularizer } from 'wasm-mlp';
import { PENALTY, RACERS, type PenaltyName, type RacerName } from '../choices.js';
import { PENALTY_SURFACE, RACES, zigzagSurface, type RaceName, type Surface } from '../exact/surfaces.js';
import { networkOf } from './networks.js';

export interface Path {
  /** w1 and w2 at the start and after each step. */
  readonly w1: readonly number[];
  readonly w2: readonly number[];
  /** The cost without penalties at each of these places. */
  readonly cost: readonly number[];
}

function modelOf(engine: Engine, surface: Surface, optimizer: Optimizer, penalty?: Regularizer): Model {
  const [w1, w2] = surface.start;
  const layers =
    surface.model === 'linear'
      ? [{ weights: [[w1, w2]], penalty }]
      : [
          { weights: [[w1]], activation: 'tanh' as const, penalty },
          { weights: [[w2]], penalty },
        ];
  return networkOf(engine, layers, { optimizer, loss: 'halfSquaredError' });
}

/** Takes steps with the rows of each batch in turn, and notes the weights after each. */
async function pathOf(
  model: Model,
  { x, t }: Surface,
  steps: number,
  batches: readonly (readonly number[])[],
): Promise<Path> {
  const path = { w1: [] as number[], w2: [] as number[], cost: [] as number[] };
  const [allX, allT] = [x.map((row) => [...row]), t.map((value) => [value])];
  const note = (): void => {
    const [w1, w2] = model.getWeights().flatMap(({ data }) => [...data]);
    path.w1.push(w1);
    path.w2.push(w2);
    path.cost.push(model.evaluate(allX, allT).loss);
  };
  note();
  if (batches.length === 0) {
    // L-BFGS sees all rows at once, and its steps are epochs.
    const callback = { onEpochEnd: note };
    await model.fit(allX, allT, { epochs: steps, batchSize: allX.length, shuffle: false, callbacks: [callback] });
  }
  for (let step = 0; step < steps && batches.length > 0; step++) {
    const batch = batches[step % batches.length];
    model.trainOnBatch(
      batch.map((row) => allX[row]),
      batch.map((row) => allT[row]),
    );
    note();
  }
  model.dispose();
  return path;
}

const whole = ({ t }: Surface): number[][] => [t.map((_, row) => row)];
const oneByOne = ({ t }: Surface): number[][] => t.map((_, row) => [row]);

export interface ZigzagInput {
  readonly learningRate: number;
  readonly steps: number;
  readonly batch: 'one' | 'all';
}
export type ZigzagResult = Readonly<Record<'positive' | 'centred', Path>>;

export async function zigzagPaths(engine: Engine, { learningRate, steps, batch }: ZigzagInput): Promise<ZigzagResult> {
  const of = (inputs: 'positive' | 'centred'): Promise<Path> => {
    const surface = zigzagSurface(inputs);
    const model = modelOf(engine, surface, library.sgd({ learningRate }));
    return pathOf(model, surface, steps, batch === 'all' ? whole(surface) : oneByOne(surface));
  };
  return { positive: await of('positive'), centred: await of('centred') };
}

export interface PenaltyInput {
  readonly strength: number;
}
export type PenaltyResult = Readonly<Record<PenaltyName, Path>>;

export async function penaltyPaths(engine: Engine, { strength }: PenaltyInput): Promise<PenaltyResult> {
  const of = (penalty?: Regularizer): Promise<Path> =>
    pathOf(
      modelOf(engine, PENALTY_SURFACE, library.sgd({ learningRate: PENALTY.learningRate }), penalty),
      PENALTY_SURFACE,
      PENALTY.steps,
      whole(PENALTY_SURFACE),
    );
  return { none: await of(), l1: await of(library.l1(strength)), l2: await of(library.l2(strength)) };
}

function racer(name: RacerName, factor: number): Optimizer {
  if (name === 'lbfgs') return library.lbfgs();
  const learningRate = RACERS[name] * factor;
  if (name === 'momentum') return library.sgd({ learningRate, momentum: 0.9 });
  if (name === 'nesterov') return library.sgd({ learningRate, momentum: 0.9, nesterov: true });
  return library[name]({ learningRate });
}

export interface RaceInput {
  readonly surface: RaceName;
  readonly racers: readonly RacerName[];
  /** What all rates are multiplied with. */
  readonly factor: number;
  readonly steps: number;
}
export type RaceResult = Readonly<Partial<Record<RacerName, Path>>>;

export async function race(engine: Engine, { surface: name, racers, factor, steps }: RaceInput): Promise<RaceResult> {
  const surface: Surface = RACES[name];
  const paths: Partial<Record<RacerName, Path>> = {};
  for (const one of racers) {
    const model = modelOf(engine, surface, racer(one, factor));
    paths[one] = await pathOf(model, surface, steps, one === 'lbfgs' ? [] : whole(surface));
  }
  return paths;
}
