/**
 * Rows for training and evaluation: checks their form, copies them into linear memory, and checks the copied values.
 * shape.ts has the types, weights.ts reads sample and class weights, common/rows.ts the forms in which rows may come.
 */
import { counted } from '../../common/describe.js';
import { ShapeError, ValueError } from '../../common/errors.js';
import { ownOf } from '../../common/objects.js';
import { perTensor } from '../../common/per-tensor.js';
import { warnOnce } from '../../common/warn.js';
import { observerOf } from '../../common/rounding.js';
import { openLabels, openRows, type RowSource } from '../../common/rows.js';
import { requireCategories, type Categories } from '../../graph/categories.js';
import { RegionGroup } from '../../runtime/arena.js';
import type { WasmRuntime } from '../../runtime/wasm-runtime.js';
import type {
  ClassWeights,
  Dataset,
  DataShape,
  GivenData,
  OutputShape,
  RowWeights,
  SampleWeight,
  StoredRows,
} from './shape.js';
import type { LossDefinition } from '../../losses/definition.js';
import { readGivenWeights, combinedWeights, type RowAndClassWeights } from './weights.js';

/** Throws a ValueError that names the first NaN or infinity. */
function requireFinite(runtime: WasmRuntime, where: string, what: string, data: StoredRows): void {
  const { kernels, memory, arena } = runtime;
  const result = arena.allocate(4);
  kernels.f32_first_nonfinite(data.rows * data.width, data.address, result);
  const index = memory.i32[result / 4];
  arena.free(result);
  if (index >= 0) {
    const row = Math.floor(index / data.width);
    throw new ValueError(
      `${where}: ${what} expected finite numbers, got ${memory.f32[data.address / 4 + index]} ` +
        `in row ${row}, column ${index % data.width}.`,
    );
  }
}

/** Throws a ValueError that names the first value of a column of categories that is none of them. */
function requireIndices(
  runtime: WasmRuntime,
  where: string,
  what: string,
  { rows, width, address }: StoredRows,
  categories: Categories,
): void {
  if (categories === undefined) return;
  const { arena } = runtime;
  const result = arena.allocate(4);
  try {
    requireCategories(runtime, where, what, { address, ld: width }, rows, 0, categories, result);
  } finally {
    arena.free(result);
  }
}

/** Throws a ValueError that names the first target outside a loss's domain. */
function requireDomain(
  runtime: WasmRuntime,
  where: string,
  what: string,
  data: StoredRows,
  { targetRange, targetValues }: LossDefinition,
): void {
  if (targetRange === undefined && targetValues === undefined) return;
  const [low, high] = targetRange ?? [-Infinity, Infinity];
  const values = runtime.memory.f32;
  const first = data.address / 4;
  for (let i = 0; i < data.rows * data.width; i++) {
    const value = values[first + i];
    if (value >= low && value <= high && (targetValues?.includes(value) ?? true)) continue;
    const range = high === Infinity ? `>= ${low}` : `from ${low} to ${high}`;
    const domain = targetValues === undefined ? range : `among ${targetValues.join(', ')}`;
    throw new ValueError(
      `${where}: ${what} expected values ${domain} for this loss, got ${value} ` +
        `in row ${Math.floor(i / data.width)}, column ${i % data.width}.`,
    );
  }
}

/** Most that the sum of a distribution may be off: rounded to half precision, or to three decimals. */
const OFF = 1e-3;

