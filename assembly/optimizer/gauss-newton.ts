/**
 * Linear algebra of levenbergMarquardt, in float64: rows of a Jacobian, JᵀJ, its Cholesky factor, and solutions with
 * it. src/training/full-batch/levenberg-marquardt.ts calls them.
 *
 * Matrices are in tiles of 4 × 4 numbers, rows after rows. A symmetric or triangular matrix of n columns has the tiles
 * on and above its diagonal, row of tiles after row of tiles; n is padded to whole tiles. The Jacobian of m rows has,
 * for every four columns, its rows of four, padded to whole tiles of rows.
 *
 * Every element has one accumulator, to which products are added, or from which they are subtracted, in ascending
 * order: the blocks change no bit.
 */

/** Bytes of a tile. */
const TILE: usize = 128;

/** Rows of tiles that are factored before the rest is updated: 32 rows, whose part of some thousand columns fits L2. */
const BLOCK: i32 = 8;

/** Tiles of the rows of tiles before row i, in a triangle of `size` rows of tiles. */
// @ts-ignore: decorator
@inline
function tilesBefore(size: i32, i: i32): usize {
  return <usize>i * <usize>size - ((<usize>i * (<usize>i - 1)) >> 1);
}

/**
 * J += the derivatives by the weights of a dense layer: ∂y/∂W_ui = δ_u·x_i, in the column u·k + i, for n units of k
 * inputs, with δ = ∂y/∂z. Each product of two floats is exact in float64.
 */
export function f64_dense_jacobian(
  m: i32,
  n: i32,
  k: i32,
  x: usize,
  ldx: i32,
  delta: usize,
  ldd: i32,
  jacobian: usize,
): void {
  const group = (<usize>((m + 3) & ~3)) << 5;
  for (let r = 0; r < m; r++) {
    const row = jacobian + ((<usize>r) << 5);
    let column: usize = 0;
    for (let u = 0; u < n; u++) {
      const d = <f64>f32.load(delta + ((<usize>u) << 2));
      for (let i = 0; i < k; i++) {
        const at = row + (column >> 2) * group + ((column & 3) << 3);
        f64.store(at, f64.load(at) + d * <f64>f32.load(x + ((<usize>i) << 2)));
        column++;
      }
    }
    x += (<usize>ldx) << 2;
    delta += (<usize>ldd) << 2;
  }
}

/**
 * c += aᵀ·b, or c −= aᵀ·b, over `count` tiles of a and of b. The second tile is `stride` bytes behind the first, and
 * each further one `shrink` bytes less.
 */
// @ts-ignore: decorator
@inline
function update(add: bool, c: usize, a: usize, b: usize, count: i32, stride: usize, shrink: usize): void {
  let c00 = v128.load(c);
  let c01 = v128.load(c, 16);
  let c10 = v128.load(c, 32);
  let c11 = v128.load(c, 48);
  let c20 = v128.load(c, 64);
  let c21 = v128.load(c, 80);
  let c30 = v128.load(c, 96);
  let c31 = v128.load(c, 112);
  for (let tile = 0; tile < count; tile++) {
    let p = a;
    let q = b;
    for (const end = a + TILE; p < end; p += 32, q += 32) {
      const b0 = v128.load(q);
      const b1 = v128.load(q, 16);
      const a0 = v128.load64_splat(p);
      const a1 = v128.load64_splat(p, 8);
      const a2 = v128.load64_splat(p, 16);
      const a3 = v128.load64_splat(p, 24);
      if (add) {
        c00 = f64x2.add(c00, f64x2.mul(a0, b0));
        c01 = f64x2.add(c01, f64x2.mul(a0, b1));
        c10 = f64x2.add(c10, f64x2.mul(a1, b0));
        c11 = f64x2.add(c11, f64x2.mul(a1, b1));
        c20 = f64x2.add(c20, f64x2.mul(a2, b0));
        c21 = f64x2.add(c21, f64x2.mul(a2, b1));
        c30 = f64x2.add(c30, f64x2.mul(a3, b0));
        c31 = f64x2.add(c31, f64x2.mul(a3, b1));
      } else {
        c00 = f64x2.sub(c00, f64x2.mul(a0, b0));
        c01 = f64x2.sub(c01, f64x2.mul(a0, b1));
        c10 = f64x2.sub(c10, f64x2.mul(a1, b0));
        c11 = f64x2.sub(c11, f64x2.mul(a1, b1));
        c20 = f64x2.sub(c20, f64x2.mul(a2, b0));
        c21 = f64x2.sub(c21, f64x2.mul(a2, b1));
        c30 = f64x2.sub(c30, f64x2.mul(a3, b0));
        c31 = f64x2.sub(c31, f64x2.mul(a3, b1));
      }
    }
    a += stride;
    b += stride;
    stride -= shrink;
  }
  v128.store(c, c00);
  v128.store(c, c01, 16);
  v128.store(c, c10, 32);
  v128.store(c, c11, 48);
  v128.store(c, c20, 64);
  v128.store(c, c21, 80);
  v128.store(c, c30, 96);
  v128.store(c, c31, 112);
}

