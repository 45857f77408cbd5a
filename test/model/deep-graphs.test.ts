/** A graph may be deeper than an engine's stack. */
import { expect, test } from 'vitest';
import { input, model, rescaling } from '../../src/index.js';

const DEPTH = 10_000;

test(`${DEPTH} layers, one after the other`, async () => {
  const x = input({ shape: [1] });
  let y = x;
  for (let i = 0; i < DEPTH; i++) y = rescaling({ scale: -1 }).apply(y);
  const network = await model({ inputs: x, outputs: y });
  expect([...network.predict([[3]])]).toEqual([3]);
});
