/**
 * Reads HDF5 files as Keras writes them with h5py: groups, data sets of floats in one piece, texts as attributes. What
 * else the format has is refused by name where it is asked for. Nothing is allocated before it is read.
 */
import { describe, describeShape } from '../../common/describe.js';
import { sizeOf } from '../../common/tensors.js';
import { newFloats } from '../../common/arrays.js';
import { DTYPES, type Dtype } from '../dtypes.js';
import { FileBytes } from './bytes.js';
import { membersOf } from './groups.js';
import {
  DATASPACE,
  DATATYPE,
  FLOAT,
  LAYOUT,
  OPAQUE,
  readLayout,
  readMessages,
  readShape,
  readText,
  readType,
  type Message,
  type Type,
} from './objects.js';

/** An array of a file. */
export interface Dataset {
  readonly shape: readonly number[];
  /** Reads its numbers as float32. `where` begins messages. */
  read(where: string): Float32Array;
}

/** The beginning of a file. */
const SIGNATURE = '\x89HDF\r\n\x1a\n';

/** Most groups around an object. */
const MOST_LEVELS = 32;

/** Letters that the paths of all objects may have together, besides as many as the file has bytes. */
const FREE_LETTERS = 4_194_304;

/** Whether bytes begin as an HDF5 file. */
export const isHdf5 = (bytes: Uint8Array): boolean => String.fromCharCode(...bytes.subarray(0, 8)) === SIGNATURE;

/** Types of floats by their bytes and the bits of their exponents; float32 is copied. */
const FLOATS: Readonly<Record<string, Dtype | 'float32'>> = {
  '2 5': DTYPES.F16,
  '2 8': DTYPES.BF16,
  '4 8': 'float32',
  '8 11': DTYPES.F64,
};

/** Address of the header of the first group. */
function rootOf(file: FileBytes): number {
  if (!isHdf5(file.bytes)) file.refuse('file expected HDF5, got something else.');
  const version = file.byte(8);
  if (version > 3) file.refuse(`file expected HDF5 of version 0 to 3, got ${version}.`);
  const [sizes, base, root] = version < 2 ? [13, version === 0 ? 24 : 28, version === 0 ? 64 : 68] : [9, 12, 36];
  if (file.byte(sizes) !== 8 || file.byte(sizes + 1) !== 8) file.refuse('file expected addresses of 64 bits.');
  if (file.long(base) !== 0) file.refuse('file expected addresses from its beginning on.');
  return file.long(root);
}

/** A file: its arrays and groups by their paths, without a slash in front. */
export class Hdf5File {
  readonly datasets = new Map<string, Dataset>();
  private readonly objects = new Map<string, readonly Message[]>();
  private readonly file: FileBytes;
  /** Bytes of data that may still be read: arrays do not overlap. */
  private left: number;
  private letters = 0;

  constructor(where: string, bytes: Uint8Array) {
    this.file = new FileBytes(where, bytes);
    this.left = bytes.length;
    this.walk('', rootOf(this.file), 0);
  }

  /** Returns a text that an object has as an attribute; undefined where it has none. */
  text(path: string, name: string): string | undefined {
    const messages = this.objects.get(path);
    return messages === undefined ? undefined : readText(this.file, messages, name);
  }

  private walk(path: string, at: number, level: number): void {
    if (level > MOST_LEVELS) this.file.refuse(`${describe(path)} expected at most ${MOST_LEVELS} groups around it.`);
    const messages = readMessages(this.file, at);
    this.objects.set(path, messages);
    const members = membersOf(this.file, messages);
    if (members === undefined) this.addDataset(path, messages);
    // Keras under Windows wrote paths as names.
    for (const { name, at: member } of members ?? []) {
      const own = name.replaceAll('\\', '/');
      const inside = path === '' ? own : `${path}/${own}`;
      // Many members may have one long name, or be in a group of such a name.
      this.letters += inside.length;
      if (this.letters > FREE_LETTERS + this.file.length)
        this.file.refuse('file expected shorter names, got too long ones.');
      this.walk(inside, member, level + 1);
    }
  }

  private addDataset(path: string, messages: readonly Message[]): void {
    const [space, type, layout] = [DATASPACE, DATATYPE, LAYOUT].map((wanted) =>
      messages.find(({ kind }) => kind === wanted),
    );
    // Something else: a type with a name.
    if (space === undefined || type === undefined || layout === undefined) return;
    const shape = readShape(this.file, space.at);
    if (shape === undefined) return;
    this.datasets.set(path, {
      shape,
      read: (where) =>
        this.readFloats(where, shape, this.floatsOf(where, path, readType(this.file, type.at)), layout.at),
    });
  }

  private floatsOf(where: string, path: string, type: Type): Dtype | 'float32' {
    // h5py knows no bfloat16: Keras marks its bytes.
    if (type.kind === OPAQUE && type.bytes === 2 && this.text(path, 'dtype') === 'bfloat16') return DTYPES.BF16;
    const key = `${type.bytes} ${type.exponentBits}`;
    if (type.kind === FLOAT && !type.bigEndian && Object.hasOwn(FLOATS, key)) return FLOATS[key];
    return this.file.refuse(
      `${where} expected floats of 16 to 64 bits, low byte first, got ${type.name} of ${type.bytes} bytes.`,
    );
  }

  private readFloats(where: string, shape: readonly number[], type: Dtype | 'float32', layout: number): Float32Array {
    const { at, size } = readLayout(this.file, where, layout);
    const count = sizeOf(shape);
    const bytes = (type === 'float32' ? 4 : type.bytes) * count;
    if (bytes !== size) {
      this.file.refuse(`${where} expected ${bytes} bytes of data for shape ${describeShape(shape)}, got ${size}.`);
    }
    this.file.require(at, size);
    this.left -= size;
    if (this.left < 0) this.file.refuse('file expected arrays that do not overlap, got more than fit into it.');
    const floats = newFloats(count, where);
    const part = this.file.bytes.subarray(at, at + size);
    if (type === 'float32') new Uint8Array(floats.buffer).set(part);
    else type.read(new DataView(part.buffer, part.byteOffset, size), floats);
    return floats;
  }
}
