/**
 * The kernels of prediction without those that a network does not call. Functions keep their numbers, so no code is
 * read: what is not called becomes a function that does nothing but trap. The memory is no longer shared, since a module
 * runs on one thread and not every platform has shared memory.
 * Format: webassembly.github.io/spec/core/binary/modules.html
 */

/** Numbers of the sections that are changed. */
const CUSTOM = 0;
const IMPORT = 2;
const EXPORT = 7;
const CODE = 10;

/** A body without locals: `unreachable`, `end`. */
const TRAP = [0x00, 0x00, 0x0b];

/** Limits of a memory: with a maximum, and shared or not. */
const SHARED = 0x03;
const UNSHARED = 0x01;

/** Reads bytes of a module. */
class Reader {
  at = 0;

  constructor(readonly bytes: Uint8Array) {}

  /** An unsigned number of up to 32 bits. */
  number(): number {
    let value = 0;
    for (let unit = 1; ; unit *= 0x80) {
      const byte = this.bytes[this.at++];
      value += (byte & 0x7f) * unit;
      if (byte < 0x80) return value;
    }
  }

  /** The next bytes. */
  take(count: number): Uint8Array {
    return this.bytes.subarray(this.at, (this.at += count));
  }
}

/** Encodes an unsigned number. */
function encoded(value: number): number[] {
  const bytes: number[] = [];
  for (; value >= 0x80; value = Math.floor(value / 0x80)) bytes.push((value & 0x7f) | 0x80);
  return [...bytes, value];
}

const vector = (items: readonly (readonly number[])[]): number[] => [...encoded(items.length), ...items.flat()];

/** Returns the import section with a memory that is not shared: its limits are the end of it. */
function withoutSharing(content: Uint8Array): number[] {
  const bytes = [...content];
  const flag = bytes.lastIndexOf(SHARED);
  bytes[flag] = UNSHARED;
  return bytes;
}

/**
 * Returns a module with the functions of these names alone, and those that they call. `calls` has, by number of a
 * function, the numbers of those that it calls.
 */
export function trimKernels(
  kernels: Uint8Array,
  names: ReadonlySet<string>,
  calls: Readonly<Record<number, readonly number[]>>,
): Uint8Array {
  const reader = new Reader(kernels);
  const magic = [...reader.take(8)];
  const sections: { id: number; content: Uint8Array }[] = [];
  while (reader.at < kernels.length) {
    const id = reader.number();
    sections.push({ id, content: reader.take(reader.number()) });
  }

  const needed = new Set<number>();
  const need = (index: number): void => {
    if (needed.has(index)) return;
    needed.add(index);
    for (const other of calls[index] ?? []) need(other);
  };
  const listed = new Reader(sections.find(({ id }) => id === EXPORT)!.content);
  const exports: number[][] = [];
  for (let left = listed.number(); left > 0; left--) {
    const start = listed.at;
    const name = String.fromCharCode(...listed.take(listed.number()));
    listed.take(1);
    const index = listed.number();
    if (!names.has(name)) continue;
    exports.push([...listed.bytes.subarray(start, listed.at)]);
    need(index);
  }

  const change: Readonly<Record<number, (content: Uint8Array) => number[]>> = {
    [IMPORT]: withoutSharing,
    [EXPORT]: () => vector(exports),
    [CODE](content) {
      const bodies = new Reader(content);
      return vector(
        Array.from({ length: bodies.number() }, (_, index) => {
          const body = bodies.take(bodies.number());
          const kept = needed.has(index) ? [...body] : TRAP;
          return [...encoded(kept.length), ...kept];
        }),
      );
    },
  };
  const kept = sections
    .filter(({ id }) => id !== CUSTOM)
    .flatMap(({ id, content }) => {
      const changed = change[id]?.(content) ?? [...content];
      return [id, ...encoded(changed.length), ...changed];
    });
  return Uint8Array.from([...magic, ...kept]);
}
