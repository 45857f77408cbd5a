/**
 * Protocol Buffers read and written without the library: fields of a message by number, for tests of files. It knows
 * nothing of messages.
 */

/** A field: an integer, bytes, or four or eight bytes as bytes. */
export interface WireField {
  readonly number: number;
  readonly wire: number;
  readonly value: number | Uint8Array;
}

/** Returns the fields of a message in their order. */
export function fieldsOfMessage(bytes: Uint8Array): WireField[] {
  const fields: WireField[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      // The end, in a message that was cut.
      const byte = bytes[at++] ?? 0;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return Number(BigInt.asIntN(64, value));
    }
  };
  while (at < bytes.length) {
    const key = varint();
    const wire = key & 7;
    if (wire === 0) fields.push({ number: key >> 3, wire, value: varint() });
    else {
      // Below 0, in a message that was damaged: reading goes on all the same.
      const length = wire === 2 ? Math.max(varint(), 0) : wire === 1 ? 8 : 4;
      fields.push({ number: key >> 3, wire, value: bytes.subarray(at, at + length) });
      at += length;
    }
  }
  return fields;
}

/** Returns the values of a message's fields of one number. */
const valuesOf = (message: Uint8Array, number: number): WireField['value'][] =>
  fieldsOfMessage(message).flatMap((field) => (field.number === number ? [field.value] : []));

/** Returns the messages or bytes of one number. */
export const bytesAt = (message: Uint8Array, number: number): Uint8Array[] => valuesOf(message, number) as Uint8Array[];

/** Returns the texts of one number. */
export const textsAt = (message: Uint8Array, number: number): string[] =>
  bytesAt(message, number).map((bytes) => new TextDecoder().decode(bytes));

/** Returns the integers of one number, packed or not. */
export const integersAt = (message: Uint8Array, number: number): number[] =>
  valuesOf(message, number).flatMap((value) => {
    if (typeof value === 'number') return [value];
    // A packed list is read as fields of number 0 in front of each value.
    const list: number[] = [];
    for (let at = 0; at < value.length;) {
      let one = 0;
      for (let scale = 1; ; scale *= 128) {
        const byte = value[at++] ?? 0;
        one += (byte & 127) * scale;
        if (byte < 128) break;
      }
      list.push(one);
    }
    return list;
  });

function varintOf(value: number): number[] {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return [...bytes, Number(rest)];
}

/** Returns the bytes of fields. */
export function messageOf(fields: readonly WireField[]): Uint8Array {
  const parts = fields.map(({ number, wire, value }) => {
    const key = varintOf(number * 8 + wire);
    if (typeof value === 'number') return Uint8Array.from([...key, ...varintOf(value)]);
    const head = wire === 2 ? [...key, ...varintOf(value.length)] : key;
    const part = new Uint8Array(head.length + value.length);
    part.set(head);
    part.set(value, head.length);
    return part;
  });
  const all = new Uint8Array(parts.reduce((total, { length }) => total + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
