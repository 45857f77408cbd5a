/**
 * The matrix kernels at the shapes of the networks, in the three products of a layer: which shapes are measured, and
 * the arguments of a call.
 */
import { PACKED_A_BYTES, SCRATCH_BYTES } from '../../scripts/kernels/shared-constants.mjs';
import { NETWORKS, layersOf } from '../workloads/networks.mjs';
import { fill, padded, strideOf } from './layout.mjs';

/**
 * @typedef {import('./layout.mjs').Size} Size
 * @typedef {'forward' | 'deltas' | 'gradient'} Form
 * @typedef {{ form: Form, size: Size }} Shape
 */

/** Layers with fewer products are more overhead than arithmetic. */
const LEAST_PRODUCTS = 50_000;

/** Size of C = A·B (m rows, n columns, k products each) for a layer with `inputs` and `units`, on `batch` rows. */
const sizeOf = {
  /** @type {(batch: number, inputs: number, units: number) => Size} */
  forward: (batch, inputs, units) => ({ m: batch, n: units, k: inputs }),
  /** @type {(batch: number, inputs: number, units: number) => Size} */
  deltas: (batch, inputs, units) => ({ m: batch, n: inputs, k: units }),
  /** @type {(batch: number, inputs: number, units: number) => Size} */
  gradient: (batch, inputs, units) => ({ m: inputs, n: units, k: batch }),
};

/**
 * Returns every product of the networks, except tiny ones, and the forward products of a single row. @returns {Shape[]}
 */
export function gemmShapes() {
  /** @type {Map<string, Shape>} */
  const shapes = new Map();
  const put = (/** @type {Form} */ form, /** @type {Size} */ size) =>
    shapes.set(shapeName({ form, size }), { form, size });
  for (const network of NETWORKS) {
    layersOf(network).forEach(({ inputs, units }, layer) => {
      if (inputs * units < LEAST_PRODUCTS) return;
      put('forward', sizeOf.forward(network.batch, inputs, units));
      if (layer > 0) put('deltas', sizeOf.deltas(network.batch, inputs, units));
      put('gradient', sizeOf.gradient(network.batch, inputs, units));
      put('forward', sizeOf.forward(1, inputs, units));
    });
  }
  return [...shapes.values()];
}

/** Shapes at which all tiles are compared: the middle layer of `mid`. @type {readonly Shape[]} */
export const TILE_SHAPES = [
  { form: 'forward', size: { m: 128, n: 512, k: 512 } },
  { form: 'gradient', size: { m: 512, n: 512, k: 128 } },
];

/** @param {Shape} shape */
export const shapeName = ({ form, size: { m, n, k } }) => `${form} ${m}×${n}×${k}`;

/** @param {Shape} shape @param {string} tile */
export const gemmKernel = ({ form }, tile) => `f32_gemm_${form === 'gradient' ? 'tn_' : ''}${tile}`;

/** @param {string} tile */
const widthOf = (tile) => Number(tile.slice(tile.indexOf('x') + 1));

/**
 * Visits the elements of a (rows, n) matrix in panels of `width` columns: block after block, and within a block row
 * after row.
 *
 * @param {number} rows
 * @param {number} n
 * @param {number} width
 * @param {(panel: number, row: number, column: number) => void} visit
 */
function eachInPanels(rows, n, width, visit) {
  for (let first = 0; first < n; first += width) {
    const columns = Math.min(width, padded(n) - first);
    for (let row = 0; row < rows; row++) {
      for (let j = 0; j < Math.min(columns, n - first); j++) visit(first * rows + row * columns + j, row, first + j);
    }
  }
}

/**
 * Returns the arguments of a product in a tile, with its operands from `base` on. Their contents and the result depend
 * on the shape only, not on the tile.
 *
 * @param {Shape} shape
 * @param {string} tile
 * @param {number} base
 */
export function layOutGemm({ form, size: { m, n, k } }, tile, base) {
  const width = widthOf(tile);
  let end = base;
  /** @param {number} floats */
  const allocate = (floats) => {
    const at = end;
    end = Math.ceil((at + 4 * floats) / 64) * 64 + 64;
    return { name: '', at, floats, ld: 1, columns: n, content: /** @type {const} */ ('random') };
  };
  const transposesA = form === 'gradient';
  // A is (k, m) for the gradient: the activations of k rows, which are multiplied by their deltas.
  const [rowsA, columnsA] = transposesA ? [k, m] : [m, k];
  const a = allocate(rowsA * strideOf(columnsA));
  const b = allocate(transposesA ? k * strideOf(n) : k * padded(n));
  const bias = allocate(padded(n));
  const c = allocate(transposesA ? m * padded(n) : m * strideOf(n));
  const init = form === 'forward' ? bias.at : 0;
  const scratch = allocate((transposesA ? SCRATCH_BYTES : PACKED_A_BYTES) / 4);
  return {
    args: transposesA
      ? [m, n, k, a.at, strideOf(m), b.at, strideOf(n), c.at, 0, scratch.at]
      : [m, n, k, a.at, strideOf(k), b.at, init, 0, c.at, strideOf(n), scratch.at],
    end,
    /** @param {Float32Array} f32 */
    fill(f32) {
      [a, b, bias].forEach((buffer, index) => fill(f32, buffer, index));
      if (transposesA) return;
      // The same numbers in panels as in rows.
      const flat = f32.slice(b.at / 4, b.at / 4 + b.floats);
      f32.fill(0, b.at / 4, b.at / 4 + b.floats);
      eachInPanels(k, n, width, (panel, row, column) => (f32[b.at / 4 + panel] = flat[row * padded(n) + column]));
    },
    /** The product, row-major. @param {Float32Array} f32 */
    read(f32) {
      const product = new Float32Array(m * n);
      const start = c.at / 4;
      if (transposesA) {
        eachInPanels(m, n, width, (panel, row, column) => (product[row * n + column] = f32[start + panel]));
      } else {
        for (let row = 0; row < m; row++) {
          const at = start + row * strideOf(n);
          product.set(f32.subarray(at, at + n), row * n);
        }
      }
      return product;
    },
  };
}
