/**
 * Checks the table "Long sums" of docs/numerics.md: sums over the inputs of a unit are plain float32 sums in ascending
 * order, with the drift of such sums; those over the rows of a batch are sums of such sums, of 4,096 rows each.
 */
import { describe, expect, test } from 'vitest';
import { readFileSync } from 'node:fs';
import { ROW_BLOCK } from '../../src/runtime/constants.generated.js';
import { panelFloats } from '../../src/runtime/panels.js';
import { runtimeOf, onFixture } from './harness.js';

const runtime = runtimeOf();
const { fround } = Math;

/** Adds a term k times, each sum rounded to float32. */
function sequential(k: number, term = fround(0.1)): number {
  let sum = 0;
  for (let i = 0; i < k; i++) sum = fround(sum + term);
  return sum;
}

/** The same in blocks. */
const inBlocks = (k: number): number =>
  fround(sequential(Math.floor(k / ROW_BLOCK), sequential(ROW_BLOCK)) + sequential(k % ROW_BLOCK));

const expectPercent = (sum: number, k: number, percent: number): void =>
  expect(Math.abs(sum / (0.1 * k) - 1) * 100).toBeCloseTo(percent, percent < 0.1 ? 3 : 1);

/** The rows of the table under "Long sums". */
const table = [
  ...readFileSync(new URL('../../docs/numerics.md', import.meta.url), 'utf8')
    .split('**Long sums.**')[1]
    .split('**At the edges.**')[0]
    .matchAll(/^\| ([\d,]+) \| ([\d.]+) % \| ([\d.]+) % \|$/gm),
].map(([, k, inputs, rows]) => [Number(k.replaceAll(',', '')), Number(inputs), Number(rows)] as const);

test('the table has five rows', () => expect(table).toHaveLength(5));

describe.each(table.filter(([k]) => k <= 1_000_003))('%i terms of 0.1', (k, inputs, rows) => {
  const terms = new Float32Array(k + 3).fill(0.1);

  test(`are off by ${inputs} % as the inputs of a unit`, () => {
    onFixture(runtime, (fixture) => {
      // One unit whose weights are all 1, in a panel of four columns; the other columns are 0.
      const weights = new Float32Array(panelFloats(1, k));
      for (let i = 0; i < weights.length; i += weights.length / k) weights[i] = 1;
      const [from, panel, sum] = [fixture.use(terms), fixture.use(weights), fixture.room(4)];
      runtime.tile.gemm(1, 1, k, from.address, k, panel.address, 0, 0, sum.address, 4, runtime.packedA);
      fixture.checkGuards();
      const [got] = fixture.read(sum);
      expect(got).toBe(sequential(k));
      expectPercent(got, k, inputs);
    });
  });

  test(`are off by ${rows} % as the rows of a batch`, () => {
    onFixture(runtime, (fixture) => {
      const [from, sum, block] = [fixture.use(terms), fixture.room(4), fixture.room(4)];
      // Blocks as they are in gradients, which numerics/many-rows.test.ts shows.
      for (let first = 0; first < k; first += ROW_BLOCK) {
        const [address, to] = [from.address + 4 * first, first === 0 ? sum.address : block.address];
        runtime.kernels.f32_column_sums(Math.min(k - first, ROW_BLOCK), 1, address, 1, to, 0);
        if (first > 0) runtime.kernels.f32_sum(4, sum.address, block.address, sum.address);
      }
      fixture.checkGuards();
      const [got] = fixture.read(sum);
      expect(got).toBe(inBlocks(k));
      expectPercent(got, k, rows);
    });
  });
});
