/** The free list of memory that attached threads share. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FIRST_ADDRESS } from '../../src/runtime/constants.generated.js';
import { SharedFreeList } from '../../src/runtime/threads/shared-free-list.js';

const PAGE = 65536;

/** Makes a list of its own. */
function freeList(): SharedFreeList {
  const words = new Int32Array(new SharedArrayBuffer(FIRST_ADDRESS));
  return new SharedFreeList({ words: (address, count) => words.subarray(address / 4, address / 4 + count) });
}

test('ranges freed in any order are merged, and each is taken once', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(sizes, fc.infiniteStream(fc.nat()), (pages, picks) => {
      const list = freeList();
      let end = 16;
      const stretches = pages.map((count) => ({ start: end * PAGE, end: (end += count) * PAGE }));
      const total = end - 16;
      const held = [...stretches];
      const take = (count: number): void => {
        const taken = list.take(count * PAGE);
        if (taken === undefined) return;
        expect(taken.end - taken.start).toBe(count * PAGE);
        for (const other of held) expect(taken.end <= other.start || other.end <= taken.start).toBe(true);
        held.push(taken);
      };
      const pick = (below: number): number => (picks.next().value as number) % below;
      for (let i = 0; i < 60 && held.length > 0; i++) {
        if (pick(3) === 0) take(1 + pick(4));
        else list.leave(held.splice(pick(held.length), 1)[0]);
      }
      while (held.length > 0) list.leave(held.splice(pick(held.length), 1)[0]);
      expect(list.take((total + 1) * PAGE)).toBeUndefined();
      expect(list.take(total * PAGE)).toEqual({ start: 16 * PAGE, end: (16 + total) * PAGE });
      expect(list.take(1)).toBeUndefined();
    }),
  );
});

test('bytes are taken in whole pages', () => {
  const list = freeList();
  list.leave({ start: 3 * PAGE, end: 6 * PAGE });
  expect(list.take(PAGE + 1)).toEqual({ start: 3 * PAGE, end: 5 * PAGE });
  expect(list.take(2 * PAGE)).toBeUndefined();
  expect(list.take(1)).toEqual({ start: 5 * PAGE, end: 6 * PAGE });
});

test('a full list loses further ranges, and nothing else', () => {
  const list = freeList();
  const apart = Array.from({ length: 100 }, (_, i) => ({ start: 2 * (i + 1) * PAGE, end: (2 * (i + 1) + 1) * PAGE }));
  for (const one of apart) list.leave(one);
  let count = 0;
  while (list.take(PAGE) !== undefined) count += 1;
  expect(count).toBe(96);
});
