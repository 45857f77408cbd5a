import { CliError } from './errors.js';

/**
 * IDX, the format of the MNIST files: a big-endian magic number (two zero bytes, the element type, the number of
 * dimensions), one 32-bit size per dimension, then the elements, first dimension outermost.
 */
export interface IdxArray {
  readonly sizes: readonly number[];
  readonly elements: Uint8Array;
}

const unsignedByte = 0x08;

/** Reads an IDX file of unsigned bytes with `dimensions` dimensions; error messages begin with `name`. */
export function parseIdx(bytes: Uint8Array, dimensions: number, name: string): IdxArray {
  const headerLength = 4 + 4 * dimensions;
  if (bytes.length < headerLength) {
    throw new CliError(`${name}: expected an IDX header of ${headerLength} bytes, got a file of ${bytes.length}.`);
  }
  const header = new DataView(bytes.buffer, bytes.byteOffset, headerLength);
  const magic = header.getUint32(0);
  const expectedMagic = (unsignedByte << 8) | dimensions;
  if (magic !== expectedMagic) {
    throw new CliError(`${name}: expected the magic number ${hex(expectedMagic)} at byte 0, got ${hex(magic)}.`);
  }
  const sizes = Array.from({ length: dimensions }, (_, i) => header.getUint32(4 + 4 * i));
  const expectedLength = headerLength + sizes.reduce((product, size) => product * size, 1);
  if (bytes.length !== expectedLength) {
    const fault = bytes.length < expectedLength ? ' The file is truncated.' : '';
    throw new CliError(
      `${name}: expected ${expectedLength} bytes for ${sizes.join(' × ')} elements, got ${bytes.length}.${fault}`,
    );
  }
  return { sizes, elements: bytes.subarray(headerLength) };
}

function hex(magic: number): string {
  return `0x${magic.toString(16).padStart(8, '0')}`;
}
