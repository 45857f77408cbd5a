/** The outputs of a graph that has been read: rows, and the labels of a classifier that go with them. */
import { FormatError } from '../../common/errors.js';
import type { Step } from './network.js';
import type { Part, Rows, Value } from './values.js';

/** An output of the file, and what it is. */
export interface GraphOutput {
  readonly name: string;
  readonly value: Value | undefined;
}

/** Rows that are an output, or of which an output is the class. */
interface Wanted {
  readonly step: Step;
  readonly isClass: boolean;
}

/** Activations after which the largest number of a row is the largest still. */
const KEEPS_ORDER: ReadonlySet<string> = /* @__PURE__ */ new Set(['softmax', 'logSoftmax', 'sigmoid']);

/** Whether the class of `scores` is seen in `step`: it is the same rows, or these after a growing activation. */
function shows(step: Step, scores: Step): boolean {
  const { computation, inputs } = step;
  if (step === scores) return true;
  return computation.kind === 'activation' && KEEPS_ORDER.has(computation.activation.kind) && inputs[0] === scores;
}

/** Joins outputs that are columns of the same rows, all of them in order. */
function joined(where: string, parts: readonly (Part & { readonly name: string })[]): Rows[] {
  const found: Rows[] = [];
  for (let start = 0; start < parts.length;) {
    const { of, name } = parts[start];
    let at = 0;
    let index = start;
    while (index < parts.length && parts[index].of.step === of.step && parts[index].from === at) at = parts[index++].to;
    if (at !== of.step.width) {
      throw new FormatError(
        `${where}: output "${name}" expected to be among all columns of its node, in order, got some of them.`,
      );
    }
    found.push(of);
    start = index;
  }
  return found;
}

/**
 * Returns the steps of the model's outputs, and the labels of its classes. `repeated` gives the rows of an output as
 * often as the file has them.
 */
export function readOutputs(
  where: string,
  outputs: readonly GraphOutput[],
  repeated: (name: string, rows: Rows) => Step,
) {
  let labels: readonly (string | number)[] | undefined;
  const parts: (Part & { readonly name: string })[] = [];
  const wanted = outputs.flatMap(({ name, value }): Wanted[] => {
    if (value === undefined)
      throw new FormatError(`${where}: output "${name}" expected a node that computes it, got none.`);
    if (value.is === 'unknown') {
      throw new FormatError(`${value.where} expected ${value.expected}: this library has no layer for anything else.`);
    }
    if (value.is === 'rows') return [{ step: repeated(name, value), isClass: false }];
    if (value.is === 'part') {
      parts.push({ ...value, name });
      return [];
    }
    if (value.is !== 'classes') {
      throw new FormatError(`${where}: output "${name}" expected rows that depend on an input, got none.`);
    }
    labels ??= value.labels;
    return [{ step: value.of.step, isClass: true }];
  });
  wanted.push(...joined(where, parts).map(({ step }) => ({ step, isClass: false })));
  if (wanted.length === 0) throw new FormatError(`${where}: the file expected outputs, got none.`);
  // The class of a row is its likeliest one: an output only where the shares are none.
  const own = wanted.filter(
    (one, index) =>
      !one.isClass ||
      !wanted.some(
        (other, at) =>
          at !== index && shows(other.step, one.step) && (!other.isClass || at < index || other.step !== one.step),
      ),
  );
  return { outputs: own.map(({ step }) => step), labels };
}
