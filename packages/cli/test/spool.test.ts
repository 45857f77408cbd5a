/** Rows in a temporary file: all of them, in any order, with the memory of some blocks. */
import { describe, expect, test } from 'vitest';
import { Spool } from '../src/training/spool.js';

const WIDTH = 3;

/** A spool of rows (i, 2i, 3i) whose blocks have `rowsOfBlock` rows. */
async function spoolOf(rows: number, rowsOfBlock: number, chunk = 7): Promise<Spool> {
  const spool = await Spool.create(WIDTH, rowsOfBlock * WIDTH * 8);
  for (let first = 0; first < rows; first += chunk) {
    const count = Math.min(chunk, rows - first);
    await spool.append(
      Float64Array.from({ length: count * WIDTH }, (_, i) => (first + Math.floor(i / WIDTH)) * ((i % WIDTH) + 1)),
    );
  }
  await spool.flush();
  return spool;
}

async function collected(batches: AsyncIterable<Float64Array>): Promise<{ sizes: number[]; first: number[] }> {
  const [sizes, first]: number[][] = [[], []];
  for await (const batch of batches) {
    sizes.push(batch.length / WIDTH);
    for (let i = 0; i < batch.length; i += WIDTH) {
      expect([batch[i + 1], batch[i + 2]]).toEqual([2 * batch[i], 3 * batch[i]]);
      first.push(batch[i]);
    }
  }
  return { sizes, first };
}

describe.each([
  [1, 4],
  [4, 4],
  [101, 4],
  [101, 1],
  [1000, 10],
  [1000, 2000],
])('%i rows in blocks of %i', (rows, block) => {
  test('are read in order', async () => {
    const spool = await spoolOf(rows, block);
    const { first, sizes } = await collected(spool.inOrder(32));
    expect(first).toEqual(Array.from({ length: rows }, (_, i) => i));
    expect(sizes.slice(0, -1).every((size) => size === 32)).toBe(true);
    await spool.close();
  });

  test('are read shuffled, each once, in an order of the seed and the epoch', async () => {
    const [spool, other] = [await spoolOf(rows, block), await spoolOf(rows, block, 50)];
    const read = async (from: Spool, seed: number, epoch: number): Promise<number[]> =>
      (await collected(from.shuffled(32, seed, epoch))).first;
    const one = await read(spool, 1, 0);
    expect([...one].sort((a, b) => a - b)).toEqual(Array.from({ length: rows }, (_, i) => i));
    // Chunks of another size, the same order.
    expect(await read(other, 1, 0)).toEqual(one);
    if (rows > 100) {
      expect(await read(spool, 1, 1)).not.toEqual(one);
      expect(await read(spool, 2, 0)).not.toEqual(one);
    }
    await Promise.all([spool.close(), other.close()]);
  });
});

test('rows of distant blocks meet in a batch', async () => {
  const spool = await spoolOf(10_000, 100);
  const [batch] = [(await spool.shuffled(64, 0, 0).next()).value as Float64Array];
  const rows = Array.from({ length: 64 }, (_, i) => batch[i * WIDTH]);
  expect(new Set(rows.map((row) => Math.floor(row / 100))).size).toBeGreaterThan(8);
  await spool.close();
});
