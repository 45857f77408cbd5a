/** When training looks at the clock, and when it yields to the event loop. */
import { afterEach, expect, test, vi } from 'vitest';
import { StepYielder } from '../../src/runtime/step-yielder.js';

afterEach(() => void vi.restoreAllMocks());

/** Makes steps of so many milliseconds; returns after how many the yielder is due, and how often it read the clock. */
function stepsUntilDue(durations: (step: number) => number): { steps: number; looks: number } {
  let now = 0;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now);
  const yielder = new StepYielder(8);
  clock.mockClear();
  for (let steps = 1; ; steps++) {
    now += durations(steps);
    if (yielder.shouldYieldAfterStep) return { steps, looks: clock.mock.calls.length };
  }
}

test('short steps look at the clock at every eighth, and are late by less than eight', () => {
  const { steps, looks } = stepsUntilDue(() => 0.001);
  expect(steps).toBeGreaterThanOrEqual(8000);
  expect(steps).toBeLessThan(8008);
  expect(looks).toBeLessThan(2010);
});

test('long steps look at it after each, twice', () => {
  expect(stepsUntilDue(() => 1)).toEqual({ steps: 8, looks: 16 });
  expect(stepsUntilDue(() => 100)).toEqual({ steps: 1, looks: 2 });
});

test('steps that become long are late by eight once', () => {
  const { steps } = stepsUntilDue((step) => (step <= 100 ? 0.001 : 5));
  expect(steps).toBeLessThanOrEqual(109);
});
