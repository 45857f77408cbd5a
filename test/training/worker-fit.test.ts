/** `fit` in a worker that shares memory with this thread. The tests are those of support/worker-fit. */
import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { createEngine, dense, StateError } from '../../src/index.js';
import { workerFitSuite } from '../support/worker-fit/suite.js';

await workerFitSuite();

test('a process runs until a training in a worker is over, and ends then', () => {
  const script = `
    const { createEngine, dense } = await import(${JSON.stringify(new URL('../../dist/index.js', import.meta.url).href)});
    const engine = await createEngine();
    const model = engine.sequential({ layers: [dense({ units: 1, inputShape: [1] })] });
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    model.fit([[1], [2]], [[2], [3]], { epochs: 3, runIn: 'worker' }).then(({ epoch }) => console.log(epoch.join()));
  `;
  const args = ['--input-type=module', '--eval', script];
  expect(execFileSync(process.execPath, args, { encoding: 'utf8', timeout: 300_000 })).toBe('0,1,2\n');
});

test('what is asked of a model right after the call counts, while the code of its training may still be loading', async () => {
  const engine = await createEngine();
  const model = engine.sequential({ layers: [dense({ units: 1, inputShape: [1] })] });
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  const fit = () => model.fit([[1], [2]], [[2], [3]], { epochs: 1000, runIn: 'worker' });
  model.stopTraining = true;
  const stopped = fit();
  expect(model.stopTraining).toBe(false);
  expect(() => model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' })).toThrow(StateError);
  await expect(fit()).rejects.toThrow(StateError);
  model.stopTraining = true;
  expect((await stopped).epoch.length).toBeLessThanOrEqual(1);
  const aborted = AbortSignal.abort(new Error('mine'));
  await expect(model.fit([[1]], [[1]], { runIn: 'worker', signal: aborted })).rejects.toThrow('mine');
  // As before the call that was refused.
  expect(model.stopTraining).toBe(true);
  const disposed = fit();
  model.dispose();
  await expect(disposed).rejects.toThrow('fit: a live model expected, got one that was disposed.');
  engine.dispose();
});
