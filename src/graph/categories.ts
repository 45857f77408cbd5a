/**
 * Inputs whose columns are categories: integers that an operation uses as indices. This file says which inputs these
 * are, and checks their data where it comes in, since nothing can be computed from an index that does not exist.
 */
import { ValueError } from '../common/errors.js';
import { categoriesOf } from '../operations/forward.js';
import type { WasmRuntime } from '../runtime/wasm-runtime.js';
import type { Operation } from '../operations/operation.js';

/** What is read of a network plan. */
interface Plan {
  readonly nodes: readonly {
    readonly operation: Operation;
    readonly layer: number;
    readonly inputs: readonly number[];
  }[];
  readonly inputs: readonly number[];
}

/**
 * Throws unless all operations on categories read inputs of the network: what a layer computes is no integer.
 * @throws ValueError that names the layer.
 */
export function requireInputsOfCategories(where: string, { nodes, inputs }: Plan, names: readonly string[]): void {
  for (const { operation, inputs: read, layer } of nodes) {
    if (categoriesOf(operation) === undefined || inputs.includes(read[0])) continue;
    throw new ValueError(
      `${where}: "${names[layer]}" expected an input of the model, whose values are integers, ` +
        `got the output of a layer. Put it first, or apply it to what input() returns.`,
    );
  }
}

/** Number of categories of each column of an input; undefined for an input of numbers. */
export type Categories = readonly number[] | undefined;

/** Returns the categories of each input: of each column, the smallest number among the operations that read it. */
export function inputCategories({ nodes, inputs }: Plan): Categories[] {
  return inputs.map((input) => {
    let least: Categories;
    for (const { operation, inputs: read } of nodes) {
      const categories = categoriesOf(operation);
      if (categories === undefined || read[0] !== input) continue;
      least = least?.map((count, column) => Math.min(count, categories[column])) ?? categories;
    }
    return least;
  });
}

/** Whether a value is an integer in [0, count). */
export const isCategory = (value: number, count: number): boolean =>
  Number.isInteger(value) && value >= 0 && value < count;

/** Rows in linear memory, `ld` numbers apart. */
interface RowsView {
  readonly address: number;
  readonly ld: number;
}

/**
 * Checks rows in linear memory, of which the first is called `first` in messages. `result` is the address of four
 * bytes of scratch. Allocates nothing.
 * @throws ValueError that names the first row with a value that is no category, and its column.
 */
export function requireCategories(
  { kernels, memory }: WasmRuntime,
  where: string,
  what: string,
  { address, ld }: RowsView,
  rows: number,
  first: number,
  categories: readonly number[],
  result: number,
): void {
  let bad = -1;
  let row = rows;
  for (let column = 0; column < categories.length; column++) {
    kernels.f32_first_no_index(row, address + 4 * column, ld, result, categories[column]);
    const found = memory.i32[result / 4];
    if (found < 0) continue;
    row = found;
    bad = column;
  }
  if (bad < 0) return;
  refuseCategory(where, what, memory.f32[address / 4 + row * ld + bad], categories[bad], first + row, bad);
}

/** Throws the error about a value that is no category of its column. */
export function refuseCategory(
  where: string,
  what: string,
  value: number,
  count: number,
  row: number,
  column: number,
): never {
  throw new ValueError(
    `${where}: ${what} expected ${count === 1 ? 'the category 0' : `categories from 0 to ${count - 1}`}, ` +
      `got ${value} in row ${row}, column ${column}. Number categories from 0; inputDim of embedding is their number.`,
  );
}
