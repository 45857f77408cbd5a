/**
 * The safetensors container: eight bytes of header length, a JSON header, tensor data. The reader trusts nothing: it
 * checks every number before use and refuses any dtype other than float32 and those that its caller can read.
 * `inference/model-file.ts`, `model/load-weights.ts` and `tabular/file.ts` decide what the tensors and metadata mean.
 * Format: github.com/huggingface/safetensors, README.
 */
import { describe } from '../common/describe.js';
import { FormatError } from '../common/errors.js';
import { ownOf } from '../common/objects.js';
import { isRecord } from '../common/options.js';
import { sizeOf, type NamedTensor } from '../common/tensors.js';
import type { Dtype } from './dtypes.js';
import { hasAtMostValues } from './json-size.js';
import { kindOfFile, OTHER_ADVICE } from './other-files.js';

/** Key of the header entry that is no tensor. */
const METADATA = '__metadata__';

/** Largest header that the format allows, against files that claim gigabytes. */
const MAX_HEADER_BYTES = 100_000_000;

/**
 * Header bytes that any file may have, for labels, preprocessing and layers without weights; and header bytes allowed
 * in addition for each byte of data.
 */
const FREE_HEADER_BYTES = 16 * 1024 * 1024;
const HEADER_PER_DATA = 128;

/**
 * Values that the header may have in addition to its entries, and values for each entry: an entry with its dtype, shape
 * and offsets has eight.
 */
const FREE_VALUES = 64;
const VALUES_PER_ENTRY = 10;

/**
 * Most tensors in a file: ten for each layer that a network may have. No kind of layer has more, including the
 * optimizer state.
 */
const MOST_TENSORS = 163_840;

/** Byte boundary on which data starts, so that float32 views of the file are aligned. */
const ALIGNMENT = 8;

/** A tensor that was read, as float32. */
export interface DecodedTensor extends NamedTensor {
  /** Name of its type in the file, unless it is F32. */
  readonly dtype?: string;
}

