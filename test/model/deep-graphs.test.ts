/** A graph may be deeper than the stack of a JavaScript engine. */
import { expect, test } from 'vitest';
import { input, model, rescaling } from '../../src/index.js';

const DEPTH = 10_000;

test(`${DEPTH} layers in a row are built, and predict`, async () => {
  const x = input({ shape: [1] });
  let y = x;
  for (let i = 0; i < DEPTH; i++) y = rescaling({ scale: -1 }).apply(y);
  const network = await model({ inputs: x, outputs: y });
  expect([...network.predict([[3]])]).toEqual([3]);
});
