/**
 * Checks the table "Long sums" of docs/numerics.md: long sums are plain float32 sums in ascending order, with the drift
 * of such sums.
 */
import { describe, expect, test } from 'vitest';
import { readFileSync } from 'node:fs';
import { panelFloats } from '../../src/runtime/panels.js';
import { runtimeOf, onFixture } from './harness.js';

const runtime = runtimeOf();
const { fround } = Math;

/** Adds 0.1 k times, each sum rounded to float32. */
function sequential(k: number): number {
  let sum = 0;
  for (let i = 0; i < k; i++) sum = fround(sum + fround(0.1));
  return sum;
}

/** The rows of the table under "Long sums". */
const table = [
  ...readFileSync(new URL('../../docs/numerics.md', import.meta.url), 'utf8')
    .split('**Long sums.**')[1]
    .split('**At the edges.**')[0]
    .matchAll(/^\| ([\d,]+) \| ([\d.]+) % \|$/gm),
].map(([, k, percent]) => [Number(k.replaceAll(',', '')), Number(percent)] as const);

test('the table has five rows', () => expect(table).toHaveLength(5));

describe.each(table.filter(([k]) => k <= 1_000_003))('%i terms of 0.1', (k, percent) => {
  test(`are off by ${percent} %, as the inputs of a unit and as the rows of a batch`, () => {
    onFixture(runtime, (fixture) => {
      const terms = fixture.use(new Float32Array(k + 3).fill(0.1));
      const sum = fixture.room(4);
      fixture.call('f32_column_sums', k, 1, terms.address, 1, sum.address, 0);
      const [overRows] = fixture.read(sum);
      expect(overRows).toBe(sequential(k));
      expect(Math.abs(overRows / (0.1 * k) - 1) * 100).toBeCloseTo(percent, percent < 0.1 ? 3 : 1);

      // One unit whose weights are all 1, in a panel of four columns; the other columns are 0.
      const weights = new Float32Array(panelFloats(1, k));
      for (let i = 0; i < weights.length; i += weights.length / k) weights[i] = 1;
      const panel = fixture.use(weights);
      runtime.tile.gemm(1, 1, k, terms.address, k, panel.address, 0, 0, sum.address, 4, runtime.packedA);
      fixture.checkGuards();
      expect(fixture.read(sum)[0]).toBe(sequential(k));
    });
  });
});
