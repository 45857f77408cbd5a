/** Attributes of a node, by name and type. */
import type { OnnxAttribute, OnnxNode, OnnxTensor } from './messages.js';

/** Types of attributes in AttributeProto: a writer may leave out a number that is 0. */
const FLOATS = 6;
const INTS = 7;
const STRINGS = 8;

/** Reads attributes; each method returns undefined for a name that the node does not have. */
export class Attributes {
  constructor(private readonly all: readonly OnnxAttribute[]) {}

  private find(name: string): OnnxAttribute | undefined {
    return this.all.find((one) => one.name === name);
  }

  float(name: string): number | undefined {
    const found = this.find(name);
    return found && (found.f ?? 0);
  }

  int(name: string): number | undefined {
    const found = this.find(name);
    return found && (found.i ?? 0);
  }

  string(name: string): string | undefined {
    return this.find(name)?.s;
  }

  floats(name: string): number[] | undefined {
    const found = this.find(name);
    return found?.type === FLOATS ? Array.from(found.floats ?? []) : undefined;
  }

  ints(name: string): number[] | undefined {
    const found = this.find(name);
    return found?.type === INTS ? Array.from(found.ints ?? []) : undefined;
  }

  strings(name: string): readonly string[] | undefined {
    const found = this.find(name);
    return found?.type === STRINGS ? found.strings : undefined;
  }

  tensor(name: string): OnnxTensor | undefined {
    return this.find(name)?.t;
  }
}

/** Returns the reader of a node's attributes. */
export const attributesOf = ({ attributes }: OnnxNode): Attributes => new Attributes(attributes);
