/**
 * The arguments of a kernel call: sizes, buffers and their contents, derived from the parameter names of the ABI table;
 * and the bytes that a kernel moves.
 */
import { generator } from '../measure/statistics.mjs';

/**
 * @typedef {{ readonly m: number, readonly n: number, readonly k: number }} Size
 * @typedef {'random' | 'positive' | 'zero' | 'oneHot' | 'rowNumbers' | 'columnNumbers' | 'tiles'} Content
 * @typedef {object} Buffer A region of linear memory.
 * @property {string} name
 * @property {number} at its address
 * @property {number} floats
 * @property {number} ld floats from row to row
 * @property {number} columns
 * @property {Content} content
 */

/** n rounded up to whole vectors. @param {number} n */
export const padded = (n) => Math.ceil(n / 4) * 4;

/** Floats from row to row in the layout of the library: rows of whole KiB get 64 bytes more. @param {number} n */
export const strideOf = (n) => padded(n) + (padded(n) % 256 === 0 ? 16 : 0);

/**
 * Columns of a maxout piece, bins of a histogram, rank of a metric, and width of panels where it is not that of a tile.
 */
const PIECES = 2;
const BINS = 256;
const TOP = 5;
const PANEL_WIDTH = 8;

/** Random keys, counters and other integers whose value does not matter. */
const ANY = 7;

/** Integers by parameter name, besides m, n and the strides. @type {Record<string, number>} */
const INTEGERS = { pieces: PIECES, columns: 1, bins: BINS, width: PANEL_WIDTH, accumulate: 0, first: 0, nesterov: 0 };

/**
 * Floats by parameter name. Buffers are updated in place thousands of times, so steps are small and factors close to 1:
 * no value overflows or becomes subnormal, which is slow.
 *
 * @type {Record<string, number>}
 */
const FLOATS = {
  learningRate: 1e-7,
  stepSize: 1e-7,
  gradientStep: 1e-7,
  rootScale: 1,
  momentum: 0.9,
  rho: 0.9,
  oneMinusRho: 0.1,
  beta1: 0.9,
  oneMinusBeta1: 0.1,
  beta2: 0.999,
  oneMinusBeta2: 0.001,
  epsilon: 1e-7,
  // The largest number below 1.
  factor: 1 - 2 ** -24,
  scale: 0.9,
  shift: 0.01,
  lossScale: 1,
  deltaScale: 1,
  limit: 0.5,
  l1: 1e-7,
  l2: 1e-7,
  damping: 4,
  low: -1,
  high: 1,
  mean: 0,
};
const OTHER_FLOAT = 0.25;

/** Vectors with one element per row or per column, for kernels with rows. */
const PER_ROW = new Set(['loss', 'weights', 'indices', 'labels']);
const PER_COLUMN = new Set(['slope', 'dslope', 'mean', 'variance', 'gamma', 'beta', 'dgamma', 'dbeta', 'out']);

/**
 * Running results and scratch, in floats for n columns.
 *
 * @type {Record<string, (n: number) => number>}
 */
const OWN_SIZE = {
  total: () => 4,
  index: () => 4,
  words: () => 16,
  // Float64: two floats per bin, which is more than the three per class of other counts; and the moments of residuals.
  counts: (n) => 2 * 2 * BINS * n,
  moments: (n) => 2 * (1 + 3 * n),
};

/** Floats of the tiles of 4 × 4 doubles on and above the diagonal. @param {Size} size */
const triangle = ({ n }) => 4 * padded(n) * (padded(n) / 4 + 1);

/**
 * Buffers of doubles in tiles, in floats.
 *
 * @type {Record<string, Record<string, (size: Size) => number>>}
 */
const TILED = {
  f64_dense_jacobian: { jacobian: ({ m, n }) => 2 * padded(m) * padded(n * TOP) },
  f64_add_gram: { jacobian: ({ m, n }) => 2 * padded(m) * padded(n), h: triangle },
  f64_cholesky: { h: triangle, r: triangle },
  f64_cholesky_solve: { r: triangle, b: ({ n }) => 2 * padded(n) },
};

