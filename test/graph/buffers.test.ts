/** The planner of buffers: what lives together lies apart, in as little memory as the busiest moment allows. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { planBuffers, type BufferRequest } from '../../src/graph/buffers.js';

const request = fc
  .tuple(fc.nat(1000), fc.nat(20), fc.nat(20))
  .map(([bytes, a, b]): BufferRequest => ({ bytes, from: Math.min(a, b), to: Math.max(a, b) }));
const align = (bytes: number): number => Math.ceil(bytes / 64) * 64;

test('buffers that live together never overlap, and the plan holds them all', () => {
  fc.assert(
    fc.property(fc.array(request, { maxLength: 40 }), (requests) => {
      const { offsets, bytes } = planBuffers(requests);
      requests.forEach((one, i) => {
        expect(offsets[i] % 64).toBe(0);
        expect(offsets[i] + one.bytes).toBeLessThanOrEqual(bytes);
        requests.slice(0, i).forEach((other, j) => {
          if (one.from > other.to || other.from > one.to || one.bytes === 0 || other.bytes === 0) return;
          expect(offsets[i] + one.bytes <= offsets[j] || offsets[j] + other.bytes <= offsets[i]).toBe(true);
        });
      });
      expect(bytes).toBeLessThanOrEqual(requests.reduce((sum, one) => sum + align(one.bytes), 0));
      for (let time = 0; time <= 20; time++) {
        const live = requests.filter(({ from, to }) => from <= time && time <= to);
        expect(bytes).toBeGreaterThanOrEqual(live.reduce((sum, one) => sum + align(one.bytes), 0));
      }
    }),
  );
});

test('a chain needs room for two neighbours only', () => {
  const chain = Array.from({ length: 10 }, (_, i) => ({ bytes: 640, from: i, to: i + 1 }));
  expect(planBuffers(chain).bytes).toBe(2 * 640);
});
