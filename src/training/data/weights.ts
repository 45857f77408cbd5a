/**
 * Sample weights and class weights of `fit`: checks both and multiplies them into one weight per row, for all outputs
 * or for each. dataset.ts copies the result into linear memory.
 */
import { isList, isSequence } from '../../common/arrays.js';
import { counted, describe } from '../../common/describe.js';
import { ShapeError, ValueError } from '../../common/errors.js';
import { suggestion } from '../../common/nearest.js';
import { fieldOf } from '../../common/objects.js';
import { isRecord } from '../../common/options.js';
import { lengthOf } from '../../common/rows.js';
import type { WasmRuntime } from '../../runtime/wasm-runtime.js';
import type { LossDefinition } from '../../losses/definition.js';
import type { GivenData, DataShape, StoredRows } from './shape.js';

type Outputs = DataShape['outputs'];

/** Weights with their name in messages. */
interface Named {
  readonly what: string;
  readonly value: unknown;
}

/** Names the outputs, as an example of weights of each. */
const example = (outputs: Outputs, weights: string): string =>
  `Write { ${outputs.map(({ name }) => `${describe(name)}: ${weights}`).join(', ')} }.`;

/**
 * Returns the weights of each output if they are given by output, in their order or by their names. `isOne`: whether a
 * value has the form of the weights of one output.
 */
function byOutput(
  where: string,
  what: string,
  value: unknown,
  outputs: Outputs,
  isOne: (value: unknown) => boolean,
): Named[] | undefined {
  const names = outputs.map(({ name }) => name);
  if (isList(value)) {
    // Only the first values: those of all rows are read once, when they are copied.
    const { length } = value;
    if (length === 0) return undefined;
    const first = Array.from({ length: Math.min(length, outputs.length) }, (_, index) => value[index]);
    if (!first.some((one) => isOne(one)) || !first.every((one) => one === undefined || isOne(one))) return undefined;
    if (length !== outputs.length) {
      throw new ShapeError(
        `${where}: ${what} expected a list of ${outputs.length}, one for each output, got ${length}.`,
      );
    }
    return first.map((one, index) => ({ what: `${what}[${index}]`, value: one }));
  }
  if (!isRecord(value)) return undefined;
  const given = Object.keys(value);
  const isNamed = given.some((name) => names.includes(name) && isOne(fieldOf(value, name)));
  if (!isNamed) return undefined;
  for (const name of given) {
    if (names.includes(name)) continue;
    throw new ValueError(`${where}: ${what} has an unknown name ${describe(name)}.${suggestion(name, names)}`);
  }
  return names.map((name) => ({ what: `${what}.${name}`, value: fieldOf(value, name) }));
}

/** Reads a weight per row: finite, not negative. */
function readRowWeights(where: string, { what, value }: Named, rows: number): Float32Array {
  if (!isSequence(value)) throw new ValueError(`${where}: ${what} expected a number per row, got ${describe(value)}.`);
  const length = lengthOf(where, what, value);
  if (length !== rows) throw new ShapeError(`${where}: ${what} expected ${counted(rows, 'value')}, got ${length}.`);
  return Float32Array.from({ length: rows }, (_, row) => {
    const weight = value[row];
    if (typeof weight !== 'number' || !Number.isFinite(Math.fround(weight)) || weight < 0) {
      throw new ValueError(`${where}: ${what} expected numbers >= 0, got ${describe(weight)} in row ${row}.`);
    }
    return weight;
  });
}

/** Reads sample weights: none, those of all outputs, or of each. */
function readSampleWeight(
  where: string,
  { what, value }: Named,
  rows: number,
  outputs: Outputs,
): readonly (Float32Array | undefined)[] {
  if (value === undefined) return [];
  const each = byOutput(where, what, value, outputs, isSequence);
  if (each !== undefined) {
    return each.map((one) => (one.value === undefined ? undefined : readRowWeights(where, one, rows)));
  }
  if (isRecord(value) && !isSequence(value) && outputs.length > 1) {
    throw new ValueError(
      `${where}: ${what} expected a number per row, or a list of them for each output, got ${describe(value)}. ` +
        example(outputs, '[…]'),
    );
  }
  return [readRowWeights(where, { what, value }, rows)];
}

