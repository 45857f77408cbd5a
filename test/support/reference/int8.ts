/**
 * Products in eight bits as their formulas say, in integers and float32 operations of `Math.fround`: independent of the
 * kernels and of how they store weights.
 */
const { fround } = Math;

/** The nearest integer, half to even. */
export function nearest(x: number): number {
  const below = Math.floor(x);
  const rest = x - below;
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}

export interface QuantizedRow {
  readonly scale: number;
  readonly zero: number;
  readonly values: readonly number[];
}

/** Below this range a row counts as zero. */
const LEAST_RANGE = 2 ** -110;

/** A row of activations in 7 bits, by its own range or by a given one. */
export function quantizeRow(x: ArrayLike<number>, range?: readonly [number, number]): QuantizedRow {
  const row = Array.from(x, fround);
  const [least, most] = range ?? [
    row.reduce((lowest, value) => Math.min(lowest, value), 0),
    row.reduce((highest, value) => Math.max(highest, value), 0),
  ];
  const lo = fround(Math.min(0, least));
  const hi = fround(Math.max(0, most));
  const width = fround(hi - lo);
  if (!row.every(Number.isFinite) || !Number.isFinite(width)) {
    return { scale: NaN, zero: 0, values: row.map(() => 0) };
  }
  const tiny = width < LEAST_RANGE;
  const scale = tiny ? 0 : fround(width / 127);
  const inverse = tiny ? 0 : fround(127 / width);
  const clamp = (value: number): number => Math.min(127, Math.max(0, value));
  const zero = clamp(nearest(fround(-lo * inverse))) + 0;
  return { scale, zero, values: row.map((value) => clamp(nearest(fround(value * inverse)) + zero)) };
}

/** One row of z: the products of a row and the weights (units, inputs). Without bias nothing is added. */
export function affineRow(
  { scale, zero, values }: QuantizedRow,
  weights: Int8Array,
  scales: ArrayLike<number>,
  bias: ArrayLike<number> | undefined,
): Float32Array {
  const inputs = values.length;
  return Float32Array.from({ length: weights.length / inputs }, (_, unit) => {
    let sum = 0;
    let products = 0;
    for (let i = 0; i < inputs; i++) {
      const weight = weights[unit * inputs + i];
      sum += weight;
      products += weight * values[i];
    }
    const product = fround(fround(products - zero * sum) * fround(scale * scales[unit]));
    return bias === undefined ? product : product + bias[unit];
  });
}
