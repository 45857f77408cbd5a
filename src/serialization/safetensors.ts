/**
 * The safetensors container: eight bytes of header length, a JSON header, tensor data. Reading trusts nothing: every number is
 * checked before it is used, and what is not float32 is refused. Format: github.com/huggingface/safetensors, README.
 */
import { describe } from '../common/describe.js';
import { FormatError } from '../common/errors.js';
import { sizeOf, type NamedTensor } from '../common/tensors.js';

/** The format's own cap on the header, against files that claim gigabytes. */
const MAX_HEADER_BYTES = 100_000_000;

/** Data starts on this boundary, so that float32 views of the file are aligned. */
const ALIGNMENT = 8;

export interface SafetensorsFile {
  readonly tensors: readonly NamedTensor[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** Whether this platform stores numbers with the low byte first, as the file does; WebAssembly memory always does. */
const littleEndian = (): boolean => new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** The bytes of a file with these tensors, in this order. */
export function encodeSafetensors({ tensors, metadata }: SafetensorsFile): Uint8Array {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let end = 0;
  for (const { name, shape, data } of tensors) {
    const begin = end;
    end += 4 * data.length;
    header[name] = { dtype: 'F32', shape, data_offsets: [begin, end] };
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const headerBytes = Math.ceil(text.length / ALIGNMENT) * ALIGNMENT;
  const file = new Uint8Array(8 + headerBytes + end);
  // Spaces fill the header up, as the format asks.
  file.fill(0x20, 8, 8 + headerBytes);
  file.set(text, 8);
  const view = new DataView(file.buffer);
  view.setUint32(0, headerBytes, true);
  let at = 8 + headerBytes;
  for (const { data } of tensors) {
    if (littleEndian()) file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    else data.forEach((value, index) => view.setFloat32(at + 4 * index, value, true));
    at += 4 * data.length;
  }
  return file;
}

const refuse = (where: string, message: string): never => {
  throw new FormatError(`${where}: ${message}`);
};

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

function readHeader(where: string, bytes: Uint8Array): { header: Record<string, unknown>; dataStart: number } {
  if (bytes.length < 8) refuse(where, `file expected at least 8 bytes of header length, got ${bytes.length}.`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // As the first bytes of a length, text makes one of exabytes.
  if (bytes[0] === 0x7b && view.getUint32(4, true) > 0) {
    refuse(
      where,
      'file expected the bytes of a safetensors file, got JSON. toJSON() has no weights: pass what save() returned.',
    );
  }
  const length = view.getUint32(0, true) + 0x100000000 * view.getUint32(4, true);
  if (length > MAX_HEADER_BYTES) {
    refuse(
      where,
      `header length at byte 0 expected at most ${MAX_HEADER_BYTES}, got ${length}. Is it a safetensors file?`,
    );
  }
  if (8 + length > bytes.length) {
    refuse(
      where,
      `header expected ${length} bytes from byte 8, got a file that ends at byte ${bytes.length}. It is cut off.`,
    );
  }
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, 8 + length)));
  } catch {
    refuse(where, 'header at byte 8 expected JSON in UTF-8, got something else. Is it a safetensors file?');
  }
  if (!isRecord(header)) return refuse(where, `header at byte 8 expected a JSON object, got ${describe(header)}.`);
  return { header, dataStart: 8 + length };
}

function readMetadata(where: string, value: unknown): Record<string, string> {
  if (value === undefined) return {};
  if (!isRecord(value) || Object.values(value).some((entry) => typeof entry !== 'string')) {
    return refuse(where, 'field __metadata__ expected an object of strings.');
  }
  return value as Record<string, string>;
}

/**
 * The tensors and metadata of a file. Data that stands as float32 does is not copied: it is that of `bytes`, unless other threads may write there.
 */
export function decodeSafetensors(where: string, bytes: Uint8Array): SafetensorsFile {
  const { header, dataStart } = readHeader(where, bytes);
  const { __metadata__: metadata, ...entries } = header;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const available = bytes.length - dataStart;
  let used = 0;
  const tensors = Object.entries(entries)
    .map(([name, entry]) => readEntry(where, name, entry))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);
  const result = tensors.map(({ name, shape, begin, end }): NamedTensor => {
    if (begin !== used) refuse(where, `tensor "${name}" expected to start at data byte ${used}, got ${begin}.`);
    if (end > available) {
      refuse(
        where,
        `tensor "${name}" expected data up to byte ${dataStart + end}, got a file of ${bytes.length}. It is cut off.`,
      );
    }
    used = end;
    const start = bytes.byteOffset + dataStart + begin;
    const size = (end - begin) / 4;
    if (littleEndian() && start % 4 === 0 && bytes.buffer instanceof ArrayBuffer) {
      return { name, shape, data: new Float32Array(bytes.buffer, start, size) };
    }
    const data = new Float32Array(size);
    if (littleEndian()) new Uint8Array(data.buffer).set(bytes.subarray(dataStart + begin, dataStart + end));
    else for (let i = 0; i < data.length; i++) data[i] = view.getFloat32(dataStart + begin + 4 * i, true);
    return { name, shape, data };
  });
  if (used !== available) refuse(where, `data expected ${used} bytes after the header, got ${available}.`);
  return { tensors: result, metadata: readMetadata(where, metadata) };
}

function readEntry(where: string, name: string, entry: unknown) {
  if (!isRecord(entry)) return refuse(where, `tensor "${name}" expected an object, got ${describe(entry)}.`);
  const { dtype, shape, data_offsets: offsets } = entry;
  if (dtype !== 'F32') refuse(where, `tensor "${name}" expected dtype F32, got ${describe(dtype)}.`);
  if (!Array.isArray(shape) || !shape.every(isCount))
    return refuse(where, `tensor "${name}" expected a shape of counts, got ${describe(shape)}.`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
    return refuse(where, `tensor "${name}" expected two data_offsets, got ${describe(offsets)}.`);
  }
  const [begin, end] = offsets as [number, number];
  if (end - begin !== 4 * sizeOf(shape)) {
    refuse(where, `tensor "${name}" expected ${4 * sizeOf(shape)} bytes for its shape, got ${end - begin}.`);
  }
  return { name, shape, begin, end };
}
