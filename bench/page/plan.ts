/** What the page runs, how long, and the messages by which its worker reports. */

/** Measurements, by their names in checksums.json. That of eight bits follows that of float32. */
export const GROUPS = {
  products: [
    'kernel/peak',
    'kernel/gemm forward 128×512×512',
    'kernel/gemm deltas 128×512×512',
    'kernel/gemm gradient 512×512×128',
    'kernel/gemm forward 1×512×512',
  ],
  predictions: [
    'predict/tiny 256 rows',
    'predict/small 256 rows',
    'predict/small 256 rows int8',
    'predict/mid 256 rows',
    'predict/mid 256 rows int8',
    'predict/small 1 row',
    'predict/small 1 row int8',
    'predict/mid 1 row',
    'predict/mid 1 row int8',
  ],
  trainings: ['train/tiny', 'train/small', 'train/mid'],
} as const;

/** All measurements, in the order in which they run. */
export const NAMES: readonly string[] = Object.values(GROUPS).flat();

/** How much is measured. The work and its bits do not depend on it, only how often it is repeated. */
export interface Amount {
  readonly rounds: number;
  /** Milliseconds of a measurement in a round, at least. */
  readonly turn: number;
  /** Milliseconds of a turn of a kernel and of its bound, of which there are several in a round. */
  readonly kernelTurn: number;
}

/** Turns are long enough for a clock that advances in whole milliseconds. */
const USUAL: Amount = { rounds: 5, turn: 200, kernelTurn: 20 };
const SHORT: Amount = { rounds: 1, turn: 1, kernelTurn: 2 };

/** The amount that an address asks for: `?short` repeats nothing, for tests. */
export const amountOf = (search: string): Amount => (new URLSearchParams(search).has('short') ? SHORT : USUAL);

/** Turns of a kernel and of its bound in a round, and what a preparation takes, in turns. */
const KERNEL_TURNS = 12;
const PREPARATION_TURNS = 2;

/** Estimated seconds of a run on a computer that no other program keeps busy. */
export function secondsOf({ rounds, turn, kernelTurn }: Amount): number {
  const kernels = GROUPS.products.length;
  const milliseconds =
    (NAMES.length - kernels) * (rounds + PREPARATION_TURNS) * turn + kernels * rounds * KERNEL_TURNS * kernelTurn;
  return milliseconds / 1000;
}

/** A measurement of one name. */
export interface Measured {
  readonly name: string;
  /** What is counted: floating-point operations, or samples. */
  readonly of: 'flop' | 'sample';
  /** Medians over the rounds: the amount per second, and its share of the bound's rate. */
  readonly rate: number;
  readonly share?: number;
  /** SHA-256 of the result, and the expected one; a bound has none. */
  readonly checksum?: string;
  readonly expected?: string;
  /** How many times as fast as the measurement of float32 next to it, the median of the rounds. */
  readonly speedUp?: number;
}

export interface Result {
  /** Of the library. */
  readonly version: string;
  readonly measured: readonly Measured[];
  readonly engine: {
    readonly simd256: boolean;
    readonly tile: string;
    readonly numerics: string;
    readonly sharedMemory: boolean;
    readonly sameBits: boolean;
    readonly reasons: readonly string[];
  };
  /** Which kernels of eight bits: those of relaxed SIMD, or the plain ones. */
  readonly int8: 'relaxed' | 'plain';
  /** Milliseconds by which the clock advances. */
  readonly clock: number;
}

export type Message =
  | { readonly kind: 'progress'; readonly done: number; readonly total: number; readonly what: string }
  | { readonly kind: 'result'; readonly result: Result }
  | { readonly kind: 'error'; readonly message: string };
