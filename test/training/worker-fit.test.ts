/** `fit` in a worker that shares memory with this thread. The tests are those of support/worker-fit. */
import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
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
  expect(execFileSync(process.execPath, args, { encoding: 'utf8', timeout: 30_000 })).toBe('0,1,2\n');
});
