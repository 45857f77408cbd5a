/** The table of memory that attached threads leave. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SharedFreeList } from '../../src/runtime/threads/shared-free-list.js';

const PAGE = 65536;

/** A table of its own. */
function table(): SharedFreeList {
  const words = new Int32Array(new SharedArrayBuffer(1024));
  return new SharedFreeList({ words: (address, count) => words.subarray(address / 4, address / 4 + count) });
}

test('what is left in any order is one stretch again, and what is taken is taken once', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(sizes, fc.infiniteStream(fc.nat()), (pages, picks) => {
      const left = table();
      let end = 16;
      const stretches = pages.map((count) => ({ start: end * PAGE, end: (end += count) * PAGE }));
      const total = end - 16;
      const held = [...stretches];
      const take = (count: number): void => {
        const taken = left.take(count * PAGE);
        if (taken === undefined) return;
        expect(taken.end - taken.start).toBe(count * PAGE);
        for (const other of held) expect(taken.end <= other.start || other.end <= taken.start).toBe(true);
        held.push(taken);
      };
      const pick = (below: number): number => (picks.next().value as number) % below;
      for (let i = 0; i < 60 && held.length > 0; i++) {
        if (pick(3) === 0) take(1 + pick(4));
        else left.leave(held.splice(pick(held.length), 1)[0]);
      }
      while (held.length > 0) left.leave(held.splice(pick(held.length), 1)[0]);
      expect(left.take((total + 1) * PAGE)).toBeUndefined();
      expect(left.take(total * PAGE)).toEqual({ start: 16 * PAGE, end: (16 + total) * PAGE });
      expect(left.take(1)).toBeUndefined();
    }),
  );
});

test('bytes are taken in whole pages', () => {
  const left = table();
  left.leave({ start: 3 * PAGE, end: 6 * PAGE });
  expect(left.take(PAGE + 1)).toEqual({ start: 3 * PAGE, end: 5 * PAGE });
  expect(left.take(2 * PAGE)).toBeUndefined();
  expect(left.take(1)).toEqual({ start: 5 * PAGE, end: 6 * PAGE });
});

test('a table that is full loses what comes, and nothing else', () => {
  const left = table();
  const apart = Array.from({ length: 100 }, (_, i) => ({ start: 2 * (i + 1) * PAGE, end: (2 * (i + 1) + 1) * PAGE }));
  for (const one of apart) left.leave(one);
  let count = 0;
  while (left.take(PAGE) !== undefined) count += 1;
  expect(count).toBe(96);
});
