import { ShapeError, ValueError } from '../../common/errors.js';
import { perEnd } from '../../common/per-end.js';
import { openLabels, openRows, type RowNumbers, type RowSource } from '../../common/rows.js';
import { RegionGroup } from '../../engine/arena.js';
import type { Machine } from '../../engine/machine.js';
import type { ClassWeight, DataGiven, Dataset, DataShape, Resident } from './shape.js';
import type { LossDefinition } from '../../losses/bind.js';
import { readGivenWeights, wholeWeights, type GivenWeights } from './weights.js';

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

/** Data of the caller's, its form checked, and not yet copied anywhere. */
export interface DataSources {
  readonly rows: number;
  readonly x: readonly NamedSource[];
  readonly y: readonly NamedSource[];
  readonly sampleWeight: RowNumbers | undefined;
  readonly classWeight: ClassWeight | undefined;
  /** What rows and classes count for, where that was checked before, or what it was refused with. */
  readonly given?: GivenWeights | Error | undefined;
}

/** Rows with what messages call them. */
export interface NamedSource {
  readonly what: string;
  readonly source: RowSource;
}

/** Checks what can be checked without looking at each row. `names` are what the messages call x and y. */
export function openData(
  where: string,
  given: DataGiven,
  shape: DataShape,
  names: readonly [x: string, y: string] = ['x', 'y'],
): DataSources {
  const x = perEnd(where, names[0], given.x, shape.inputs).map(({ what, value }, index) => ({
    what,
    source: openRows(where, what, value, shape.inputs[index].width),
  }));
  const y = perEnd(where, names[1], given.y, shape.outputs).map(({ what, value }, index) => {
    const { width, loss } = shape.outputs[index];
    const open = loss.targets === 'labels' ? openLabels : openRows;
    return { what, source: open(where, what, value, width) };
  });
  const { sampleWeight, classWeight } = { sampleWeight: undefined, classWeight: undefined, ...given };
  const { rows } = x[0].source;
  if (rows === 0) throw new ShapeError(`${where}: ${x[0].what} expected at least one row, got none.`);
  return { rows, x, y, sampleWeight, classWeight, given: undefined };
}

/** Throws where there are not as many rows of each. After the rows themselves were checked, whose messages say more. */
export function requireEqualRows(where: string, { rows, x, y }: DataSources): void {
  for (const { what, source } of [...x, ...y]) {
    if (source.rows !== rows) {
      throw new ShapeError(`${where}: ${what} expected ${rows} rows as in ${x[0].what}, got ${source.rows}.`);
    }
  }
}

/** `openData` with each row checked too. */
export function readData(
  where: string,
  given: DataGiven,
  shape: DataShape,
  names?: readonly [x: string, y: string],
): DataSources {
  const sources = openData(where, given, shape, names);
  for (const { source } of [...sources.x, ...sources.y]) source.check(0, source.rows);
  requireEqualRows(where, sources);
  return sources;
}

/** Copies data in and checks its values, before anything of the model is touched. */
export function loadData(machine: Machine, where: string, sources: DataSources, { outputs }: DataShape): Dataset {
  const { rows } = sources;
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
    const x = sources.x.map(({ what, source }) => {
      const data = copyIn(source);
      requireFinite(machine, where, what, data);
      return data;
    });
    const y = sources.y.map(({ what, source }, index) => {
      const { loss } = outputs[index];
      const data = copyIn(source);
      if (loss.targets === 'labels') return data;
      requireFinite(machine, where, what, data);
      requireDomain(machine, where, what, data, loss);
      return data;
    });
    const given = sources.given ?? readGivenWeights(where, sources, rows, outputs);
    if (given instanceof Error) throw given;
    const whole = wholeWeights(where, machine, given, y, outputs);
    const givenWeights = weighing(given.byRow);
    return {
      rows,
      x,
      y,
      weights: whole === given.byRow ? givenWeights : weighing(whole),
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
