/** `verbose` of `fit`: what is written on terminals, elsewhere and where there is no output, on both threads. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { dense, sequential, type FitOptions, type Model } from '../../src/index.js';
import { any } from '../support/reference/refusals.js';

const X = Array.from({ length: 40 }, (_, i) => [i / 40]);

async function network(): Promise<Model> {
  const made = await sequential({ seed: 1, layers: [dense({ units: 1, inputShape: [1] })] });
  made.compile({ optimizer: 'sgd', loss: 'meanSquaredError', metrics: ['mae'] });
  return made;
}

/** Runs with a standard output of its own, and returns what was written. */
async function written(output: object | undefined, run: () => unknown): Promise<string> {
  const texts: string[] = [];
  const stdout = output && { ...output, write: (text: string) => texts.push(text) };
  vi.stubGlobal('process', Object.create(process, { stdout: { value: stdout } }));
  try {
    await run();
  } finally {
    vi.unstubAllGlobals();
  }
  return texts.join('');
}
afterEach(() => vi.unstubAllGlobals());

const seconds = (text: string): string => text.replaceAll(/\d+\.\d s/g, 't s');
const fitted = (options: FitOptions) => async (): Promise<unknown> =>
  (await network()).fit(X, X, { batchSize: 10, ...options });

describe('verbose', () => {
  test.each(['main', 'worker'] as const)('writes a line per epoch where there is no terminal, in %s', async (runIn) => {
    const text = await written({}, fitted({ epochs: 2, verbose: 1, validationSplit: 0.25, runIn }));
    expect(text.split('\n')).toHaveLength(3);
    expect(seconds(text)).toMatch(
      /^Epoch 1\/2 {2}3 batches {2}t s {2}loss [\d.e-]+ {2}meanAbsoluteError [\d.e-]+ {2}valLoss [\d.e-]+ {2}valMeanAbsoluteError [\d.e-]+\nEpoch 2\/2 .*\n$/,
    );
  });

  test.each(['main', 'worker'] as const)(
    'rejects with what the output throws, once, and trains on later, in %s',
    async (runIn) => {
      const made = await network();
      const write = vi.fn(() => {
        throw new Error('closed');
      });
      vi.stubGlobal('process', Object.create(process, { stdout: { value: { isTTY: true, write } } }));
      await expect(made.fit(X, X, { batchSize: 10, verbose: 1, runIn })).rejects.toThrow('closed');
      vi.unstubAllGlobals();
      expect(write).toHaveBeenCalledTimes(1);
      await made.fit(X, X, { runIn });
    },
  );

  test('is silent by default and where there is no standard output, and changes no bit', async () => {
    expect(await written({ isTTY: true }, fitted({ epochs: 2 }))).toBe('');
    expect(await written({ isTTY: true }, fitted({ epochs: 2, verbose: 0 }))).toBe('');
    const [one, other] = [await network(), await network()];
    const spied = vi.spyOn(console, 'log');
    await written(undefined, () => one.fit(X, X, { verbose: 1 }));
    expect(spied).not.toHaveBeenCalled();
    spied.mockRestore();
    await other.fit(X, X);
    expect(one.save()).toEqual(other.save());
  });

  test.each([1, 2] as const)('%d: on a terminal', async (verbose) => {
    const text = seconds(await written({ isTTY: true }, fitted({ epochs: 1, verbose })));
    const plain = text.replaceAll('\u001b[K', '<clear>');
    if (verbose === 2) expect(text).toMatch(/^Epoch 1\/1 {2}4 batches {2}t s {2}loss .*\n$/);
    else
      expect(plain).toMatch(
        /^(\rEpoch 1\/1 {2}\d\/4 batches .*<clear>)+\rEpoch 1\/1 {2}4 batches {2}t s {2}loss .*<clear>\n$/,
      );
  });

  test('a line fits the terminal while it is written anew, and is whole at the end', async () => {
    const text = await written({ isTTY: true, columns: 20 }, fitted({ epochs: 1, verbose: 1 }));
    const lines = text.split('\r').slice(1);
    for (const line of lines.slice(0, -1)) expect(line).toMatch(/^Epoch 1\/1 {2}\d\/4 bat/);
    for (const line of lines.slice(0, -1)) expect(line.indexOf('\u001b')).toBe(19);
    expect(lines.at(-1)).toMatch(/^Epoch 1\/1 {2}4 batches .*meanAbsoluteError /);
  });

  test('ends a line that was being written when training ends early', async () => {
    const stop = { onBatchEnd: () => Promise.reject(new Error('enough')) };
    const run = async (): Promise<void> => {
      await expect(fitted({ epochs: 1, verbose: 1, callbacks: [stop] })()).rejects.toThrow('enough');
    };
    const text = await written({ isTTY: true }, run);
    expect(text === '' || text.endsWith('\u001b[K\n')).toBe(true);
  });

  test.each([true, 3, '1'])('%s is refused', async (verbose) => {
    await expect(fitted({ verbose: any(verbose) })()).rejects.toThrow('fit: verbose expected 0, 1 or 2, got');
  });
});
