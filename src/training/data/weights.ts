/**
 * Sample weights and class weights of `fit`: checks both and multiplies them into one weight per row. dataset.ts copies
 * the result into linear memory.
 */
import { isSequence } from '../../common/arrays.js';
import { counted, describe } from '../../common/describe.js';
import { ShapeError, ValueError } from '../../common/errors.js';
import { isRecord } from '../../common/options.js';
import { lengthOf } from '../../common/rows.js';
import type { WasmRuntime } from '../../runtime/wasm-runtime.js';
import type { LossDefinition } from '../../losses/definition.js';
import type { GivenData, DataShape, StoredRows } from './shape.js';

/** Reads a weight per row: finite, not negative. */
function readSampleWeight(where: string, value: unknown, rows: number): Float32Array {
  if (!isSequence(value)) {
    throw new ValueError(`${where}: sampleWeight expected a number per row, got ${describe(value)}.`);
  }
  const length = lengthOf(where, 'sampleWeight', value);
  if (length !== rows)
    throw new ShapeError(`${where}: sampleWeight expected ${counted(rows, 'value')}, got ${length}.`);
  return Float32Array.from({ length: rows }, (_, row) => {
    const weight = value[row];
    if (typeof weight !== 'number' || !Number.isFinite(Math.fround(weight)) || weight < 0) {
      throw new ValueError(`${where}: sampleWeight expected numbers >= 0, got ${describe(weight)} in row ${row}.`);
    }
    return weight;
  });
}

function readClassWeight(where: string, value: unknown, classes: number): Float32Array {
  if (!isRecord(value) && !isSequence(value)) {
    throw new ValueError(`${where}: classWeight expected weights by class, got ${describe(value)}.`);
  }
  const weights = new Float32Array(classes).fill(1);
  for (const [key, weight] of Object.entries(value as Readonly<Record<string, unknown>>)) {
    const index = Number(key);
    if (!Number.isInteger(index) || index < 0 || index >= classes || key !== String(index)) {
      throw new ValueError(`${where}: classWeight expected classes from 0 to ${classes - 1}, got ${describe(key)}.`);
    }
    if (typeof weight !== 'number' || !Number.isFinite(Math.fround(weight)) || weight < 0) {
      throw new ValueError(`${where}: classWeight of class ${key} expected a number >= 0, got ${describe(weight)}.`);
    }
    weights[index] = weight;
  }
  return weights;
}

/**
 * Returns the threshold above which a single target means class 1: 0 where targets are written as −1 and 1, else a
 * half, as for metrics.
 */
const thresholdOf = (targets: Float32Array): number =>
  targets.some((value) => value < 0) && targets.every((value) => Math.abs(value) <= 1) ? 0 : 0.5;

/**
 * Returns the class of each row: its index, the column of its largest target, or with one output whether the target is
 * above the threshold.
 */
function classesOf(
  where: string,
  { memory }: WasmRuntime,
  { rows, width, address }: StoredRows,
  loss: LossDefinition,
): Int32Array {
  const first = address / 4;
  if (loss.targets === 'labels') return memory.i32.slice(first, first + rows);
  const targets = memory.f32.subarray(first, first + rows * width);
  if (width === 1) {
    const threshold = thresholdOf(targets);
    return Int32Array.from(targets, (value) => (value > threshold ? 1 : 0));
  }
  return Int32Array.from({ length: rows }, (_, row) => {
    const own = targets.subarray(row * width, (row + 1) * width);
    const largest = own.reduce((most, value) => Math.max(most, value));
    const best = own.indexOf(largest);
    // Shares of classes may tie. If outputs may be independent, a row with several yes or none has no class.
    if (loss.outputs !== 'classes' && own.includes(largest, best + 1)) {
      throw new ValueError(
        `${where}: classWeight expected one class per row, got ${describe(Array.from(own))} in row ${row}. Use sampleWeight.`,
      );
    }
    return best;
  });
}

/** Sample and class weights, checked. */
export interface RowAndClassWeights {
  /** By row. */
  readonly byRow: Float32Array | undefined;
  /** By class. */
  readonly byClass: Float32Array | undefined;
}

/** Whether all classes have weight 1. */
const changesNothing = (byClass: Float32Array): boolean => byClass.every((weight) => weight === 1);

/** Reads and checks sample and class weights. */
export function readGivenWeights(
  where: string,
  { sampleWeight, classWeight }: Pick<GivenData, 'sampleWeight' | 'classWeight'>,
  rows: number,
  outputs: DataShape['outputs'],
): RowAndClassWeights {
  const byRow = sampleWeight === undefined ? undefined : readSampleWeight(where, sampleWeight, rows);
  if (classWeight === undefined) return { byRow, byClass: undefined };
  if (outputs.length > 1) {
    throw new ValueError(`${where}: classWeight expected a model with one output, got ${outputs.length} outputs.`);
  }
  const [{ width, loss }] = outputs;
  const byClass = readClassWeight(where, classWeight, Math.max(2, width));
  if (width > 1 && loss.outputs === 'independent' && !changesNothing(byClass)) {
    throw new ValueError(
      `${where}: classWeight expected one class per row, got ${width} outputs that are yes or no each. Use sampleWeight.`,
    );
  }
  return { byRow, byClass };
}

/** Returns the weight of each row, class weight included; the sample weights themselves without class weights. */
export function combinedWeights(
  where: string,
  runtime: WasmRuntime,
  { byRow, byClass }: RowAndClassWeights,
  y: readonly StoredRows[],
  outputs: DataShape['outputs'],
): Float32Array | undefined {
  if (byClass === undefined) return byRow;
  const classes = changesNothing(byClass)
    ? new Int32Array(y[0].rows)
    : classesOf(where, runtime, y[0], outputs[0].loss);
  return Float32Array.from(classes, (index, row) => {
    const weight = byClass[index] * (byRow?.[row] ?? 1);
    if (Number.isFinite(Math.fround(weight))) return weight;
    throw new ValueError(
      `${where}: classWeight times sampleWeight expected finite numbers, got ${byClass[index]} · ${byRow?.[row]} in row ${row}.`,
    );
  });
}
