import { ShapeError, ValueError } from '../common/errors.js';
import type { Machine } from '../engine/machine.js';
import type { LossDefinition } from '../losses/bind.js';
import { labelSource, rowSource, type RowSource } from './rows.js';

/** Rows copied into linear memory, checked to be finite, for as long as a call needs them. */
export interface Resident {
  readonly rows: number;
  readonly width: number;
  readonly address: number;
}

/** Inputs and targets of the same number of rows. */
export interface Dataset {
  readonly x: Resident;
  readonly y: Resident;
  free(): void;
}

function copyIn(machine: Machine, source: RowSource): Resident {
  const { rows, width } = source;
  const address = machine.arena.allocate(4 * rows * width);
  try {
    source.write(machine.memory.f32, address / 4);
  } catch (error) {
    // What the caller's own objects do while they are read is theirs.
    machine.arena.free(address);
    throw error;
  }
  return { rows, width, address };
}

/** Throws a ValueError that names the first NaN or infinity. */
function requireFinite(machine: Machine, where: string, what: string, data: Resident): void {
  const { kernels, memory, arena } = machine;
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

function requireRange(machine: Machine, where: string, data: Resident, [low, high]: readonly [number, number]): void {
  const values = machine.memory.f32;
  const first = data.address / 4;
  for (let i = 0; i < data.rows * data.width; i++) {
    const value = values[first + i];
    if (value < low || value > high) {
      throw new ValueError(
        `${where}: y expected values from ${low} to ${high} for this loss, got ${value} ` +
          `in row ${Math.floor(i / data.width)}, column ${i % data.width}.`,
      );
    }
  }
}

/** Copies data in and checks it, before anything of the model is touched. `names` are what the messages call x and y. */
export function loadDataset(
  machine: Machine,
  where: string,
  data: readonly [x: unknown, y: unknown],
  widths: { readonly inputs: number; readonly outputs: number },
  loss: LossDefinition,
  names: readonly [x: string, y: string] = ['x', 'y'],
): Dataset {
  const labels = loss.targets === 'labels';
  const xSource = rowSource(where, names[0], data[0], widths.inputs);
  const ySource = labels
    ? labelSource(where, names[1], data[1], widths.outputs)
    : rowSource(where, names[1], data[1], widths.outputs);
  if (xSource.rows === 0) throw new ShapeError(`${where}: ${names[0]} expected at least one row, got none.`);
  if (xSource.rows !== ySource.rows) {
    throw new ShapeError(`${where}: ${names[1]} expected ${xSource.rows} rows as in ${names[0]}, got ${ySource.rows}.`);
  }
  const x = copyIn(machine, xSource);
  let y: Resident | undefined;
  try {
    requireFinite(machine, where, names[0], x);
    y = copyIn(machine, ySource);
    if (!labels) {
      requireFinite(machine, where, names[1], y);
      if (loss.targetRange) requireRange(machine, where, y, loss.targetRange);
    }
  } catch (error) {
    machine.arena.free(x.address);
    if (y !== undefined) machine.arena.free(y.address);
    throw error;
  }
  const targets = y;
  return {
    x,
    y: targets,
    free() {
      machine.arena.free(x.address);
      machine.arena.free(targets.address);
    },
  };
}