function readWeightsOfClasses(where: string, { what, value }: Named, { width, loss }: Outputs[number]): Float32Array {
  const classes = Math.max(2, width);
  if (!isRecord(value) && !isSequence(value)) {
    const hint =
      value === 'balanced'
        ? ' Give each class the number of rows / (the number of classes · its own number of rows).'
        : '';
    throw new ValueError(`${where}: ${what} expected weights by class, got ${describe(value)}.${hint}`);
  }
  const weights = new Float32Array(classes).fill(1);
  for (const [key, weight] of Object.entries(value as Readonly<Record<string, unknown>>)) {
    const index = Number(key);
    if (!Number.isInteger(index) || index < 0 || index >= classes || key !== String(index)) {
      throw new ValueError(`${where}: ${what} expected classes from 0 to ${classes - 1}, got ${describe(key)}.`);
    }
    if (typeof weight !== 'number' || !Number.isFinite(Math.fround(weight)) || weight < 0) {
      throw new ValueError(`${where}: ${what} of class ${key} expected a number >= 0, got ${describe(weight)}.`);
    }
    weights[index] = weight;
  }
  if (width > 1 && loss.outputs === 'independent' && !changesNothing(weights)) {
    throw new ValueError(
      `${where}: ${what} expected one class per row, got ${width} outputs that are yes or no each. Use sampleWeight.`,
    );
  }
  return weights;
}

/** Reads class weights of each output: none, or one entry for each. */
function readClassWeight(where: string, value: unknown, outputs: Outputs): readonly (Float32Array | undefined)[] {
  if (value === undefined) return [];
  const each = byOutput(where, 'classWeight', value, outputs, (one) => isRecord(one) || isSequence(one));
  if (each === undefined && outputs.length > 1) {
    throw new ValueError(
      `${where}: classWeight expected weights by class for each of ${outputs.length} outputs, got ${describe(value)}. ` +
        example(outputs, '{ 0: 1, 1: 2 }'),
    );
  }
  return (each ?? [{ what: 'classWeight', value }]).map((one, index) =>
    one.value === undefined ? undefined : readWeightsOfClasses(where, one, outputs[index]),
  );
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
  /** Weights by row: none, those of all outputs, or of each, undefined for weights of 1. */
  readonly byRow: readonly (Float32Array | undefined)[];
  /** Weights by class: none, or those of each output, undefined for weights of 1. */
  readonly byClass: readonly (Float32Array | undefined)[];
}

/** Whether all classes have weight 1. */
const changesNothing = (byClass: Float32Array): boolean => byClass.every((weight) => weight === 1);

/** Reads and checks sample and class weights. */
export function readGivenWeights(
  where: string,
  given: Pick<GivenData, 'sampleWeight' | 'classWeight'> & { readonly weightName?: string | undefined },
  rows: number,
  outputs: Outputs,
): RowAndClassWeights {
  const { sampleWeight, weightName = 'sampleWeight', classWeight } = given;
  const byRow = readSampleWeight(where, { what: weightName, value: sampleWeight }, rows, outputs);
  return { byRow, byClass: readClassWeight(where, classWeight, outputs) };
}

/**
 * Returns the weight of each row, class weight included, for all outputs or for each; the sample weights themselves
 * without class weights.
 */
export function combinedWeights(
  where: string,
  runtime: WasmRuntime,
  { byRow, byClass }: RowAndClassWeights,
  y: readonly StoredRows[],
  outputs: Outputs,
): readonly (Float32Array | undefined)[] {
  if (byClass.length === 0) return byRow;
  return outputs.map(({ loss }, output) => {
    const classes = byClass[output];
    const own = byRow.length === 1 ? byRow[0] : byRow[output];
    if (classes === undefined) return own;
    const indices = changesNothing(classes)
      ? new Int32Array(y[output].rows)
      : classesOf(where, runtime, y[output], loss);
    return Float32Array.from(indices, (index, row) => {
      const weight = classes[index] * (own?.[row] ?? 1);
      if (Number.isFinite(Math.fround(weight))) return weight;
      throw new ValueError(
        `${where}: classWeight times sampleWeight expected finite numbers, got ${classes[index]} · ${own?.[row]} in row ${row}.`,
      );
    });
  });
}
