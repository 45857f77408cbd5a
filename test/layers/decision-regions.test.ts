/**
 * The decision regions of the slides, in the plane: a half-plane without a hidden layer, a convex region with one, any
 * region with two, in pieces or around a hole. Weights are set by hand where that shows why, otherwise learned.
 */
import { describe, expect, test } from 'vitest';
import { adam, dense, schedules, sequential, sgd, type Model } from '../../src/index.js';
import { modelOf } from '../support/reference/library.js';
import { source, type Source } from '../support/reference/random.js';

type Point = [number, number];

interface Data {
  readonly x: Point[];
  /** 1 inside the region, 0 outside. */
  readonly y: [number][];
}

const label = (x: Point[], within: (point: Point) => boolean): Data => ({ x, y: x.map((point) => [+within(point)]) });

/** The centers of n × n equal cells of [−2, 2]². */
const grid = (n: number): Point[] => {
  const middle = (i: number): number => Math.fround(-2 + (4 * (i + 0.5)) / n);
  return Array.from({ length: n * n }, (_, i) => [middle(Math.floor(i / n)), middle(i % n)]);
};

/** Points drawn uniformly from [−2, 2]². */
const scattered = (n: number, from: Source): Point[] =>
  Array.from({ length: n }, () => [from.symmetric(2), from.symmetric(2)]);

/** A network from the plane through `hidden` layers to a sigmoid output, not compiled. */
const network = (hidden: number[], activation: 'tanh' | 'relu', seed: number): Promise<Model> =>
  sequential({
    seed,
    layers: [...hidden, 1].map((units, l) =>
      dense({
        units,
        activation: l < hidden.length ? activation : 'sigmoid',
        kernelInitializer: activation === 'relu' ? 'heNormal' : 'xavier',
        ...(l === 0 && { inputShape: [2] }),
      }),
    ),
  });

/** Trains until the learning rate has fallen to 0, and returns the share of each set that is classified right. */
async function learn(model: Model, data: Data, epochs: number, learningRate: number, fresh: Data): Promise<number[]> {
  const batchSize = 32;
  const decaySteps = epochs * Math.ceil(data.x.length / batchSize);
  model.compile({
    optimizer: adam({ learningRate: schedules.cosine({ initialLearningRate: learningRate, decaySteps }) }),
    loss: 'binaryCrossentropy',
    metrics: ['accuracy'],
  });
  await model.fit(data.x, data.y, { epochs, batchSize });
  return [data, fresh].map(({ x, y }) => model.evaluate(x, y).accuracy);
}

// prettier-ignore
const xor: Data = { x: [[0, 0], [0, 1], [1, 0], [1, 1]], y: [[0], [1], [1], [0]] };

describe('no hidden layer gives a half-plane', () => {
  test.each([1, 2, 3])('a half-plane is learned (seed %i)', async (seed) => {
    const within = ([px, py]: Point): boolean => 0.8 * px - 0.6 * py > 0.31;
    const model = await network([], 'tanh', seed);
    const shares = await learn(model, label(grid(40), within), 60, 0.5, label(scattered(2000, source(1)), within));
    for (const share of shares) expect(share).toBeGreaterThan(0.99);
  });

  test.each([1, 2, 3])('XOR is not: at most three of its four points are right (seed %i)', async (seed) => {
    const model = await network([], 'tanh', seed);
    model.compile({
      optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }),
      loss: 'binaryCrossentropy',
      metrics: ['accuracy'],
    });
    for (let round = 0; round < 10; round++) {
      await model.fit(xor.x, xor.y, { epochs: 100, batchSize: 4 });
      expect(model.evaluate(xor.x, xor.y).accuracy).toBeLessThanOrEqual(0.75);
    }
  });
});

