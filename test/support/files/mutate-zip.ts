/**
 * Mutations of zip archives that know their structure: what headers say of names, sizes, methods and places, parts that
 * occur twice, are long, or are many zeros; and bytes alone. What the parts hold is changed by the caller.
 */
import type { Source } from '../reference/random.js';
import { zipOf, type ZipPart } from './zip.js';

export const pick = <T>(random: Source, list: readonly T[]): T => list[random.below(list.length)];

/** Numbers that sizes and places are replaced by. */
export const NUMBERS = [
  ...[0, 1, 2, 7, 8, 21, 22, 46, 100, 127, 128, 255, 256, 1000, 4096, 65535, 65536, 1_000_000, 2 ** 24, 2 ** 31 - 1],
  ...[2 ** 31, 2 ** 32 - 2, 2 ** 32 - 1, 2 ** 32, 2 ** 40, 2 ** 53 - 1],
];

const NOTHING = new Uint8Array(0);

/** Bytes changed at random places: flipped, replaced, cut out, put in, or cut off behind. */
export function mutateBytes(file: Uint8Array, random: Source): Uint8Array {
  const bytes = [...file];
  for (let change = 0; change <= random.below(4) && bytes.length > 0; change++) {
    const at = random.below(bytes.length);
    switch (random.below(6)) {
      case 0:
        bytes[at] ^= 1 << random.below(8);
        break;
      case 1:
        bytes[at] = pick(random, [0, 1, 127, 128, 255]);
        break;
      case 2:
        bytes.splice(at, 1 + random.below(16));
        break;
      case 3:
        bytes.splice(at, 0, ...bytes.slice(at, at + 1 + random.below(40)));
        break;
      case 4:
        if (random.below(4) === 0) bytes.length = at;
        break;
      default: {
        // A number of two, four or eight bytes.
        let value = pick(random, NUMBERS);
        for (let i = at; i < Math.min(at + pick(random, [2, 4, 8]), bytes.length); i++) {
          bytes[i] = value % 256;
          value = Math.floor(value / 256);
        }
      }
    }
  }
  return Uint8Array.from(bytes);
}

/** Wrong statements of a header. */
function wrong(random: Source): NonNullable<ZipPart['said']> {
  const field = pick(random, ['method', 'flags', 'crc', 'packed', 'size', 'from'] as const);
  return { [field]: pick(random, field === 'method' ? [0, 8, 1, 9, 12, 99] : NUMBERS) };
}

/** Returns an archive of these parts in which something is wrong, or in another order, or packed in another way. */
export function mutateZip(parts: readonly ZipPart[], random: Source): Uint8Array {
  const all = parts.map((part) => ({ ...part, deflated: random.below(2) === 0 }));
  const at = random.below(all.length);
  const part = all[at];
  let end: Parameters<typeof zipOf>[1] = {};
  switch (random.below(9)) {
    case 0:
      all[at] = { ...part, said: wrong(random) };
      break;
    case 1:
      all[at] = { ...part, listed: wrong(random) };
      break;
    case 2:
      end = { [pick(random, ['entries', 'bytes', 'start'])]: pick(random, NUMBERS) };
      break;
    case 3:
      // Entries that overlap: all of them are the first one's data, of names of their own or of one.
      for (let i = 0, end = pick(random, [20, 20, 20, 3000]); i < end; i++) {
        all.push({ ...part, data: NOTHING, name: i % 2 === 0 ? `${i}.npy` : part.name, listed: { from: 0 } });
      }
      break;
    case 4:
      all.push({
        ...part,
        name: pick(random, [part.name, `../${part.name}`, '__proto__.npy', '', part.name.slice(0, -4)]),
      });
      break;
    case 5:
      // Zeros behind: a thousandth of their size in the archive.
      all[at] = { ...part, deflated: true, data: padded(part.data, pick(random, [1000, 100_000, 3_000_000])) };
      break;
    case 6:
      all.splice(at, 1);
      break;
    case 7:
      all.push(...all.splice(0, 1));
      break;
    default:
      return mutateBytes(zipOf(all), random);
  }
  return zipOf(all, end);
}

/** By what is padded, and the number of zeros. */
const known = new WeakMap<Uint8Array, Map<number, Uint8Array>>();

function padded(data: Uint8Array, zeros: number): Uint8Array {
  const before = known.get(data) ?? new Map<number, Uint8Array>();
  known.set(data, before);
  let result = before.get(zeros);
  if (result === undefined) {
    result = new Uint8Array(data.length + zeros);
    result.set(data);
    before.set(zeros, result);
  }
  return result;
}