export interface SafetensorsFile {
  readonly tensors: readonly DecodedTensor[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** A tensor as it is written: float32, or the bits of another type. */
export interface StoredTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array | Uint16Array | Int8Array;
  /** Name of the type in the format. Default F32. */
  readonly dtype?: string;
}

/** Returns the bytes of a file with these tensors, in this order. */
export function encodeSafetensors({
  tensors,
  metadata,
}: Pick<SafetensorsFile, 'metadata'> & { readonly tensors: readonly StoredTensor[] }): Uint8Array {
  const header: Record<string, unknown> = { [METADATA]: metadata };
  let end = 0;
  for (const tensor of tensors) {
    const { name, shape, data } = tensor;
    const begin = end;
    end += data.byteLength;
    header[name] = { dtype: ownOf(tensor, 'dtype') ?? 'F32', shape, data_offsets: [begin, end] };
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const headerBytes = Math.ceil(text.length / ALIGNMENT) * ALIGNMENT;
  const file = new Uint8Array(8 + headerBytes + end);
  // Spaces pad the header, as the format requires.
  file.fill(0x20, 8, 8 + headerBytes);
  file.set(text, 8);
  new DataView(file.buffer).setUint32(0, headerBytes, true);
  let at = 8 + headerBytes;
  // Low byte first, as the format requires and as typed arrays have it: engines refuse processors with another byte
  // order.
  for (const { data } of tensors) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return file;
}

const refuse = (where: string, message: string): never => {
  throw new FormatError(`${where}: ${message}`);
};

const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

/** Advice for files that loadModel or another reader takes in another form. */
const ADVICE: Readonly<Record<string, string>> = {
  ...OTHER_ADVICE,
  'a zip archive, as .keras and PyTorch files are':
    'fromKeras of wasm-mlp/keras reads Keras; of PyTorch, save the tensors as safetensors and call loadWeights.',
  'an HDF5 file, as .h5 files of Keras are': 'fromKeras of wasm-mlp/keras reads it.',
  'a NumPy array': 'readNpy of wasm-mlp/numpy reads it.',
  'an ONNX file': 'importOnnx of wasm-mlp/onnx reads it.',
  JSON: 'toJSON() has no weights: pass what save() returned.',
};

/** Throws if a file that cannot be read is one of another kind, for which it is known what to do. */
function refuseOthers(where: string, bytes: Uint8Array): void {
  const kind = kindOfFile(bytes);
  if (kind === undefined) return;
  const what = kind === 'JSON' ? 'JSON, which is not a safetensors file' : kind;
  const advice = ADVICE[kind] ?? 'Save its tensors as safetensors, build the model and call loadWeights.';
  refuse(where, `file expected the bytes of a safetensors file, got ${what}. ${advice}`);
}

function readHeader(where: string, bytes: Uint8Array): { header: Record<string, unknown>; dataStart: number } {
  if (bytes.length < 8) {
    refuseOthers(where, bytes);
    refuse(where, `file expected at least 8 bytes of header length, got ${bytes.length}.`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getUint32(0, true) + 0x100000000 * view.getUint32(4, true);
  if (length > MAX_HEADER_BYTES) {
    refuseOthers(where, bytes);
    refuse(
      where,
      `header length at byte 0 expected at most ${MAX_HEADER_BYTES}, got ${length}. Is it a safetensors file?`,
    );
  }
  if (8 + length > bytes.length) {
    refuseOthers(where, bytes);
    refuse(
      where,
      `header expected ${length} bytes from byte 8, got a file that ends at byte ${bytes.length}. It is cut off.`,
    );
  }
  const data = bytes.length - 8 - length;
  const most = FREE_HEADER_BYTES + HEADER_PER_DATA * data;
  if (length > most) {
    refuse(where, `header length at byte 0 expected at most ${most} for ${data} bytes of data, got ${length}.`);
  }
  const header = parseHeader(where, bytes.subarray(8, 8 + length), () => refuseOthers(where, bytes));
  if (!isRecord(header)) return refuse(where, `header at byte 8 expected a JSON object, got ${describe(header)}.`);
  return { header, dataStart: 8 + length };
}

function parseHeader(where: string, bytes: Uint8Array, refuseFirst: () => void): unknown {
  let modest = true;
  try {
    // A copy if other threads may write the bytes: browsers do not decode shared memory.
    const own = bytes.buffer instanceof ArrayBuffer ? bytes : new Uint8Array(bytes);
    const text = new TextDecoder('utf-8', { fatal: true }).decode(own);
    modest = hasAtMostValues(text, FREE_VALUES, VALUES_PER_ENTRY, MOST_TENSORS + 1);
    if (modest) return JSON.parse(text);
  } catch {
    // The error is thrown below.
  }
  if (modest) refuseFirst();
  return refuse(
    where,
    modest
      ? 'header at byte 8 expected JSON in UTF-8, got something else. Is it a safetensors file?'
      : `header at byte 8 expected at most ${MOST_TENSORS} tensors, each with a dtype, a shape and two data_offsets, got more than that.`,
  );
}

function readMetadata(where: string, value: unknown): Record<string, string> {
  if (value === undefined) return {};
  if (!isRecord(value) || Object.values(value).some((entry) => typeof entry !== 'string')) {
    return refuse(where, `field ${METADATA} expected an object of strings.`);
  }
  return value as Record<string, string>;
}

/**
 * Returns the tensors and metadata of a file. Tensors of float32 numbers that are aligned are views of `bytes`; they
 * are copied only if they are not, or if other threads may write to `bytes`. Numbers of the other `dtypes` are
 * converted.
 */
export function decodeSafetensors(
  where: string,
  bytes: Uint8Array,
  dtypes: Readonly<Record<string, Dtype>> = {},
): SafetensorsFile {
  const { header, dataStart } = readHeader(where, bytes);
  const names = Object.keys(header).filter((name) => name !== METADATA);
  if (names.length > MOST_TENSORS) refuse(where, `file expected at most ${MOST_TENSORS} tensors, got ${names.length}.`);
  const entries = names.map((name) => readEntry(where, name, header[name], dtypes));
  const available = bytes.length - dataStart;
  const own = bytes.buffer instanceof ArrayBuffer;
  let used = 0;
  const tensors = entries
    .sort((a, b) => a.begin - b.begin || a.end - b.end)
    .map(({ name, shape, begin, end, dtype, given }): DecodedTensor => {
      if (begin !== used) {
        refuse(where, `tensor ${describe(name)} expected to start at data byte ${used}, got ${begin}.`);
      }
      if (end > available) {
        refuse(
          where,
          `tensor ${describe(name)} expected data up to byte ${dataStart + end}, got a file of ${bytes.length}. It is cut off.`,
        );
      }
      used = end;
      const size = sizeOf(shape);
      const start = dataStart + begin;
      if (dtype !== undefined) {
        const data = new Float32Array(size);
        dtype.read(new DataView(bytes.buffer, bytes.byteOffset + start, end - begin), data);
        return { name, shape, data, dtype: given };
      }
      // Behind numbers of two bytes one may start anywhere.
      if (own && (bytes.byteOffset + start) % 4 === 0) {
        return { name, shape, data: new Float32Array(bytes.buffer, bytes.byteOffset + start, size) };
      }
      const data = new Float32Array(size);
      new Uint8Array(data.buffer).set(bytes.subarray(start, dataStart + end));
      return { name, shape, data };
    });
  if (used !== available) refuse(where, `data expected ${used} bytes after the header, got ${available}.`);
  return { tensors, metadata: readMetadata(where, header[METADATA]) };
}

function readEntry(where: string, name: string, entry: unknown, dtypes: Readonly<Record<string, Dtype>>) {
  if (!isRecord(entry)) return refuse(where, `tensor ${describe(name)} expected an object, got ${describe(entry)}.`);
  const { dtype: given, shape, data_offsets: offsets } = entry;
  const dtype = typeof given === 'string' ? ownOf(dtypes, given) : undefined;
  if (given !== 'F32' && dtype === undefined) {
    const known = ['F32', ...Object.keys(dtypes)].join(', ');
    refuse(where, `tensor ${describe(name)} expected dtype ${known}, got ${describe(given)}.`);
  }
  if (!Array.isArray(shape) || !shape.every(isCount))
    return refuse(where, `tensor ${describe(name)} expected a shape of counts, got ${describe(shape)}.`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
    return refuse(where, `tensor ${describe(name)} expected two data_offsets, got ${describe(offsets)}.`);
  }
  const [begin, end] = offsets as [number, number];
  const size = (dtype?.bytes ?? 4) * sizeOf(shape);
  if (end - begin !== size) {
    refuse(where, `tensor ${describe(name)} expected ${size} bytes for its shape, got ${end - begin}.`);
  }
  return { name, shape, begin, end, dtype, given: given as string };
}
