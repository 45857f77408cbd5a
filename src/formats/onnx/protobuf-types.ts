/** Descriptions of Protocol Buffers' messages, which protobuf.ts reads and protobuf-writer.ts writes. */

/**
 * Types of fields. `int` is any of int32, int64, uint64 and enum, as a number. A list of numbers is read as a
 * Float32Array for `float`, else as a Float64Array.
 */
export type FieldType = 'int' | 'float' | 'double' | 'string' | 'bytes' | MessageType;

export type NumberType = 'int' | 'float' | 'double';

/** A field of a message: its name in objects, its type, and whether it is a list. */
interface Field {
  readonly name: string;
  readonly type: FieldType;
  readonly list: boolean;
  /** Its name behind that of its message, for errors. */
  readonly what: string;
}

/** Fields of a message by their number. Unknown fields are skipped. */
export interface MessageType {
  readonly name: string;
  readonly fields: ReadonlyMap<number, Field>;
}

/** Values of a message by the names of its fields. Absent fields are undefined, lists are empty. */
export type Message = Readonly<Record<string, unknown>>;

/** Returns a message type from `[number, name, type, 'list']` entries. */
export const messageType = (
  name: string,
  fields: readonly (readonly [number: number, name: string, type: FieldType, list?: 'list'])[],
): MessageType => ({
  name,
  fields: new Map(
    fields.map(([number, field, type, list]) => [
      number,
      { name: field, type, list: list === 'list', what: `${name}.${field}` },
    ]),
  ),
});

// Wire types.
export const VARINT = 0;
export const FIXED64 = 1;
export const BYTES = 2;
export const FIXED32 = 5;

export const TWO_32 = 4_294_967_296;