function addProducts(c: usize, a: usize, b: usize, count: i32): void {
  update(true, c, a, b, count, TILE, 0);
}

function subtractProducts(c: usize, a: usize, b: usize, count: i32, stride: usize): void {
  update(false, c, a, b, count, stride, TILE);
}

/** H += JᵀJ, tiles on and above the diagonal, for a Jacobian of m rows and n columns. Padding must be zero. */
export function f64_add_gram(m: i32, n: i32, jacobian: usize, h: usize): void {
  const size = (n + 3) >> 2;
  const tiles = (m + 3) >> 2;
  const group = <usize>tiles * TILE;
  for (let i = 0; i < size; i++) {
    for (let j = i; j < size; j++) {
      addProducts(h, jacobian + <usize>i * group, jacobian + <usize>j * group, tiles);
      h += TILE;
    }
  }
}

/** Factors a tile on the diagonal, A = RᵀR, in place; NaN where it is not positive definite. */
function factorTile(t: usize): void {
  for (let i: usize = 0; i < 4; i++) {
    for (let j = i; j < 4; j++) {
      const at = t + (i << 5) + (j << 3);
      let sum = f64.load(at);
      for (let p: usize = 0; p < i; p++) {
        sum -= f64.load(t + (p << 5) + (i << 3)) * f64.load(t + (p << 5) + (j << 3));
      }
      f64.store(at, i == j ? Math.sqrt(sum) : sum / f64.load(t + (i << 5) + (i << 3)));
    }
    for (let j: usize = 0; j < i; j++) f64.store(t + (i << 5) + (j << 3), 0);
  }
}

/** Solves RᵀX = T in place, for R in a tile on the diagonal. */
function solveTile(r: usize, t: usize): void {
  for (let i: usize = 0; i < 4; i++) {
    let low = v128.load(t + (i << 5));
    let high = v128.load(t + (i << 5), 16);
    for (let p: usize = 0; p < i; p++) {
      const factor = v128.load64_splat(r + (p << 5) + (i << 3));
      low = f64x2.sub(low, f64x2.mul(factor, v128.load(t + (p << 5))));
      high = f64x2.sub(high, f64x2.mul(factor, v128.load(t + (p << 5), 16)));
    }
    const pivot = v128.load64_splat(r + (i << 5) + (i << 3));
    v128.store(t + (i << 5), f64x2.div(low, pivot));
    v128.store(t + (i << 5), f64x2.div(high, pivot), 16);
  }
}

/**
 * The Cholesky factor of H + damping·I: an upper R with RᵀR = H + damping·I, by blocks of rows. Where the matrix is not
 * positive definite in float64, R has NaN from there on.
 */