/** Name of the scratch parameter of kernels that need scratch. */
export const SCRATCH = 'words';

/** Kernels that write only if a limit is exceeded, which is at their first call only: only their reads count. */
const ONLY_READ_AT_LAST = new Set(['f32_max_norm_panels']);

/** @type {Record<string, Content>} */
const CONTENTS = {
  t: 'oneHot',
  indices: 'rowNumbers',
  labels: 'columnNumbers',
  variance: 'positive',
  s: 'positive',
  v: 'positive',
  u: 'positive',
  total: 'zero',
  counts: 'zero',
  moments: 'zero',
  words: 'zero',
};

/**
 * Returns the arguments of kernel `name` at a size, with its buffers one after another from `base` on. Vectors of a
 * kernel without rows have m·n elements.
 *
 * @param {string} name
 * @param {readonly string[]} parameters
 * @param {Size} size
 * @param {number} base
 */
export function layOut(name, parameters, size, base) {
  const { m, n, k } = size;
  const hasRows = parameters.includes('m');
  const inPanels = parameters.includes('width') || parameters.includes('*panel');
  const tiled = TILED[name] ?? {};
  const length = hasRows || inPanels || name in TILED ? n : m * n;
  const ldOf = (/** @type {string} */ pointer) =>
    strideOf(parameters.includes('pieces') && pointer.endsWith('x') ? n * PIECES : n);

  const floatsOf = (/** @type {string} */ pointer) => {
    if (tiled[pointer]) return tiled[pointer](size);
    if (OWN_SIZE[pointer]) return OWN_SIZE[pointer](n);
    if (inPanels) return padded(n) * padded(k);
    if (!hasRows) return Math.ceil(length / 16) * 16;
    if (PER_ROW.has(pointer)) return padded(m);
    return PER_COLUMN.has(pointer) ? padded(n) : m * ldOf(pointer);
  };
  /** @type {(pointer: string) => Content} */
  const contentOf = (pointer) => {
    // Losses expect probabilities, and the logarithm expects positive numbers.
    if (pointer === 'y' && parameters.includes('*t')) return 'positive';
    if (pointer === 'x' && name === 'f32_log') return 'positive';
    if (tiled[pointer] === triangle) return 'tiles';
    return CONTENTS[pointer] ?? 'random';
  };

  /** @type {Buffer[]} */
  const buffers = [];
  let end = base;
  const args = parameters.map((parameter) => {
    if (parameter.startsWith('*')) {
      const pointer = parameter.slice(1);
      const floats = floatsOf(pointer);
      const at = end;
      buffers.push({
        name: pointer,
        at,
        floats,
        ld: hasRows ? ldOf(pointer) : 1,
        columns: n,
        content: contentOf(pointer),
      });
      // A cache line between neighbours: kernels may read into it.
      end = Math.ceil((at + 4 * floats) / 64) * 64 + 64;
      return at;
    }
    // A loss is a mean over the rows of the call.
    if (parameter === 'count:f32') return m;
    if (parameter.endsWith(':f32')) return FLOATS[parameter.slice(0, -':f32'.length)] ?? OTHER_FLOAT;
    if (parameter === 'm') return m;
    if (parameter === 'n') return length;
    if (parameter === 'rows') return hasRows ? m : length;
    if (parameter === 'k') return inPanels ? k : TOP;
    if (parameter.startsWith('ld')) return ldOf(parameter.slice('ld'.length));
    return INTEGERS[parameter] ?? ANY;
  });
  return { args, buffers, end };
}

/** Period of the numbers that fill the buffers. */
const PERIOD = 16384;

/** @param {number} seed @param {(u: number) => number} of */
function numbers(seed, of) {
  const random = generator(seed);
  return Float32Array.from({ length: 2 * PERIOD }, () => of(random()));
}

const templates = { random: numbers(1, (u) => 2 * u - 1), positive: numbers(2, (u) => 0.01 + 0.98 * u) };

