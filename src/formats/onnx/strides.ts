/** Copies of arrays along axes: transposed, spread or repeated ones are others' numbers at other strides. */

/** Strides of a row-major shape. */
export function stridesOf(dims: readonly number[]): number[] {
  const strides = dims.map(() => 1);
  for (let axis = dims.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1] * dims[axis + 1];
  return strides;
}

/** Fills an array, row-major of this shape, with the numbers at these strides of another one. */
export function copyStrided(
  to: Float64Array,
  dims: readonly number[],
  from: Float32Array | Float64Array,
  strides: readonly number[],
): void {
  if (to.length === 0) return;
  const last = dims.length - 1;
  const [size, step] = last < 0 ? [1, 0] : [dims[last], strides[last]];
  const index = dims.map(() => 0);
  for (let at = 0, start = 0; at < to.length;) {
    for (let i = 0, source = start; i < size; i++, source += step) to[at++] = from[source];
    // On to the next row: the last axis but one counts fastest.
    for (let axis = last - 1; axis >= 0; axis--) {
      start += strides[axis];
      if (++index[axis] < dims[axis]) break;
      start -= strides[axis] * dims[axis];
      index[axis] = 0;
    }
  }
}