export function f64_cholesky(n: i32, h: usize, r: usize, damping: f32): void {
  const size = (n + 3) >> 2;
  for (let at: usize = 0, end = tilesBefore(size, size) * TILE; at < end; at += 16) {
    v128.store(r + at, v128.load(h + at));
  }
  for (let i = 0; i < size; i++) {
    const tile = r + tilesBefore(size, i) * TILE;
    for (let at = tile; at < tile + TILE; at += 40) f64.store(at, f64.load(at) + <f64>damping);
  }
  for (let first = 0; first < size; first += BLOCK) {
    const end = min(first + BLOCK, size);
    const block = r + tilesBefore(size, first) * TILE;
    // From a tile of one row of tiles to the tile below it.
    const stride = <usize>(size - first - 1) * TILE;
    for (let i = first; i < end; i++) {
      const row = r + tilesBefore(size, i) * TILE;
      const above = block + <usize>(i - first) * TILE;
      for (let j = i; j < size; j++) {
        subtractProducts(row + <usize>(j - i) * TILE, above, block + <usize>(j - first) * TILE, i - first, stride);
      }
      factorTile(row);
      for (let j = i + 1; j < size; j++) solveTile(row, row + <usize>(j - i) * TILE);
    }
    for (let i = end; i < size; i++) {
      const row = r + tilesBefore(size, i) * TILE;
      const above = block + <usize>(i - first) * TILE;
      for (let j = i; j < size; j++) {
        subtractProducts(row + <usize>(j - i) * TILE, above, block + <usize>(j - first) * TILE, end - first, stride);
      }
    }
  }
}

/** Solves RᵀR·x = b in place, for the factor of f64_cholesky: RᵀY = b, forward, then R·x = y, backward. */
export function f64_cholesky_solve(n: i32, r: usize, b: usize): void {
  const size = (n + 3) >> 2;
  for (let i = 0; i < size; i++) {
    const row = r + tilesBefore(size, i) * TILE;
    const y = b + ((<usize>i) << 5);
    for (let p: usize = 0; p < 4; p++) {
      let sum = f64.load(y + (p << 3));
      for (let q: usize = 0; q < p; q++) sum -= f64.load(row + (q << 5) + (p << 3)) * f64.load(y + (q << 3));
      f64.store(y + (p << 3), sum / f64.load(row + (p << 5) + (p << 3)));
    }
    for (let j = i + 1; j < size; j++) {
      const tile = row + <usize>(j - i) * TILE;
      const rest = b + ((<usize>j) << 5);
      let low = v128.load(rest);
      let high = v128.load(rest, 16);
      for (let p: usize = 0; p < 4; p++) {
        const factor = v128.load64_splat(y + (p << 3));
        low = f64x2.sub(low, f64x2.mul(factor, v128.load(tile + (p << 5))));
        high = f64x2.sub(high, f64x2.mul(factor, v128.load(tile + (p << 5), 16)));
      }
      v128.store(rest, low);
      v128.store(rest, high, 16);
    }
  }
  for (let i = size - 1; i >= 0; i--) {
    const row = r + tilesBefore(size, i) * TILE;
    const x = b + ((<usize>i) << 5);
    for (let back: usize = 0; back < 4; back++) {
      const p = <usize>3 - back;
      let sum = f64.load(x + (p << 3));
      for (let q = p + 1; q < 4; q++) sum -= f64.load(row + (p << 5) + (q << 3)) * f64.load(x + (q << 3));
      for (let j = i + 1; j < size; j++) {
        const tile = row + <usize>(j - i) * TILE + (p << 5);
        const other = b + ((<usize>j) << 5);
        for (let q: usize = 0; q < 4; q++) sum -= f64.load(tile + (q << 3)) * f64.load(other + (q << 3));
      }
      f64.store(x + (p << 3), sum / f64.load(row + (p << 5) + (p << 3)));
    }
  }
}
