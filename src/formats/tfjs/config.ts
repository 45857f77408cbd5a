/**
 * Fields of a Keras configuration. Keras and TensorFlow.js write names with underscores, older TensorFlow.js and
 * hand-made files in camel case: both are read. What is null is absent.
 */
import { describe } from '../../common/describe.js';
import { FormatError } from '../../common/errors.js';
import { isRecord } from '../../common/options.js';
import type { JsonObject } from '../json.js';

/** `batch_input_shape` becomes `batchInputShape`. */
const camel = (name: string): string => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

/** Returns a field by its name with underscores, or in camel case; undefined where it is absent or null. */
export function fieldOf(fields: JsonObject, name: string): unknown {
  for (const key of [name, camel(name)]) if (Object.hasOwn(fields, key)) return fields[key] ?? undefined;
  return undefined;
}

/** Some versions of Keras write numbers as { type: 'ndarray', value }. */
const plainNumber = (value: unknown): unknown =>
  isRecord(value) && Object.hasOwn(value, 'type') && value.type === 'ndarray' ? value.value : value;

/** Fields of a layer or of one of its options, with checks. */
export class Config {
  constructor(
    /** Start of messages: which layer. */
    readonly where: string,
    readonly fields: JsonObject,
  ) {}

  /** Returns the value of a field; undefined where it is absent or null. */
  get(name: string): unknown {
    return plainNumber(fieldOf(this.fields, name));
  }

  /** Throws a FormatError about a field. */
  refuse(name: string, expected: string, hint = ''): never {
    throw new FormatError(`${this.where}: ${name} expected ${expected}, got ${describe(this.get(name))}.${hint}`);
  }

  number(name: string, or: number): number {
    const value = this.get(name) ?? or;
    return typeof value === 'number' && Number.isFinite(value) ? value : this.refuse(name, 'a number');
  }

  flag(name: string, or: boolean): boolean {
    const value = this.get(name) ?? or;
    return typeof value === 'boolean' ? value : this.refuse(name, 'true or false');
  }

  /** Returns a text, or undefined where there is none. */
  text(name: string): string | undefined {
    const value = this.get(name);
    return value === undefined || typeof value === 'string' ? value : this.refuse(name, 'a text');
  }

  /** Returns a list, empty where there is none. */
  list(name: string): readonly unknown[] {
    const value = this.get(name) ?? [];
    return Array.isArray(value) ? value : this.refuse(name, 'a list');
  }

  /** Returns an object, or undefined where there is none. */
  record(name: string): JsonObject | undefined {
    const value = this.get(name);
    return value === undefined || isRecord(value) ? value : this.refuse(name, 'an object');
  }

  /** Throws unless an option that no layer here has is absent or has the value that changes nothing. */
  without(name: string, neutral?: unknown): void {
    const value = this.get(name);
    if (value !== undefined && value !== neutral) {
      this.refuse(name, neutral === undefined ? 'null' : `null or ${describe(neutral)}`, ' No layer here has it.');
    }
  }
}

/** Reads { class_name, config }, which Keras writes for layers, initializers and other objects, or the name alone. */
export function readObject(where: string, value: unknown): { readonly name: string; readonly config: Config } {
  if (typeof value === 'string') return { name: value, config: new Config(`${where}, ${describe(value)}`, {}) };
  if (isRecord(value)) {
    const name = fieldOf(value, 'class_name');
    const config = fieldOf(value, 'config') ?? {};
    // Keras 3 writes { class_name: 'function', config: 'relu' }.
    if (name === 'function' && typeof config === 'string') return readObject(where, config);
    if (typeof name === 'string' && isRecord(config)) {
      return { name, config: new Config(`${where}, ${describe(name)}`, config) };
    }
  }
  throw new FormatError(`${where} expected a name or { class_name, config }, got ${describe(value)}.`);
}

/** Names of Keras without underscores and capitals: `GlorotUniform` and `glorot_uniform` are the same. */
export const bare = (name: string): string => name.replaceAll('_', '').toLowerCase();
