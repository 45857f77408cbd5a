/**
 * Files that other exporters wrote, with outputs of ONNX Runtime: from the folder `FIXTURES`, by default
 * ../shared/fixtures beside the checkout. They are not part of the project, so tests that need them are skipped where
 * they are absent.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FormatError } from '../../src/index.js';
import { importOnnx } from '../../src/onnx.js';

const folder = join(process.env.FIXTURES ?? resolve('../shared/fixtures'), 'onnx');
const isThere = existsSync(join(folder, 'expected.json'));

interface Expected {
  readonly cases?: readonly { readonly input: number[]; readonly output: number[] }[];
}

const expected: Record<string, Expected> = isThere
  ? (JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as Record<string, Expected>)
  : {};
const files = isThere ? readdirSync(folder).filter((name) => name.endsWith('.onnx')) : [];
const read = (name: string): Uint8Array => new Uint8Array(readFileSync(join(folder, name)));

describe.skipIf(!isThere)(`files of other exporters${isThere ? '' : ` (none in ${folder})`}`, () => {
  test('are there', () => {
    expect(files.length).toBeGreaterThan(10);
  });

  test.each(files.filter((name) => !name.startsWith('refuse-')))('%s predicts as in ONNX Runtime', async (name) => {
    const model = await importOnnx(read(name));
    for (const { input, output } of expected[name].cases!) {
      const predicted = [...model.predict(Float32Array.from(input))];
      const worst = output.map((value, i) => Math.abs(predicted[i] - value) / Math.max(1, Math.abs(value)));
      expect(predicted.length).toBe(output.length);
      expect(Math.max(...worst)).toBeLessThanOrEqual(1e-5);
    }
    model.dispose();
  });

  test.each(files.filter((name) => name.startsWith('refuse-')))('%s is refused by node and operator', async (name) => {
    const error: unknown = await importOnnx(read(name)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(FormatError);
    expect((error as Error).message).toMatch(/node .+, \w+ of opset \d+/);
  });
});
