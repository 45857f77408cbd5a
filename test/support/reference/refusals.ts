/** What a refusal must be: its class, its words, and a model that nothing has touched. */
import { expect, test } from 'vitest';
import { adam, createEngine, dense, WasmMlpError, type Model } from '../../../src/index.js';
import type { CompileOptions } from './library.js';

/** What is done to a model, and the class and whole message of the error it meets. */
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

/** For arguments that the types forbid; JavaScript can pass them. */
export const any = (value: unknown): never => value as never;

/** All models under test live here, so that its memory shows what a refusal has left behind. */
export const engine = await createEngine();

/** A 2-4-3 classifier with one step of training behind it. */
export function trained(loss = 'categoricalCrossentropy'): Model {
  const model = engine.sequential({
    seed: 1,
    layers: [dense({ units: 4, activation: 'relu', inputShape: [2] }), dense({ units: 3, activation: 'softmax' })],
  });
  model.compile({ optimizer: adam(), loss, metrics: ['accuracy'] } as CompileOptions);
  model.trainOnBatch(X, loss.startsWith('sparse') ? LABELS : Y);
  return model;
}

/**
 * Everything of a model that can be seen (its file holds weights, optimizer, counters, architecture), and its engine.
 */
const seen = (model: Model): unknown[] => [
  model.save(),
  model.predict(X),
  model.stepCount,
  model.epochCount,
  engine.memory(),
];

/** What `act` throws or rejects with. */
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

/** One test for each, on a model of its own. */
export function refuses(refusals: Refusal[], loss?: string): void {
  test.each(refusals)('%s', async (...refusal) => {
    const model = trained(loss);
    await check(model, refusal);
    model.dispose();
  });
}

/** Acts on no model, each of which throws and leaves the engine's memory as it was. */
export const refusesAll = (cases: [title: string, act: () => unknown, error: Refusal[2], message: string][]): void =>
  test.each(cases)('%s', async (_title, act, error, message) => {
    const before = engine.memory();
    expectError(await thrownBy(act), error, message);
    expect(engine.memory()).toEqual(before);
  });
