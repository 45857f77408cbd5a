/** Reference values of scikit-learn 1.2, made by test/golden/make_selection.py. */
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { Label } from '../../src/index.js';

type Numbers = Readonly<Record<string, number>>;

export interface Golden {
  readonly folds: readonly { readonly rows: number; readonly folds: number; readonly tests: number[][] }[];
  readonly stratified: readonly { readonly labels: number[]; readonly folds: number; readonly tests: number[][] }[];
  readonly heldOut: readonly { readonly sizes: number[]; readonly share: number; readonly counts: number[] }[];
  readonly reports: readonly {
    readonly truth: Label[] | Label[][];
    readonly predicted: Label[] | Label[][];
    readonly options: object;
    readonly text: string;
    readonly accuracy: number;
    readonly data: Readonly<Record<string, Numbers | number>>;
  }[];
  readonly confusion: {
    readonly truth: number[];
    readonly predicted: number[];
    readonly weights: number[];
    readonly part: number[][];
    readonly cases: readonly {
      readonly normalize: 'true' | 'pred' | 'all' | null;
      readonly weighted: boolean;
      readonly matrix: number[][];
    }[];
  };
  readonly binary: {
    readonly truth: number[];
    readonly scores: number[];
    readonly weights: number[];
    readonly curves: readonly {
      readonly strategy: 'uniform' | 'quantile';
      readonly bins: number;
      readonly observed: number[];
      readonly predicted: number[];
    }[];
    readonly brier: number;
    readonly fpr: number[];
    readonly tpr: number[];
    readonly thresholds: number[];
    readonly precision: number[];
    readonly recall: number[];
    readonly auc: number;
    readonly weightedAuc: number;
    readonly averagePrecision: number;
    readonly weightedAveragePrecision: number;
    readonly best: Readonly<Record<string, readonly [value: number, threshold: number]>>;
  };
  readonly importance: {
    readonly x: number[][];
    readonly y: number[];
    readonly coefficients: number[];
    readonly intercept: number;
    readonly score: number;
    readonly means: number[];
    readonly deviations: number[];
  };
}

export const golden = JSON.parse(readFileSync(new URL('../golden/selection.json', import.meta.url), 'utf8')) as Golden;

/** Expects equal numbers, to some rounding errors: sums there are made in another order. */
export function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(actual).toHaveLength(expected.length);
  for (let i = 0; i < expected.length; i++) {
    expect(Math.abs(actual[i] - expected[i]), `element ${i}`).toBeLessThanOrEqual(1e-13 * (1 + Math.abs(expected[i])));
  }
}
