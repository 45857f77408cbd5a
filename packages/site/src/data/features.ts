/** What of a point a network is given: its coordinates, and functions of them. */
import { sin } from '../exact/trigonometry.js';

export const FEATURES = {
  x: { title: 'x', of: (x: number, _y: number): number => x },
  y: { title: 'y', of: (_x: number, y: number): number => y },
  xx: { title: 'x²', of: (x: number, _y: number): number => x * x },
  yy: { title: 'y²', of: (_x: number, y: number): number => y * y },
  xy: { title: 'xy', of: (x: number, y: number): number => x * y },
  sinx: { title: 'sin 4x', of: (x: number, _y: number): number => sin(4 * x) },
  siny: { title: 'sin 4y', of: (_x: number, y: number): number => sin(4 * y) },
} as const;

export type FeatureName = keyof typeof FEATURES;

/** Returns the features (n, features.length) of points, row-major. */
export function featuresOf(
  features: readonly FeatureName[],
  points: readonly { x: number; y: number }[],
): Float32Array {
  const rows = new Float32Array(points.length * features.length);
  points.forEach(({ x, y }, row) =>
    features.forEach((name, column) => (rows[row * features.length + column] = FEATURES[name].of(x, y))),
  );
  return rows;
}

/** Returns the points of a square grid over [−1, 1]², rows from the top. */
export function gridPoints(size: number): { x: number; y: number }[] {
  return Array.from({ length: size * size }, (_, i) => ({
    x: (2 * ((i % size) + 0.5)) / size - 1,
    y: 1 - (2 * (Math.floor(i / size) + 0.5)) / size,
  }));
}
