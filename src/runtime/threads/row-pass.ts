/**
 * Passes over the rows of a prediction that threads divide among themselves: each runs all steps for its own rows, so
 * none waits for another in between. The steps become a list of kernel calls in linear memory, which every thread reads
 * (job.ts): they are bound to a runtime whose kernels note their arguments.
 */
import type { Kernels } from '../abi.js';
import { INT8_KERNEL_NAMES, type Int8Path } from '../int8/abi.js';
import type { Int8Calls, Int8Kernels } from '../int8/products.js';
import { STATS_BYTES, type Int8Room } from '../int8/room.js';
import type { Step } from '../matrix-view.js';
import type { Tile } from '../tile.js';

/** What forward steps read of a runtime, if they call kernels alone. */
export interface PassRuntime {
  readonly kernels: Kernels;
  readonly tile: Tile;
  readonly packedA: number;
  readonly int8: Int8Calls | undefined;
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

/** The time of a multiply-add in eight bits, of one of float32 (docs/measurements.md, "Weights of eight bits"). */
const INT8_WEIGHT: Readonly<Record<Int8Path, number>> = { relaxed: 0.33, plain: 0.6 };

/** The scratch memory of the products in eight bits of a pass. Each row has its own, whichever thread computes it. */
export interface PassRoom {
  readonly kernels: Int8Kernels;
  /** Address of the quantized rows, and the bytes of the longest. */
  readonly activations: number;
  readonly rowBytes: number;
  /** Address of the scales and zero points. */
  readonly stats: number;
}

/** Returns the bytes of the longest quantized row of the steps of a pass; 0 without products in eight bits. */
export function longestRow(kernels: Int8Kernels, tile: Tile, bind: BindRows): number {
  let longest = 0;
  const roomFor = (inputs: number): Int8Room => {
    longest = Math.max(longest, kernels.rowBytes(inputs));
    return { rows: 1, activations: 0, stats: 0, panel: 0 };
  };
  // Binding calls no kernel.
  bind({ kernels: {}, tile, packedA: 0, int8: { roomFor } } as unknown as PassRuntime, 0);
  return longest;
}

/**
 * Returns the list of the calls, as job.ts reads it, and for a row the multiply-adds of float32 that take as long as its
 * products. The steps have to be calls of kernels alone, with arguments that are linear in the rows.
 */
export function listCalls(
  tile: Tile,
  numbers: ReadonlyMap<string, number>,
  bind: BindRows,
  room?: PassRoom,
): { readonly calls: readonly number[]; readonly products: number } {
  let noted: Noted[] = [];
  const note =
    (number: number) =>
    (...args: number[]): void =>
      void noted.push([number, args]);
  const kernels = Object.fromEntries([...numbers].map(([name, number]) => [name, note(number)]));
  const product = -1 - numbers.get(`f32_gemm_${tile.name}`)!;
  const noting = { kernels, tile: { ...tile, gemm: note(product) }, packedA: 0 };
  const [quantize, int8Product] = room === undefined ? [] : INT8_KERNEL_NAMES.map((name) => numbers.get(name)!);
  const products8 = room?.kernels.calling({ u7_quantize_rows: note(quantize), i8_gemm: note(-1 - int8Product) });
  const callsOf = (first: number, rows: number): Noted[] => {
    noted = [];
    const roomFor = (): Int8Room => ({
      rows: Infinity,
      activations: room!.activations + first * room!.rowBytes,
      stats: room!.stats + first * STATS_BYTES,
      panel: 0,
    });
    const runtime = { ...noting, int8: products8 && { products: products8, roomFor } } as unknown as PassRuntime;
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
    if (number === -1 - int8Product) products += args[1] * args[2] * INT8_WEIGHT[room!.kernels.code.path];
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
