/**
 * Helpers for tests of refused calls: an error of the right class with the exact message, and a model left unchanged.
 * `refuses` and `refusesAll` make one test per case of a table; the tables are in test/errors and test/api.
 */
import { expect, test } from 'vitest';
import { adam, createEngine, dense, WasmMlpError, type Model } from '../../../src/index.js';
import type { CompileOptions } from './library.js';

/** A call on a model, with the class and the whole message of the error that it must throw. */
export type Refusal = [
  title: string,
  act: (model: Model) => unknown,
  error: new (...args: never[]) => Error,
  message: string,
];

export const X = [
  [0.1, 0.2],
  [0.3, -0.4],
  [0.5, 0.6],
];
export const Y = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
];
export const LABELS = [0, 1, 2];

/** Passes arguments that the types forbid but JavaScript allows. */
export const any = (value: unknown): never => value as never;

/** The engine of all models under test, so that its memory shows what a refused call has left behind. */
export const engine = await createEngine();

/** Returns a 2-4-3 classifier that has made one training step. */
export function trained(loss = 'categoricalCrossentropy'): Model {
  const model = engine.sequential({
    seed: 1,
    layers: [dense({ units: 4, activation: 'relu', inputShape: [2] }), dense({ units: 3, activation: 'softmax' })],
  });
  model.compile({ optimizer: adam(), loss, metrics: ['accuracy'] } as CompileOptions);
  model.trainOnBatch(X, loss.startsWith('sparse') ? LABELS : Y);
  return model;
}

/** The visible state of a model (its file holds weights, optimizer state, counters, architecture) and of its engine. */
const seen = (model: Model): unknown[] => [
  model.save(),
  model.predict(X),
  model.stepCount,
  model.epochCount,
  engine.memory(),
];

/** Returns the error that `act` throws or rejects with. Fails where there is none. */
export async function thrownBy(act: () => unknown): Promise<Error> {
  try {
    await act();
  } catch (error) {
    return error as Error;
  }
  return expect.fail('was accepted');
}

export function expectError(thrown: Error, error: Refusal[2], message: string): void {
  expect(thrown).toBeInstanceOf(error);
  expect(thrown).toBeInstanceOf(WasmMlpError);
  expect(thrown.name).toBe(error.name);
  expect(thrown.message).toBe(message);
}

export async function check(model: Model, [, act, error, message]: Refusal): Promise<void> {
  const before = seen(model);
  expectError(await thrownBy(() => act(model)), error, message);
  expect(seen(model)).toEqual(before);
}

/** Adds one test for each refusal, on a model of its own. */
export function refuses(refusals: Refusal[], loss?: string): void {
  test.each(refusals)('refuses %s', async (...refusal) => {
    const model = trained(loss);
    await check(model, refusal);
    model.dispose();
  });
}

/** Adds one test for each call that needs no model. Each must throw and leave the engine's memory as it was. */
export const refusesAll = (cases: [title: string, act: () => unknown, error: Refusal[2], message: string][]): void =>
  test.each(cases)('refuses %s', async (_title, act, error, message) => {
    const before = engine.memory();
    expectError(await thrownBy(act), error, message);
    expect(engine.memory()).toEqual(before);
  });