/**
 * Writes a buffer's contents.
 *
 * @param {Float32Array} f32
 * @param {Buffer} buffer
 * @param {number} variant buffers of different variants differ, except zeros
 */
export function fill(f32, { at, floats, ld, columns, content }, variant) {
  const view = f32.subarray(at / 4, at / 4 + floats);
  const integers = new Int32Array(f32.buffer, at, floats);
  if (content === 'random' || content === 'positive') {
    const start = (variant * 1009) % PERIOD;
    for (let i = 0; i < floats; i += PERIOD) {
      view.set(templates[content].subarray(start, start + Math.min(PERIOD, floats - i)), i);
    }
    return;
  }
  view.fill(0);
  if (content === 'tiles') {
    // About the identity in each tile, so that factors and solutions stay finite.
    const doubles = new Float64Array(f32.buffer, at, floats / 2);
    for (let i = 0; i < doubles.length; i++) {
      doubles[i] = templates.random[(variant * 1009 + i) % PERIOD] / 1024 + ((i % 16) % 5 === 0 ? 1 : 0);
    }
    return;
  }
  // Odd factors share none with sizes that are powers of two: a permutation.
  const first = variant + 3;
  if (content === 'rowNumbers') for (let i = 0; i < floats; i++) integers[i] = (first + i * 4099) % floats;
  if (content === 'columnNumbers') for (let i = 0; i < floats; i++) integers[i] = (first + i * 7) % columns;
  if (content === 'oneHot') {
    for (let row = 0; row * ld < floats; row++) view[row * ld + ((first + row * 7) % columns)] = 1;
  }
}

/**
 * Returns the bytes that a kernel has to move at a size: those of each vector or matrix that it writes, and of each
 * that it reads. The function finds them by trial at a small size: a buffer is written if a call changes it, and read
 * if other contents of it give other results.
 *
 * @param {Float32Array} f32 memory that contains `small`
 * @param {(...args: number[]) => void} kernel
 * @param {string} name
 * @param {ReturnType<typeof layOut>} small
 * @param {ReturnType<typeof layOut>} large
 */
export function traffic(f32, kernel, name, { args, buffers }, large) {
  const bits = () => buffers.map(({ at, floats }) => new Uint32Array(f32.slice(at / 4, at / 4 + floats).buffer));
  /**
   * Returns memory before and after a call, with other and larger contents of one buffer.
   *
   * @param {number} changed
   * @param {number} trial
   */
  const call = (changed, trial) => {
    buffers.forEach((buffer, index) => {
      const { at, floats, content } = buffer;
      fill(f32, buffer, index === changed ? buffers.length + trial : index);
      if (index !== changed || !(content in templates)) return;
      for (let i = at / 4; i < at / 4 + floats; i++) f32[i] *= 4;
    });
    const before = bits();
    kernel(...args);
    return { before, after: bits() };
  };
  const usual = call(-1, 0);
  const found = buffers.reduce((total, { name: pointer }, index) => {
    if (pointer in OWN_SIZE) return total;
    // Several trials, since a count may be equal by chance.
    const isRead = [0, 1, 2].some((trial) => {
      const other = call(index, trial);
      return usual.after.some((words, b) =>
        words.some((word, i) => {
          // A word that a call leaves unchanged shows nothing about its reads.
          const isResult = word !== usual.before[b][i] || other.after[b][i] !== other.before[b][i];
          return isResult && word !== other.after[b][i];
        }),
      );
    });
    const isWritten =
      !ONLY_READ_AT_LAST.has(name) && usual.after[index].some((word, i) => word !== usual.before[index][i]);
    return total + 4 * large.buffers[index].floats * (Number(isRead) + Number(isWritten));
  }, 0);
  if (found > 0) return found;
  // A kernel that searches for a value that does not occur has read everything.
  return large.buffers.reduce((total, { name: pointer, floats }) => total + (pointer in OWN_SIZE ? 0 : 4 * floats), 0);
}
