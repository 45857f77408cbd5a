/**
 * The memory planner: buffers that are live at the same time never overlap, and the plan takes as little memory as the
 * busiest time allows.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { planBuffers, type BufferRequest } from '../../src/graph/buffers.js';

const request = fc
  .tuple(fc.nat(1000), fc.nat(20), fc.nat(20))
  .map(([bytes, a, b]): BufferRequest => ({ bytes, from: Math.min(a, b), to: Math.max(a, b) }));
const align = (bytes: number): number => Math.ceil(bytes / 64) * 64;

test('buffers that are live at the same time never overlap, and the plan holds them all', () => {
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

/** The planner's rule without an index: compares each buffer with all that are placed. */
function placeOneByOne(requests: readonly BufferRequest[]): { offsets: number[]; bytes: number } {
  const offsets = new Array<number>(requests.length).fill(0);
  const placed: number[] = [];
  const order = requests.map((_, index) => index).sort((a, b) => requests[b].bytes - requests[a].bytes || a - b);
  for (const index of order) {
    const { bytes, from, to } = requests[index];
    const overlapping = placed.filter((other) => requests[other].from <= to && from <= requests[other].to);
    const meets = (start: number): number | undefined =>
      overlapping.find(
        (other) => offsets[other] < start + align(bytes) && start < offsets[other] + align(requests[other].bytes),
      );
    let start = 0;
    for (let other = meets(start); other !== undefined; other = meets(start)) {
      start = offsets[other] + align(requests[other].bytes);
    }
    offsets[index] = start;
    placed.push(index);
  }
  return { offsets, bytes: Math.max(0, ...requests.map(({ bytes }, i) => offsets[i] + align(bytes))) };
}

test('each buffer is placed in the lowest gap that is free for its whole live range', () => {
  const anyRequest = fc.record({
    bytes: fc.oneof(fc.nat(300), fc.constantFrom(0, 64, 640, 6400)),
    from: fc.integer({ min: -1, max: 60 }),
    length: fc.oneof(fc.nat(3), fc.nat(80)),
  });
  fc.assert(
    fc.property(fc.array(anyRequest, { maxLength: 200, size: 'max' }), (list) => {
      const requests = list.map(({ bytes, from, length }) => ({ bytes, from, to: from + length }));
      expect(planBuffers(requests)).toEqual(placeOneByOne(requests));
    }),
    // Also with more buffers than the planner compares one by one.
    { numRuns: 500, seed: 1 },
  );
});

test('the training of a chain of many layers follows the same rule', () => {
  const count = 300;
  const size = (i: number): number => 64 * (1 + ((i * 7) % 13));
  const values = Array.from({ length: count }, (_, i) => ({ bytes: size(i), from: i, to: 2 * count - i }));
  const deltas = values.map(({ bytes, to }) => ({ bytes, from: to - 1, to }));
  expect(planBuffers([...values, ...deltas])).toEqual(placeOneByOne([...values, ...deltas]));
});

test('live ranges that leave very many gaps are planned without overlap', () => {
  const count = 40_000;
  const requests = Array.from({ length: count }, (_, i): BufferRequest =>
    i < count / 2 ? { bytes: 192, from: 1, to: 1 + (i % 2) } : { bytes: 128, from: 2, to: 2 },
  );
  const { offsets, bytes } = planBuffers(requests);
  for (const time of [1, 2]) {
    const ranges = requests
      .flatMap(({ from, to, bytes: size }, i) => (from <= time && time <= to ? [[offsets[i], offsets[i] + size]] : []))
      .sort(([a], [b]) => a - b);
    expect(ranges.every(([start], i) => i === 0 || start >= ranges[i - 1][1])).toBe(true);
  }
  // All buffers of the first time, and those of the second that fit into no gap.
  expect(bytes).toBeLessThanOrEqual(192 * (count / 2) + 128 * (count / 2));
});