/** Reports the first row of a categorical loss's targets that is no distribution. */
function checkDistributions(
  { memory }: WasmRuntime,
  where: string,
  what: string,
  { rows, width, address }: StoredRows,
  { loss, distributionCheck }: OutputShape,
): void {
  if (distributionCheck === 'off' || loss.outputs !== 'classes') return;
  const values = memory.f32;
  for (let row = 0, first = address / 4; row < rows; row++, first += width) {
    let sum = 0;
    for (let j = 0; j < width; j++) sum += values[first + j];
    // Each of many values may be rounded.
    if (Math.abs(sum - 1) <= OFF + width / 0x1000000) continue;
    const message =
      `${where}: ${what} expected rows that add up to 1 for this loss, got ${Number(sum.toPrecision(6))} in row ${row}. ` +
      `Write one class per row as one-hot; for independent labels end on a sigmoid with 'binaryCrossentropy'.`;
    if (distributionCheck === 'error') {
      throw new ValueError(`${message} To train on them as they are, compile with checks: 'warn' or 'off'.`);
    }
    const [call] = where.split(':');
    warnOnce(`${call} ${what} sums`, `wasm-mlp: ${message} To silence this, compile with checks: 'off'.`);
    return;
  }
}

/** The caller's data, its form checked, not copied yet. */
export interface DataSources {
  readonly rows: number;
  readonly x: readonly NamedSource[];
  readonly y: readonly NamedSource[];
  readonly sampleWeight: SampleWeight | undefined;
  /** What messages call the sample weights; default `sampleWeight`. */
  readonly weightName?: string | undefined;
  readonly classWeight: ClassWeights | undefined;
  /** Sample and class weights if they were checked before, or the error that refused them. */
  readonly given?: RowAndClassWeights | Error | undefined;
}

/** Rows with their name in messages. */
export interface NamedSource {
  readonly what: string;
  readonly source: RowSource;
  /** Of targets: width of the output, and a hint for targets in the form that another loss takes. */
  readonly outputs?: number;
  readonly hint?: string | undefined;
}

/**
 * Returns a hint for targets in the form of another loss: class indices instead of a value per class, or the reverse.
 */
function targetHint({ targets, outputs }: LossDefinition): string | undefined {
  if (targets === 'labels') return 'For one-hot targets use categoricalCrossentropy.';
  return outputs === 'classes' ? 'For class indices use sparseCategoricalCrossentropy.' : undefined;
}

/** Checks what can be checked without reading each row. `names`: what messages call x, y and the sample weights. */
export function openData(
  where: string,
  given: GivenData,
  shape: DataShape,
  names: readonly [x: string, y: string, sampleWeight: string] = ['x', 'y', 'sampleWeight'],
): DataSources {
  const x = perTensor(where, names[0], given.x, shape.inputs).map(({ what, value }, index) => ({
    what,
    source: openRows(where, what, value, shape.inputs[index].width),
  }));
  const y = perTensor(where, names[1], given.y, shape.outputs).map(({ what, value }, index) => {
    const { width, loss } = shape.outputs[index];
    const hint = targetHint(loss);
    const open = loss.targets === 'labels' ? openLabels : openRows;
    return { what, source: open(where, what, value, width, hint), outputs: width, hint };
  });
  const { sampleWeight, classWeight } = { sampleWeight: undefined, classWeight: undefined, ...given };
  const { rows } = x[0].source;
  if (rows === 0) throw new ShapeError(`${where}: ${x[0].what} expected at least one row, got none.`);
  return { rows, x, y, sampleWeight, weightName: names[2], classWeight, given: undefined };
}

/** Throws unless all have the same number of rows. Called after the checks of the rows, whose messages say more. */
export function requireEqualRows(where: string, { rows, x, y }: Pick<DataSources, 'rows' | 'x' | 'y'>): void {
  for (const { what, source, outputs, hint } of [...x, ...y]) {
    if (source.rows === rows) continue;
    // Whether the count is that of the other form of targets.
    const other =
      outputs !== undefined && outputs > 1 && (source.rows === rows * outputs || source.rows * outputs === rows);
    throw new ShapeError(
      `${where}: ${what} expected ${counted(rows, 'row')} as in ${x[0].what}, got ${source.rows}.` +
        (other && hint !== undefined ? ` ${hint}` : ''),
    );
  }
}