describe('one hidden layer gives a convex region', () => {
  /** The half-planes {p : w·p + b > 0} whose intersection is a square around (cx, cy). */
  // prettier-ignore
  const square = (cx: number, cy: number, half: number) => ({
    W: [[1, 0], [-1, 0], [0, 1], [0, -1]],
    b: [half - cx, half + cx, half - cy, half + cy],
  });
  const inSquare = ([px, py]: Point, cx: number, cy: number, half: number): boolean =>
    Math.abs(px - cx) < half && Math.abs(py - cy) < half;
  const points = grid(40);

  test('the intersection of its half-planes, set by hand', async () => {
    const model = await modelOf([
      { ...square(0.2, -0.3, 1.02), activation: 'unitStep' },
      { W: [[1, 1, 1, 1]], b: [-3.5], activation: 'unitStep' },
    ]);
    expect([...model.predict(points)]).toEqual(points.map((point) => +inSquare(point, 0.2, -0.3, 1.02)));
  });

  test.each([1, 2, 3])('XOR is learned by four units (seed %i)', async (seed) => {
    const model = await network([4], 'tanh', seed);
    model.compile({
      optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }),
      loss: 'binaryCrossentropy',
      metrics: ['accuracy'],
    });
    await model.fit(xor.x, xor.y, { epochs: 500, batchSize: 4 });
    expect(model.evaluate(xor.x, xor.y).accuracy).toBe(1);
  });

  test.each([1, 2, 3])('a disk is learned (seed %i)', async (seed) => {
    const within = ([px, py]: Point): boolean => Math.hypot(px - 0.3, py + 0.2) < 1.2;
    const model = await network([16], 'tanh', seed);
    const shares = await learn(model, label(grid(40), within), 100, 0.05, label(scattered(2000, source(2)), within));
    for (const share of shares) expect(share).toBeGreaterThan(0.99);
  });

  test('a second hidden layer unites such regions: a region in two pieces, set by hand', async () => {
    const [left, right] = [square(-1, -1, 0.72), square(1, 1, 0.72)];
    const model = await modelOf([
      { W: [...left.W, ...right.W], b: [...left.b, ...right.b], activation: 'unitStep' },
      {
        W: [
          [1, 1, 1, 1, 0, 0, 0, 0],
          [0, 0, 0, 0, 1, 1, 1, 1],
        ],
        b: [-3.5, -3.5],
        activation: 'unitStep',
      },
      { W: [[1, 1]], b: [-0.5], activation: 'unitStep' },
    ]);
    const expected = points.map((point) => +(inSquare(point, -1, -1, 0.72) || inSquare(point, 1, 1, 0.72)));
    expect([...model.predict(points)]).toEqual(expected);
  });
});

describe('two hidden layers give a region that is not convex', () => {
  /** Whether every midpoint of two points of the region lies in the region. */
  const isConvex = (points: readonly Point[], within: (point: Point) => boolean): boolean => {
    const members = points.filter(within);
    return members.every((a) => members.every((b) => within([(a[0] + b[0]) / 2, (a[1] + b[1]) / 2])));
  };

  const inRing = ([px, py]: Point): boolean => Math.abs(Math.hypot(px, py) - 1.2) < 0.5;

  test.each([1, 2, 3])('a ring around a disk is learned (seed %i)', async (seed) => {
    const model = await network([32, 32], 'tanh', seed);
    const fresh = label(scattered(4000, source(3)), inRing);
    const shares = await learn(model, label(grid(80), inRing), 40, 0.02, fresh);
    for (const share of shares) expect(share).toBeGreaterThan(0.99);
    // Neither the ring nor the learned region is convex.
    expect(isConvex(grid(12), inRing)).toBe(false);
    expect(isConvex(grid(12), (point) => model.predict([point])[0] > 0.5)).toBe(false);
  });

  /** Two interlocking half circles, each point moved by noise. */
  const moons = (n: number, from: Source): Data => {
    const noise = (): number => 0.1 * (from.uniform() + from.uniform() + from.uniform() + from.uniform() - 2);
    const x = Array.from({ length: n }, (_, i): Point => {
      const angle = Math.PI * from.uniform();
      const [px, py] = i % 2 === 0 ? [Math.cos(angle), Math.sin(angle)] : [1 - Math.cos(angle), 0.5 - Math.sin(angle)];
      return [px + noise(), py + noise()];
    });
    return { x, y: x.map((_, i) => [i % 2]) };
  };

  test.each([1, 2, 3])('two moons are learned (seed %i)', async (seed) => {
    const model = await network([16, 16], 'relu', seed);
    const shares = await learn(model, moons(1000, source(4)), 60, 0.01, moons(4000, source(5)));
    for (const share of shares) expect(share).toBeGreaterThan(0.99);
  });
});
