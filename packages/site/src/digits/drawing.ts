/**
 * A drawn digit as MNIST has its own (LeCun et al. 1998): scaled to fit 20 × 20 pixels, and placed in 28 × 28 so that
 * its centre of mass is in the middle.
 */

export const SIDE = 28;
export const PIXELS = SIDE * SIDE;

/** Side of the box that a digit fits into. */
const BOX = 20;

/** Greys from 0 to 1, (size, size) row-major. */
export interface Picture {
  readonly size: number;
  readonly greys: Float32Array;
}

/** Returns the smallest box around what is drawn; undefined for an empty picture. */
function boxOf({ size, greys }: Picture): { left: number; top: number; width: number; height: number } | undefined {
  let [left, top, right, bottom] = [size, size, -1, -1];
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      if (greys[y * size + x] <= 0.1) continue;
      [left, right] = [Math.min(left, x), Math.max(right, x)];
      [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
    }
  }
  return right < 0 ? undefined : { left, top, width: right - left + 1, height: bottom - top + 1 };
}

/** Returns a drawn picture as a digit of MNIST, (28, 28); undefined for an empty one. */
export function asDigit(picture: Picture): Float32Array | undefined {
  const box = boxOf(picture);
  if (box === undefined) return undefined;
  const { size, greys } = picture;
  // Pixels of the drawing for each of the digit.
  const scale = Math.max(box.width, box.height) / BOX;
  const [width, height] = [Math.max(1, Math.round(box.width / scale)), Math.max(1, Math.round(box.height / scale))];
  const small = new Float32Array(width * height);
  let [mass, massX, massY] = [0, 0, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      // The mean over the pixels that become this one.
      const [x0, x1] = [x, x + 1].map((at) => box.left + (at * box.width) / width);
      const [y0, y1] = [y, y + 1].map((at) => box.top + (at * box.height) / height);
      let [sum, count] = [0, 0];
      for (let v = Math.floor(y0); v < Math.min(size, Math.ceil(y1)); v++) {
        for (let u = Math.floor(x0); u < Math.min(size, Math.ceil(x1)); u++) {
          sum += greys[v * size + u];
          count++;
        }
      }
      const grey = count === 0 ? 0 : sum / count;
      small[y * width + x] = grey;
      mass += grey;
      massX += grey * (x + 0.5);
      massY += grey * (y + 0.5);
    }
  }
  const [left, top] = [massX, massY].map((moment) => Math.round(SIDE / 2 - moment / mass));
  const digit = new Float32Array(PIXELS);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [u, v] = [x + left, y + top];
      if (u >= 0 && v >= 0 && u < SIDE && v < SIDE) digit[v * SIDE + u] = small[y * width + x];
    }
  }
  return digit;
}
