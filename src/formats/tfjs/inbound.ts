/**
 * Connections of a Functional model: which outputs a use of a layer reads, as Keras 2 and TensorFlow.js write it, lists
 * of [layer, use, output, arguments], and as Keras 3 does, calls with arguments in which tensors stand.
 */
import { describe } from '../../common/describe.js';
import { FormatError } from '../../common/errors.js';
import { isRecord } from '../../common/options.js';
import { Config, fieldOf } from './config.js';

/** An output of a use of a layer. */
export interface Leaf {
  readonly layer: string;
  readonly node: number;
  readonly tensor: number;
}

/** A use of a layer. */
export interface Call {
  readonly inputs: readonly Leaf[];
}

const isIndex = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 0;

/** Most levels of lists around a tensor. */
const MOST_LEVELS = 8;

/** Arguments of a call that change nothing where a model predicts. */
const IDLE = ['mask', 'training', 'name', 'dtype'];

function requireIdle(where: string, args: unknown): void {
  if (args === undefined || args === null) return;
  if (!isRecord(args))
    throw new FormatError(`${where}: arguments of a call expected an object, got ${describe(args)}.`);
  for (const [name, value] of Object.entries(args)) {
    if (value === null || (IDLE.includes(name) && value !== true)) continue;
    throw new FormatError(`${where}: arguments of a call expected none, got ${name} = ${describe(value)}.`);
  }
}

/** Returns an output of Keras 2's form, or undefined for anything else. */
function leafOf(where: string, value: unknown): Leaf | undefined {
  if (!Array.isArray(value) || value.length < 3 || typeof value[0] !== 'string') return undefined;
  const [layer, node, tensor, args] = value as readonly unknown[];
  if (!isIndex(node) || !isIndex(tensor)) {
    throw new FormatError(`${where} expected [layer, use, output], got ${describe(value)}.`);
  }
  requireIdle(where, args);
  return { layer: layer as string, node, tensor };
}

/** Returns the outputs in a value, in order: one, or lists or objects of them. */
export function leavesOf(where: string, value: unknown, level = 0): Leaf[] {
  const leaf = leafOf(where, value);
  if (leaf !== undefined) return [leaf];
  if (level < MOST_LEVELS && typeof value === 'object' && value !== null) {
    if (isRecord(value) && fieldOf(value, 'class_name') === '__keras_tensor__') {
      const config = new Config(where, value).record('config');
      const history = leafOf(where, config === undefined ? undefined : fieldOf(config, 'keras_history'));
      if (history !== undefined) return [history];
    } else {
      return Object.values(value).flatMap((one) => leavesOf(where, one, level + 1));
    }
  }
  throw new FormatError(`${where} expected [layer, use, output], got ${describe(value)}.`);
}

/** Reads the uses of a layer. */
export const callsOf = (where: string, nodes: readonly unknown[]): Call[] =>
  nodes.map((node): Call => {
    if (!isRecord(node)) return { inputs: leavesOf(where, node) };
    const call = new Config(where, node);
    requireIdle(where, call.record('kwargs'));
    return { inputs: call.list('args').flatMap((one) => (one === null ? [] : leavesOf(where, one))) };
  });
