/**
 * ml5's `model_meta.json`: how its neural networks normalize inputs and outputs between their smallest and largest
 * values, in the order of their columns, and the labels of classes.
 */
import { describe } from '../../common/describe.js';
import { FormatError } from '../../common/errors.js';
import type { JsonObject } from '../json.js';
import { Config } from '../keras-topology/config.js';
import { MOST_REPEATED } from '../keras-topology/network.js';

/** Smallest and largest value of a column; undefined where it is one of a one-hot code. */
type Column = readonly [number, number] | undefined;

/** What the file says of a network. */
export interface Ml5Meta {
  readonly inputs: readonly Column[];
  readonly outputs: readonly Column[];
  readonly labels: readonly string[] | undefined;
}

/** Returns the values of a one-hot code in the order of its columns. */
function valuesOf(config: Config): readonly string[] {
  const legend = Object.entries(config.record('legend') ?? {});
  const values = config.list('uniqueValues').map(String);
  if (legend.length === 0) return values;
  const found = legend.map(([, code]) => (Array.isArray(code) ? code.indexOf(1) : -1));
  if (new Set(found).size !== found.length || found.some((at) => at < 0 || at >= found.length)) {
    config.refuse('legend', 'a code with one 1 for each value');
  }
  const sorted = [...values];
  legend.forEach(([value], index) => (sorted[found[index]] = value));
  return sorted;
}

function columnsOf(where: string, meta: Config, side: 'inputs' | 'outputs', width: number) {
  const isNormalized = meta.flag('isNormalized', false);
  const columns: Column[] = [];
  const labels: (readonly string[])[] = [];
  const entries = Object.entries(meta.record(side) ?? {});
  for (const [name, fields] of entries) {
    const at = `${where}: ${side} ${describe(name)}`;
    const config = new Config(at, { [name]: fields }).record(name);
    if (config === undefined) throw new FormatError(`${at} expected an object, got null.`);
    const column = new Config(at, config);
    const type = column.text('dtype');
    if (type === 'string') {
      const values = valuesOf(column);
      labels.push(values);
      columns.push(...values.map(() => undefined));
      continue;
    }
    const range = isNormalized ? ([column.number('min', 0), column.number('max', 1)] as const) : undefined;
    if (type !== 'number' && type !== 'array') column.refuse('dtype', '"number", "string" or "array"');
    // An array is all columns, between the same values.
    const count = type === 'number' ? 1 : width;
    if (columns.length + count > MOST_REPEATED) break;
    for (let index = 0; index < count; index++) columns.push(range);
  }
  if (columns.length !== width) {
    throw new FormatError(`${where}: ${side} expected ${width} columns as the model has, got ${columns.length}.`);
  }
  return { columns, labels: labels.length === 1 && entries.length === 1 ? labels[0] : undefined };
}

/** Reads the file for a network of this many inputs and outputs. */
export function readMeta(where: string, json: JsonObject, inputs: number, outputs: number): Ml5Meta {
  const meta = new Config(where, json);
  const { columns, labels } = columnsOf(where, meta, 'outputs', outputs);
  return { inputs: columnsOf(where, meta, 'inputs', inputs).columns, outputs: columns, labels };
}

/**
 * Returns a linear map of columns as (x − mean)·factor: onto 0 to 1 for inputs, and back for outputs; undefined if
 * it changes nothing.
 */
export function scalingOf(columns: readonly Column[], least: number, back: boolean) {
  if (columns.every((range) => range === undefined)) return undefined;
  const means: number[] = [];
  const factors: number[] = [];
  for (const [min, max] of columns.map((range) => range ?? [0, 1])) {
    // ml5 makes a column of one value 0, and back that value.
    const width = max - min;
    if (back) {
      means.push(-min / (width === 0 ? least : width));
      factors.push(width);
    } else {
      means.push(min);
      factors.push(width === 0 ? 0 : 1 / width);
    }
  }
  return { means, factors };
}
