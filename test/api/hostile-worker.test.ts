/**
 * Hostile values from the caller's functions while a training runs in a worker: the errors are the same as on the
 * calling thread, and every training ends.
 */
import { afterAll, expect, test } from 'vitest';
import { bystander, disposeAll, isAllowed, subject, X, Y } from '../support/hostile/calls.js';
import { HOSTILE } from '../support/hostile/values.js';
import { source } from '../support/reference/random.js';
import type { Callback, FitOptions, Model } from '../../src/index.js';

const from = source(23);
const HOOKS = ['onTrainBegin', 'onEpochBegin', 'onBatchEnd', 'onEpochEnd', 'onTrainEnd'] as const;
const bits = (model: Model): string =>
  model
    .getWeights()
    .map(({ data }) => data.join())
    .join();

afterAll(disposeAll);

/** A share of the pool only, since each value starts several workers. */
const drawn = HOSTILE.filter(() => from.uniform() < 0.12);

test.each(drawn)(
  '%s from hooks and sources, and as what a hook assigns: only allowed errors, and the model trains on',
  async (_name, make) => {
    const others = bits(bystander);
    const hook = HOOKS[from.below(HOOKS.length)];
    const callback: Callback = {
      [hook]: make,
      onEpochEnd: (_epoch, _logs, model) => {
        (model as unknown as Record<string, unknown>).stopTraining = make();
      },
    };
    const run = { runIn: 'worker', epochs: 2 } as const;
    const fits = [
      () => subject.fit(X(), Y(), { ...run, callbacks: [callback] }),
      () => subject.fit((() => [[X(), Y()], make()]) as never, run as FitOptions),
      () => subject.fit((() => make()) as never, run as FitOptions),
      () => subject.fit([X()[0], make()] as never, [Y()[0], Y()[1]], run),
    ];
    for (const fit of fits) {
      try {
        await fit();
      } catch (error) {
        if (!isAllowed(error)) throw error;
      }
    }
    // The model is at rest, and can be trained again.
    await subject.fit(X(), Y(), { epochs: 1 });
    expect(bits(bystander)).toBe(others);
  },
);
