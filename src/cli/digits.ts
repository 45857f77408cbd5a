import { digitSide } from './mnist.js';

/** Width of a picture. Every MNIST digit was scaled to fit a box of 20 × 20 pixels, so its ink fits. */
export const pictureWidth = 20;

const inkThreshold = 0.4;

/**
 * Draws a digit as lines of half-block characters, two pixels to a character, since characters are about twice as tall
 * as wide. The picture is cut to its ink and centred in `pictureWidth` columns.
 */
export function drawDigit(image: Float32Array): string[] {
  const ink = inkBox(image);
  const start = ink.left - Math.max(0, Math.floor((pictureWidth - (ink.right - ink.left)) / 2));
  const lines: string[] = [];
  for (let row = ink.top; row < ink.bottom; row += 2) {
    let line = '';
    for (let column = start; column < start + pictureWidth; column++) {
      line += halfBlock(isInked(image, row, column), isInked(image, row + 1, column));
    }
    lines.push(line);
  }
  return lines;
}

/** Returns the smallest rectangle around the ink, right and bottom exclusive; empty for a blank image. */
function inkBox(image: Float32Array): { top: number; bottom: number; left: number; right: number } {
  const box = { top: digitSide, bottom: 0, left: digitSide, right: 0 };
  for (let row = 0; row < digitSide; row++) {
    for (let column = 0; column < digitSide; column++) {
      if (!isInked(image, row, column)) continue;
      box.top = Math.min(box.top, row);
      box.bottom = Math.max(box.bottom, row + 1);
      box.left = Math.min(box.left, column);
      box.right = Math.max(box.right, column + 1);
    }
  }
  return box;
}

function isInked(image: Float32Array, row: number, column: number): boolean {
  const inside = row >= 0 && row < digitSide && column >= 0 && column < digitSide;
  return inside && image[row * digitSide + column] >= inkThreshold;
}

function halfBlock(upper: boolean, lower: boolean): string {
  if (upper) return lower ? '█' : '▀';
  return lower ? '▄' : ' ';
}
