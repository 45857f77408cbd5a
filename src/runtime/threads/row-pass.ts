/**
 * Passes over the rows of a prediction that threads divide among themselves: each runs all steps for its own rows, so
 * none waits for another in between. The steps become a list of kernel calls in linear memory, which every thread reads
 * (job.ts): they are bound to a runtime whose kernels note their arguments.
 */
import type { Kernels } from '../abi.js';
import type { Step } from '../matrix-view.js';
import type { Tile } from '../tile.js';

/** What forward steps read of a runtime, if they call kernels alone. */
export interface PassRuntime {
  readonly kernels: Kernels;
  readonly tile: Tile;
  readonly packedA: number;
}

/** Binds the steps of a pass to a runtime, with all matrices from row `first` on. */
export type BindRows = (runtime: PassRuntime, first: number) => readonly Step[];

/** A pass over rows of a program. */
export interface RowPass {
  /** Whether dividing so many rows takes less time than all of them on the calling thread. */
  pays(rows: number): boolean;
  /** Runs the pass over the first `rows` rows. */
  run(rows: number): void;
  free(): void;
}

type Noted = readonly [number: number, args: readonly number[]];

/** Rows that calls are noted for: arguments that are not linear in them show. */
const NOTED_ROWS = [1, 2, 64] as const;

/**
 * Returns the list of the calls, as job.ts reads it, and the multiply-adds of its products for a row. The steps have to
 * be calls of kernels alone, with arguments that are linear in the rows.
 */
export function listCalls(
  tile: Tile,
  numbers: ReadonlyMap<string, number>,
  bind: BindRows,
): { readonly calls: readonly number[]; readonly products: number } {
  let noted: Noted[] = [];
  const note =
    (number: number) =>
    (...args: number[]): void =>
      void noted.push([number, args]);
  const kernels = Object.fromEntries([...numbers].map(([name, number]) => [name, note(number)]));
  const product = -1 - numbers.get(`f32_gemm_${tile.name}`)!;
  const runtime = { kernels, tile: { ...tile, gemm: note(product) }, packedA: 0 } as unknown as PassRuntime;
  const callsOf = (first: number, rows: number): Noted[] => {
    noted = [];
    for (const step of bind(runtime, first)) step(rows);
    return noted;
  };
  const [one, two, many] = NOTED_ROWS.map((rows) => callsOf(0, rows));
  const next = callsOf(1, 1);
  const kernelsOf = (list: readonly Noted[]): string => list.map(([number, args]) => [number, args.length]).join();
  if ([two, many, next].some((list) => kernelsOf(list) !== kernelsOf(one))) {
    throw new Error('predict: the same calls of kernels expected for any number of rows, got others.');
  }
  const calls: number[] = [];
  let products = 0;
  for (const [index, [number, args]] of one.entries()) {
    calls.push(number, args.length);
    if (number === product) products += args[1] * args[2];
    for (const [i, value] of args.entries()) {
      const perRow = two[index][1][i] - value;
      const constant = value - perRow;
      if (many[index][1][i] !== constant + NOTED_ROWS[2] * perRow) {
        throw new Error('predict: arguments of a kernel expected to be linear in the rows, got others.');
      }
      calls.push(constant, perRow, next[index][1][i] - value);
    }
  }
  return { calls, products };
}
