import { test, expect } from 'vitest';
import { createEngine, input, dense, rescaling } from '../src/index.js';
test('a value that does not learn is an output and read', async () => {
  const engine = await createEngine();
  const x = input({ shape: [30] });
  const r = rescaling({ scale: 2 }).apply(x);
  const y = dense({ units: 40 }).apply(r);
  const a = engine.model({ inputs: x, outputs: [r, y], seed: 1 });
  a.compile({ optimizer: 'sgd', loss: 'meanSquaredError', lossWeights: [0, 1] });
  const X = [0,1].map((i)=>Array.from({length:30},(_, j)=>Math.sin(i+j)));
  const T = [0,1].map((i)=>Array.from({length:40},(_, j)=>Math.cos(i+j)));
  const before = a.getWeights();
  a.gradients(X, [X, T] as never);
  expect(a.getWeights()).toEqual(before);
});
