/** The arena over simulated memory, and linear memory with its limit. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Arena } from '../../src/runtime/arena.js';
import { LinearMemory } from '../../src/runtime/linear-memory.js';
import { MemoryError, StateError } from '../../src/index.js';

describe('the arena', () => {
  /** Random actions: allocate a number of bytes, or free one of the live regions. */
  const actions = fc.array(fc.oneof(fc.record({ bytes: fc.nat(5000) }), fc.record({ free: fc.nat(50) })), {
    maxLength: 80,
  });

  test('regions never overlap, and freeing all of them leaves the arena as new', () => {
    fc.assert(
      fc.property(actions, (list) => {
        let end = 0;
        const arena = new Arena((start, size) => {
          end = Math.max(end, start + size);
          return start;
        });
        const fresh = arena.allocate(1);
        arena.free(fresh);
        const live: { start: number; bytes: number }[] = [];
        for (const action of list) {
          if ('bytes' in action) {
            const start = arena.allocate(action.bytes);
            expect(start % 64).toBe(0);
            expect(start + action.bytes).toBeLessThanOrEqual(end);
            for (const other of live) {
              expect(start + action.bytes <= other.start || other.start + other.bytes <= start).toBe(true);
            }
            live.push({ start, bytes: action.bytes });
          } else if (live.length > 0) {
            arena.free(live.splice(action.free % live.length, 1)[0].start);
          }
        }
        for (const { start } of live) arena.free(start);
        expect(arena.used).toBe(0);
        expect(arena.allocate(1)).toBe(fresh);
      }),
    );
  });

  test('a region can be freed only once', () => {
    const arena = new Arena((start) => start);
    const region = arena.allocate(10);
    arena.free(region);
    expect(() => arena.free(region)).toThrow(StateError);
  });

  test('a refused allocation changes nothing', () => {
    const arena = new Arena((start, size) => {
      if (start + size > 5000) throw new MemoryError('full');
      return start;
    });
    // A second arena that refuses nothing returns the same addresses.
    const twin = new Arena((start) => start);
    const regions = [100, 300, 100].map((bytes) => [arena.allocate(bytes), twin.allocate(bytes)]);
    for (const one of [arena, twin]) one.free(regions[1][0]);
    expect(() => arena.allocate(10_000)).toThrow(MemoryError);
    expect(arena.used).toBe(twin.used);
    for (const bytes of [200, 1, 1000, 64]) expect(arena.allocate(bytes)).toBe(twin.allocate(bytes));
    expect(arena.used).toBe(twin.used);
  });

  test('gaps are reused, and adjacent gaps are merged', () => {
    const arena = new Arena((start) => start);
    const regions = Array.from({ length: 4 }, () => arena.allocate(64));
    for (const i of [2, 0, 1]) arena.free(regions[i]);
    expect(arena.allocate(3 * 128 - 64)).toBe(regions[0]);
  });
});

describe('linear memory', () => {
  const memoryOf = (maximum: number): LinearMemory =>
    new LinearMemory(new WebAssembly.Memory({ initial: 1, maximum, shared: true }), 65536 * maximum);

  test('grows by whole pages and renews its views', () => {
    const memory = memoryOf(4);
    const before = memory.f32;
    before[100] = 7;
    expect(memory.reserve(64, 65473)).toBe(64);
    expect(memory.bytes).toBe(2 * 65536);
    expect(memory.f32).not.toBe(before);
    expect(memory.f32[100]).toBe(7);
    expect(memory.reserve(10, 5)).toBe(10);
    expect(memory.bytes).toBe(2 * 65536);
  });

  test('names the need and the limit where it cannot grow', () => {
    const memory = memoryOf(2);
    expect(() => memory.reserve(0, 200_000)).toThrow(MemoryError);
    expect(() => memory.reserve(0, 200_000)).toThrow(/at most 131072 bytes, got a need of 200000/);
    expect(memory.bytes).toBe(65536);
  });

  test('leaves pages alone that another thread added', () => {
    const shared = new WebAssembly.Memory({ initial: 1, maximum: 16, shared: true });
    const [one, two] = [new LinearMemory(shared, 16 * 65536), new LinearMemory(shared, 16 * 65536)];
    // Both know of the first page; the second instance takes the next one.
    expect(two.reserve(65536, 100)).toBe(65536);
    expect(one.reserve(1024, 64)).toBe(1024);
    expect(one.reserve(65000, 70_000)).toBe(2 * 65536);
    expect(one.bytes).toBeGreaterThanOrEqual(2 * 65536 + 70_000);
    // Without growth by another thread it continues where it ended.
    const start = 2 * 65536 + 70_016;
    expect(one.reserve(start, 65536)).toBe(start);
  });
});
