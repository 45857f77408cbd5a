/**
 * The data of the playground: points of the square [−1, 1]² with a class or a value each. Everything is computed with
 * sums, products, square roots and exact/, so that a seed gives the same points in every browser.
 */
import { RandomStream } from '../exact/random.js';
import { cos, sin } from '../exact/trigonometry.js';

/** A point with its target: a class from 0, or a value from −1 to 1. */
export interface Point {
  readonly x: number;
  readonly y: number;
  readonly target: number;
}

/** What a network is to learn of points: their class, or a value. */
export type Task = 'classes' | 'values';

/** Kinds of data by their names in addresses. */
export interface Dataset {
  readonly title: string;
  readonly task: Task;
  /** Number of classes; 0 where targets are values. */
  readonly classes: number;
  /** Returns one of the points: the i-th of `count`, without noise. */
  point(i: number, count: number, random: RandomStream): Point;
}

const on = (x: number, y: number, target: number): Point => ({ x, y, target });

/** A random point of the square with the target that `of` gives. */
const anywhere =
  (of: (x: number, y: number) => number): Dataset['point'] =>
  (_, __, random) => {
    const [x, y] = [random.between(-1, 1), random.between(-1, 1)];
    return on(x, y, of(x, y));
  };

/** The polygon with a notch: a region that is not convex, which one hidden layer of thresholds cannot cut out. */
const isInNotch = (x: number, y: number): boolean =>
  Math.abs(x) < 0.7 && Math.abs(y) < 0.7 && !(y > 0 && Math.abs(x) < 0.3);

export const DATASETS = {
  moons: {
    title: 'Two moons',
    task: 'classes',
    classes: 2,
    point(i, count, random) {
      const angle = Math.PI * random.next();
      return i < count / 2
        ? on(0.6 * cos(angle) - 0.3, 0.6 * sin(angle) - 0.15, 0)
        : on(0.3 - 0.6 * cos(angle), 0.15 - 0.6 * sin(angle), 1);
    },
  },
  rings: {
    title: 'Ring around a disc',
    task: 'classes',
    classes: 2,
    point(i, count, random) {
      const inner = i < count / 2;
      const angle = 2 * Math.PI * random.next();
      const radius = inner ? 0.4 * Math.sqrt(random.next()) : random.between(0.65, 0.9);
      return on(radius * cos(angle), radius * sin(angle), inner ? 0 : 1);
    },
  },
  spiral: {
    title: 'Two spirals',
    task: 'classes',
    classes: 2,
    point(i, count, random) {
      const arm = i < count / 2 ? 0 : 1;
      const along = Math.sqrt(random.next());
      const angle = 3.5 * Math.PI * along + arm * Math.PI;
      return on(0.9 * along * cos(angle), 0.9 * along * sin(angle), arm);
    },
  },
  xor: {
    title: 'Exclusive or',
    task: 'classes',
    classes: 2,
    point: anywhere((x, y) => (x > 0 === y > 0 ? 0 : 1)),
  },
  clusters: {
    title: 'Three clusters',
    task: 'classes',
    classes: 3,
    point(i, count, random) {
      const cluster = Math.min(2, Math.floor((3 * i) / count));
      const angle = (2 * Math.PI * cluster) / 3 + Math.PI / 2;
      return on(0.55 * cos(angle) + 0.12 * random.normal(), 0.55 * sin(angle) + 0.12 * random.normal(), cluster);
    },
  },
  halfPlane: {
    title: 'A half plane (no hidden layer)',
    task: 'classes',
    classes: 2,
    point: anywhere((x, y) => (x + 0.5 * y > 0.1 ? 1 : 0)),
  },
  triangle: {
    title: 'A convex region (one hidden layer)',
    task: 'classes',
    classes: 2,
    point: anywhere((x, y) => (y > -0.6 && y < 0.75 - 1.6 * Math.abs(x) ? 1 : 0)),
  },
  notch: {
    title: 'Any region (two hidden layers)',
    task: 'classes',
    classes: 2,
    point: anywhere((x, y) => (isInNotch(x, y) ? 1 : 0)),
  },
  plane: {
    title: 'A plane',
    task: 'values',
    classes: 0,
    point: anywhere((x, y) => 0.5 * x + 0.5 * y),
  },
  hills: {
    title: 'Hills and hollows',
    task: 'values',
    classes: 0,
    point: anywhere((x, y) => sin(3 * x) * cos(3 * y)),
  },
  saddle: {
    title: 'A saddle',
    task: 'values',
    classes: 0,
    point: anywhere((x, y) => x * x - y * y),
  },
} as const satisfies Readonly<Record<string, Dataset>>;

export type DatasetName = keyof typeof DATASETS;

/** Returns the points of a dataset in random order. `noise` is a standard deviation, in units of the square's half. */
export function pointsOf(name: DatasetName, count: number, noise: number, seed: number): Point[] {
  const random = new RandomStream(seed);
  const dataset: Dataset = DATASETS[name];
  const points = Array.from({ length: count }, (_, i): Point => {
    const { x, y, target } = dataset.point(i, count, random);
    const [dx, dy] = [noise * random.normal(), noise * random.normal()];
    return { x: x + dx, y: y + dy, target: dataset.task === 'values' ? target + noise * random.normal() : target };
  });
  return Array.from(random.order(count), (i) => points[i]);
}
