/** Attributes of a node, by name and type. */
import type { OnnxAttribute, OnnxNode, OnnxTensor } from './messages.js';

/** Reads attributes; each method returns undefined for a name that the node does not have. */
export interface Attributes {
  float(name: string): number | undefined;
  int(name: string): number | undefined;
  string(name: string): string | undefined;
  floats(name: string): number[] | undefined;
  ints(name: string): number[] | undefined;
  strings(name: string): readonly string[] | undefined;
  tensor(name: string): OnnxTensor | undefined;
}

/** Types of attributes in AttributeProto: a writer may leave out a number that is 0. */
const FLOATS = 6;
const INTS = 7;
const STRINGS = 8;

/** Returns the reader of a node's attributes. */
export function attributesOf({ attributes }: OnnxNode): Attributes {
  const find = (name: string): OnnxAttribute | undefined => attributes.find((one) => one.name === name);
  return {
    float: (name) => {
      const found = find(name);
      return found && (found.f ?? 0);
    },
    int: (name) => {
      const found = find(name);
      return found && (found.i ?? 0);
    },
    string: (name) => find(name)?.s,
    floats: (name) => {
      const found = find(name);
      return found?.type === FLOATS ? Array.from(found.floats ?? []) : undefined;
    },
    ints: (name) => {
      const found = find(name);
      return found?.type === INTS ? Array.from(found.ints ?? []) : undefined;
    },
    strings: (name) => {
      const found = find(name);
      return found?.type === STRINGS ? found.strings : undefined;
    },
    tensor: (name) => find(name)?.t,
  };
}