/** The caller's rows in linear memory, of the right form, their values not checked yet. */
export interface CopiedData extends Pick<
  DataSources,
  'rows' | 'sampleWeight' | 'weightName' | 'classWeight' | 'given'
> {
  readonly x: readonly CopiedRows[];
  readonly y: readonly CopiedRows[];
  readonly regions: RegionGroup;
}

interface CopiedRows {
  readonly what: string;
  readonly data: StoredRows;
}

/** Copies data into linear memory. Reads the caller's data only here, and once: later checks read the copy. */
export function copyData(runtime: WasmRuntime, where: string, sources: DataSources): CopiedData {
  const regions = new RegionGroup(runtime.arena);
  const copyIn = ({ what, source }: NamedSource): CopiedRows => {
    const { rows, width } = source;
    const address = regions.allocate(4 * rows * width);
    const observer = observerOf(source);
    source.write(runtime.memory.f32, address / 4, 0, rows, observer);
    observer?.warn(where, what);
    return { what, data: { rows, width, address } };
  };
  try {
    const x = sources.x.map(copyIn);
    const y = sources.y.map(copyIn);
    requireEqualRows(where, sources);
    const { rows, sampleWeight, weightName, classWeight, given } = sources;
    return { rows, x, y, sampleWeight, weightName, classWeight, given, regions };
  } catch (error) {
    // The caller's objects may throw anything while they are read.
    regions.free();
    throw error;
  }
}

/**
 * Checks the values of copied data, before anything of the model changes, and adds the row weights. Frees the data if
 * it refuses them.
 */
export function acceptData(runtime: WasmRuntime, where: string, copied: CopiedData, shape: DataShape): Dataset {
  const { inputs, outputs } = shape;
  const { rows, regions } = copied;
  const weighing = (weights: Float32Array | undefined): StoredRows | undefined => {
    if (weights === undefined) return undefined;
    const address = regions.allocate(4 * rows);
    runtime.memory.f32.set(weights, address / 4);
    return { rows, width: 1, address };
  };
  try {
    copied.x.forEach(({ what, data }, index) => {
      requireFinite(runtime, where, what, data);
      requireIndices(runtime, where, what, data, ownOf(inputs[index], 'categories'));
    });
    copied.y.forEach(({ what, data }, index) => {
      const { loss } = outputs[index];
      if (loss.targets === 'labels') return;
      requireFinite(runtime, where, what, data);
      requireDomain(runtime, where, what, data, loss);
      checkDistributions(runtime, where, what, data, outputs[index]);
    });
    const x = copied.x.map(({ data }) => data);
    const y = copied.y.map(({ data }) => data);
    const given = copied.given ?? readGivenWeights(where, copied, rows, outputs);
    if (given instanceof Error) throw given;
    const whole = combinedWeights(where, runtime, given, y, outputs);
    const sampleWeights = given.byRow.map(weighing);
    return {
      rows,
      x,
      y,
      weights: whole === given.byRow ? sampleWeights : whole.map(weighing),
      sampleWeights,
      free: () => regions.free(),
    };
  } catch (error) {
    regions.free();
    throw error;
  }
}

/** Copies data into linear memory and checks it: `copyData`, then `acceptData`. */
export const loadData = (runtime: WasmRuntime, where: string, sources: DataSources, shape: DataShape): Dataset =>
  acceptData(runtime, where, copyData(runtime, where, sources), shape);

/** Returns the rows of a dataset from `first` on, for evaluation. The memory remains the whole dataset's. */
export function tail(data: Dataset, first: number): Dataset {
  const from = (part: StoredRows): StoredRows => ({
    rows: part.rows - first,
    width: part.width,
    address: part.address + 4 * first * part.width,
  });
  const weights: RowWeights = data.sampleWeights.map((part) => part && from(part));
  return {
    rows: data.rows - first,
    x: data.x.map(from),
    y: data.y.map(from),
    weights,
    sampleWeights: weights,
    free: () => undefined,
  };
}
