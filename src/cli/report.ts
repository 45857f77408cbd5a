import type { Mistake } from './classification.js';
import { drawDigit, pictureWidth } from './digits.js';
import { percent } from './format.js';
import { digitPixels } from './mnist.js';

/**
 * Returns the confusion matrix as a table: a row for each right digit, a column for each predicted digit, and each
 * row's recall.
 */
export function confusionTable(confusion: readonly (readonly number[])[]): string {
  const width = Math.max(...confusion.flat().map((count) => `${count}`.length)) + 2;
  const cells = (values: readonly (number | string)[]): string =>
    values.map((value) => `${value}`.padStart(width)).join('');
  const header = `right \\ seen${cells([...confusion.keys()])}`;
  const rows = confusion.map((counts, right) => {
    const total = counts.reduce((sum, count) => sum + count, 0);
    const shown = counts.map((count) => (count === 0 ? '·' : count));
    const recall = total === 0 ? '' : percent(counts[right] / total).padStart(9);
    return `${`${right}`.padStart(12)}${cells(shown)}${recall}`;
  });
  return [header, ...rows].join('\n');
}

/** Draws digits side by side, each with its predicted and its right label below. */
export function mistakeGallery(mistakes: readonly Mistake[], images: Float32Array, terminalWidth = 80): string {
  const gap = 5;
  const perRow = Math.max(1, Math.floor((terminalWidth + gap) / (pictureWidth + gap)));
  const shelves: string[] = [];
  for (let first = 0; first < mistakes.length; first += perRow) {
    const shelf = mistakes
      .slice(first, first + perRow)
      .map((mistake) => [...picture(mistake, images), ...labels(mistake)]);
    shelves.push(sideBySide(shelf, ' '.repeat(gap)));
  }
  return shelves.join('\n\n');
}

function picture({ index }: Mistake, images: Float32Array): string[] {
  return drawDigit(images.subarray(index * digitPixels, (index + 1) * digitPixels));
}

function labels({ seen, right, certainty }: Mistake): string[] {
  return [`seen ${seen} (${percent(certainty)})`, `right ${right}`].map((line) => line.padEnd(pictureWidth));
}

/** Joins blocks of lines of one width in a row, aligned at the bottom. */
function sideBySide(blocks: readonly string[][], gap: string): string {
  const height = Math.max(...blocks.map((block) => block.length));
  const blank = ' '.repeat(pictureWidth);
  const stood = blocks.map((block) => [...new Array<string>(height - block.length).fill(blank), ...block]);
  const lines = Array.from({ length: height }, (_, i) => stood.map((block) => block[i]).join(gap));
  return lines.map((line) => line.trimEnd()).join('\n');
}
