import { describe } from '../../common/describe.js';
import { ShapeError, ValueError } from '../../common/errors.js';
import { suggestion } from '../../common/nearest.js';
import { labelSource, rowSource, type RowSource } from '../../common/rows.js';
import { RegionGroup } from '../../engine/arena.js';
import type { Machine } from '../../engine/machine.js';
import type { DataGiven, Dataset, DataShape, Resident } from './shape.js';
import type { LossDefinition } from '../../losses/bind.js';
import { readWeights } from './weights.js';

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

/** Throws a ValueError that names the first target outside of a loss's domain. */
function requireDomain(
  machine: Machine,
  where: string,
  what: string,
  data: Resident,
  { targetRange, targetValues }: LossDefinition,
): void {
  if (targetRange === undefined && targetValues === undefined) return;
  const [low, high] = targetRange ?? [-Infinity, Infinity];
  const values = machine.memory.f32;
  const first = data.address / 4;
  for (let i = 0; i < data.rows * data.width; i++) {
    const value = values[first + i];
    if (value >= low && value <= high && (targetValues?.includes(value) ?? true)) continue;
    const domain = targetValues === undefined ? `from ${low} to ${high}` : `among ${targetValues.join(', ')}`;
    throw new ValueError(
      `${where}: ${what} expected values ${domain} for this loss, got ${value} ` +
        `in row ${Math.floor(i / data.width)}, column ${i % data.width}.`,
    );
  }
}

/** One value per end, with what messages call it: the value itself where there is one end. */
export function perEnd(
  where: string,
  what: string,
  value: unknown,
  ends: readonly { readonly name: string }[],
): { readonly what: string; readonly value: unknown }[] {
  if (ends.length === 1) return [{ what, value }];
  if (Array.isArray(value)) {
    if (value.length !== ends.length) {
      throw new ShapeError(`${where}: ${what} expected a list of ${ends.length}, one for each, got ${value.length}.`);
    }
    return value.map((one: unknown, index) => ({ what: `${what}[${index}]`, value: one }));
  }
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) {
    throw new ValueError(
      `${where}: ${what} expected a list or an object for ${ends.map(({ name }) => `"${name}"`).join(', ')}, got ${describe(value)}.`,
    );
  }
  const names = ends.map(({ name }) => name);
  for (const name of Object.keys(value)) {
    if (!names.includes(name)) {
      throw new ValueError(`${where}: ${what} has no place ${describe(name)}.${suggestion(name, names)}`);
    }
  }
  return names.map((name) => ({ what: `${what}.${name}`, value: (value as Record<string, unknown>)[name] }));
}

/** Copies data in and checks it, before anything of the model is touched. `names` are what the messages call x and y. */
export function loadDataset(
  machine: Machine,
  where: string,
  given: DataGiven,
  shape: DataShape,
  names: readonly [x: string, y: string] = ['x', 'y'],
): Dataset {
  const inputs = perEnd(where, names[0], given.x, shape.inputs).map(({ what, value }, index) => ({
    what,
    source: rowSource(where, what, value, shape.inputs[index].width),
  }));
  const outputs = perEnd(where, names[1], given.y, shape.outputs).map(({ what, value }, index) => {
    const { width, loss } = shape.outputs[index];
    const source =
      loss.targets === 'labels' ? labelSource(where, what, value, width) : rowSource(where, what, value, width);
    return { what, source, loss };
  });
  const { rows } = inputs[0].source;
  if (rows === 0) throw new ShapeError(`${where}: ${inputs[0].what} expected at least one row, got none.`);
  for (const { what, source } of [...inputs, ...outputs]) {
    if (source.rows !== rows) {
      throw new ShapeError(`${where}: ${what} expected ${rows} rows as in ${inputs[0].what}, got ${source.rows}.`);
    }
  }
  const regions = new RegionGroup(machine.arena);
  const copyIn = (source: RowSource): Resident => {
    const { width } = source;
    const address = regions.allocate(4 * rows * width);
    source.write(machine.memory.f32, address / 4);
    return { rows, width, address };
  };
  const weighing = (weights: Float32Array | undefined): Resident | undefined => {
    if (weights === undefined) return undefined;
    const address = regions.allocate(4 * rows);
    machine.memory.f32.set(weights, address / 4);
    return { rows, width: 1, address };
  };
  try {
    const x = inputs.map(({ what, source }) => {
      const data = copyIn(source);
      requireFinite(machine, where, what, data);
      return data;
    });
    const y = outputs.map(({ what, source, loss }) => {
      const data = copyIn(source);
      if (loss.targets === 'labels') return data;
      requireFinite(machine, where, what, data);
      requireDomain(machine, where, what, data, loss);
      return data;
    });
    const weights = readWeights(machine, where, given, rows, y, shape.outputs);
    const givenWeights = weighing(weights.given);
    return {
      rows,
      x,
      y,
      weights: weights.whole === weights.given ? givenWeights : weighing(weights.whole),
      givenWeights,
      free: () => regions.free(),
    };
  } catch (error) {
    // What the caller's own objects do while they are read is theirs.
    regions.free();
    throw error;
  }
}

/** The part of a dataset from row `first` on, to evaluate: the whole keeps its memory. */
export function tail(data: Dataset, first: number): Dataset {
  const from = (part: Resident): Resident => ({
    rows: part.rows - first,
    width: part.width,
    address: part.address + 4 * first * part.width,
  });
  const weights = data.givenWeights && from(data.givenWeights);
  return {
    rows: data.rows - first,
    x: data.x.map(from),
    y: data.y.map(from),
    weights,
    givenWeights: weights,
    free: () => undefined,
  };
}
