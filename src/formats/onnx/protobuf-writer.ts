/** Writes messages in Protocol Buffers' wire format, by a table of the message's fields; protobuf.ts reads them. */
import {
  BYTES,
  FIXED32,
  FIXED64,
  TWO_32,
  VARINT,
  type FieldType,
  type Message,
  type MessageType,
} from './protobuf-types.js';

const TEXT = /* @__PURE__ */ new TextEncoder();

/** Bytes of a message, written from front to back into chunks. */
class Writer {
  private readonly chunks: Uint8Array[] = [];
  length = 0;

  bytes(chunk: Uint8Array): void {
    this.chunks.push(chunk);
    this.length += chunk.length;
  }

  append({ chunks, length }: Writer): void {
    for (const chunk of chunks) this.chunks.push(chunk);
    this.length += length;
  }

  /** Writes an integer between −2^63 and 2^63; negative ones take ten bytes, as the format has it. */
  varint(value: number): void {
    let high = Math.floor(value / TWO_32) >>> 0;
    let low = value >>> 0;
    const out: number[] = [];
    while (high > 0 || low > 127) {
      out.push((low & 127) | 128);
      low = ((low >>> 7) | (high << 25)) >>> 0;
      high >>>= 7;
    }
    out.push(low);
    this.bytes(Uint8Array.from(out));
  }

  done(): Uint8Array {
    const all = new Uint8Array(this.length);
    let at = 0;
    for (const chunk of this.chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    return all;
  }
}

function writeField(writer: Writer, number: number, type: FieldType, value: unknown): void {
  const key = (wire: number): void => writer.varint(number * 8 + wire);
  const chunk = (bytes: Uint8Array): void => {
    key(BYTES);
    writer.varint(bytes.length);
    writer.bytes(bytes);
  };
  switch (type) {
    case 'int':
      key(VARINT);
      writer.varint(value as number);
      break;
    case 'float':
      key(FIXED32);
      writer.bytes(new Uint8Array(Float32Array.of(value as number).buffer));
      break;
    case 'double':
      key(FIXED64);
      writer.bytes(new Uint8Array(Float64Array.of(value as number).buffer));
      break;
    case 'string':
      chunk(TEXT.encode(value as string));
      break;
    case 'bytes':
      chunk(value as Uint8Array);
      break;
    default: {
      const inner = written(type, value as Message);
      key(BYTES);
      writer.varint(inner.length);
      writer.append(inner);
    }
  }
}

/** Writes a message: fields that are undefined are left out, lists are written one by one. */
function written({ fields }: MessageType, message: Message): Writer {
  const writer = new Writer();
  for (const [number, { name, type, list }] of fields) {
    const value = message[name];
    if (value === undefined) continue;
    for (const one of list ? (value as readonly unknown[]) : [value]) writeField(writer, number, type, one);
  }
  return writer;
}

/** Returns the bytes of a message. What it holds is copied once. */
export const encodeMessage = (type: MessageType, message: Message): Uint8Array => written(type, message).done();
