import { isList, isTypedArray } from '../../common/arrays.js';
import { describe } from '../../common/describe.js';
import { ShapeError, ValueError } from '../../common/errors.js';
import { isRecord } from '../../common/options.js';
import type { Machine } from '../../engine/machine.js';
import type { DataGiven, DataShape, Resident } from './shape.js';

/** Checks a weight per row: finite, not negative. */
function readSampleWeight(where: string, value: unknown, rows: number): Float32Array {
  if (!isList(value) && !isTypedArray(value)) {
    throw new ValueError(`${where}: sampleWeight expected a number per row, got ${describe(value)}.`);
  }
  const list = value as ArrayLike<unknown>;
  if (list.length !== rows) throw new ShapeError(`${where}: sampleWeight expected ${rows} values, got ${list.length}.`);
  return Float32Array.from({ length: rows }, (_, row) => {
    const weight = list[row];
    if (typeof weight !== 'number' || !Number.isFinite(Math.fround(weight)) || weight < 0) {
      throw new ValueError(`${where}: sampleWeight expected numbers >= 0, got ${describe(weight)} in row ${row}.`);
    }
    return weight;
  });
}

function readClassWeight(where: string, value: unknown, classes: number): Float32Array {
  if (!isRecord(value) && !isList(value) && !isTypedArray(value)) {
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

/** Class of each row: its index, the column of its largest target, or with one output whether the target is above a half. */
function classesOf({ memory }: Machine, { rows, width, address }: Resident, labels: boolean): Int32Array {
  const first = address / 4;
  if (labels) return memory.i32.slice(first, first + rows);
  return Int32Array.from({ length: rows }, (_, row) => {
    const targets = memory.f32.subarray(first + row * width, first + (row + 1) * width);
    if (width === 1) return targets[0] > 0.5 ? 1 : 0;
    let best = 0;
    for (let j = 1; j < width; j++) if (targets[j] > targets[best]) best = j;
    return best;
  });
}

/** What rows and classes were said to count for, checked. */
export interface GivenWeights {
  /** By row. */
  readonly byRow: Float32Array | undefined;
  /** By class. */
  readonly byClass: Float32Array | undefined;
}

/** Checks what is said of rows and classes. */
export function readGivenWeights(
  where: string,
  { sampleWeight, classWeight }: Pick<DataGiven, 'sampleWeight' | 'classWeight'>,
  rows: number,
  outputs: DataShape['outputs'],
): GivenWeights {
  const byRow = sampleWeight === undefined ? undefined : readSampleWeight(where, sampleWeight, rows);
  if (classWeight === undefined) return { byRow, byClass: undefined };
  if (outputs.length > 1) {
    throw new ValueError(`${where}: classWeight expected a model with one output, got ${outputs.length} outputs.`);
  }
  return { byRow, byClass: readClassWeight(where, classWeight, Math.max(2, outputs[0].width)) };
}

/** What each row counts for, its class included; the given weights themselves where there is no more. */
export function wholeWeights(
  where: string,
  machine: Machine,
  { byRow, byClass }: GivenWeights,
  y: readonly Resident[],
  outputs: DataShape['outputs'],
): Float32Array | undefined {
  if (byClass === undefined) return byRow;
  const classes = classesOf(machine, y[0], outputs[0].loss.targets === 'labels');
  return Float32Array.from(classes, (index, row) => {
    const weight = byClass[index] * (byRow?.[row] ?? 1);
    if (Number.isFinite(Math.fround(weight))) return weight;
    throw new ValueError(
      `${where}: classWeight times sampleWeight expected finite numbers, got ${byClass[index]} · ${byRow?.[row]} in row ${row}.`,
    );
  });
}
