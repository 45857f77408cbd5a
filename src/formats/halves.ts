/**
 * Rounds float32 numbers to types of 16 bits, to the nearest and of two equally near ones to the even, as IEEE 754 and
 * PyTorch do. dtypes.ts reads them.
 */

/** Types of 16 bits by the names of the options. */
type HalfType = 'float16' | 'bfloat16';

interface Half {
  /** Name in a safetensors file. */
  readonly dtype: 'F16' | 'BF16';
  /** Finite numbers of this magnitude and above are rounded to infinity. */
  readonly tooLarge: number;
  /** Returns the bits of the number with these float32 bits. */
  readonly round: (bits: number) => number;
}

/** Bits of the smallest normal float16, 2⁻¹⁴. */
const NORMAL = 0x38800000;
const INFINITE = 0x7f800000;
/** Bits by which the exponents of float32 and float16 are apart: 127 − 15, in bits 23 up. */
const REBIAS = 112 << 23;

const float = /* @__PURE__ */ new Float32Array(1);

/** float16 of the magnitude with these bits. */
function halfOf(magnitude: number): number {
  if (magnitude >= INFINITE) return magnitude === INFINITE ? 0x7c00 : 0x7e00;
  // Half of the last place, less one, and one more where the result would be odd; the carry may reach the exponent.
  if (magnitude >= NORMAL) {
    return Math.min(0x7c00, (magnitude - REBIAS + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
  }
  // Multiples of 2⁻²⁴, the smallest float16. The product is exact.
  new Uint32Array(float.buffer)[0] = magnitude;
  const multiple = float[0] * 0x1000000;
  const below = Math.floor(multiple);
  const rest = multiple - below;
  return below + (rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? 1 : 0);
}

export const HALVES: Readonly<Record<HalfType, Half>> = {
  // 65504 is the largest; from half a last place above it, numbers are rounded up.
  float16: {
    dtype: 'F16',
    tooLarge: 65520,
    round: (bits) => ((bits >>> 16) & 0x8000) | halfOf(bits & 0x7fffffff),
  },
  // (2 − 2⁻⁷)·2¹²⁷ is the largest; this is (2 − 2⁻⁸)·2¹²⁷.
  bfloat16: {
    dtype: 'BF16',
    tooLarge: 3.39617752923046e38,
    round: (bits) =>
      (bits & 0x7fffffff) > INFINITE ? (bits >>> 16) | 0x40 : (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16,
  },
};

/** Returns the numbers rounded to a type, as its bits. */
export function toHalves(type: HalfType, values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return Uint16Array.from(bits, HALVES[type].round);
}
