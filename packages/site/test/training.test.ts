/**
 * The training of the playground without its page: a step is the same bits at any speed, and the program that the page
 * exports has the same weights as the page.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import ts from 'typescript';
import { afterAll, describe, expect, test } from 'vitest';
import { createEngine, loadModel, type Model } from 'wasm-mlp';
import { typescriptOf } from '../src/playground/typescript.js';
import { ACTIVATIONS, INITIALIZERS, LOSSES, OPTIMIZERS, SCHEDULES } from '../src/settings/choices.js';
import { settingsOf } from '../src/settings/address.js';
import { Session } from '../src/training/session.js';

const engine = await createEngine();
const root = fileURLToPath(new URL('../../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'playground-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function trained(address: string, steps: number): Promise<Session> {
  const session = new Session(engine, settingsOf(address));
  for (let i = 0; i < steps; i++) await session.takeStep();
  return session;
}

const hashOf = (model: Model): string => {
  const hash = createHash('sha256');
  for (const { data } of model.getWeights()) hash.update(data);
  return hash.digest('hex');
};

/** Settings that have each choice once. */
const addresses = [
  ...ACTIVATIONS.map((name) => `layers=3${name}-2tanh`),
  ...Object.entries(LOSSES).map(
    ([name, { tasks }]) => `data=${tasks[0] === 'values' ? 'saddle' : 'moons'}&loss=${name}`,
  ),
  ...Object.keys(OPTIMIZERS).map(
    (name) => `optimizer=${name}&data=${name === 'levenbergMarquardt' ? 'hills' : 'rings'}`,
  ),
  ...SCHEDULES.map((name) => `schedule=${name}&scheduleSteps=12`),
  ...INITIALIZERS.map((name) => `initializer=${name}&layers=4tanh-4tanh`),
  ...['l1', 'l2', 'l1l2'].map((name) => `regularizer=${name}&optimizer=sgd&momentum=0.9`),
  ...['batch', 'layer'].map(
    (name) => `normalization=${name}&dropout=0.2&data=clusters&loss=sparseCategoricalCrossentropy`,
  ),
  'layers=none&features=x-y-xx-yy-xy-sinx-siny&data=spiral',
  'classes=100_200_0.300_-400_1.500_500_2.-100_-100_1&loss=categoricalCrossentropy&testShare=0',
];

describe('the program that the page exports', () => {
  test.each(addresses)('of %s has the weights of the page', async (address) => {
    const session = await trained(address, 20);
    const program = typescriptOf(session.settings, 20);
    const { outputText, diagnostics } = ts.transpileModule(program, {
      reportDiagnostics: true,
      compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
    });
    expect(diagnostics).toEqual([]);
    const code = outputText.replace("'wasm-mlp'", JSON.stringify(pathToFileURL(join(root, 'dist/index.js')).href));
    const file = join(folder, `${createHash('sha256').update(address).digest('hex').slice(0, 16)}.mjs`);
    writeFileSync(file, code.replace(/console\.log\(/, 'void ('));
    const { network } = (await import(/* @vite-ignore */ file)) as { network: Model };
    expect(hashOf(network)).toBe(await session.hash());
    session.dispose();
  });
});

describe('a session', () => {
  test('tells all that the page draws', async () => {
    const session = await trained('data=clusters&loss=categoricalCrossentropy', 50);
    const snapshot = await session.snapshot(false, 0, true);
    expect(snapshot).toMatchObject({ step: 50, running: false, stopped: undefined });
    expect(snapshot.trainingLoss).toBeLessThan(1.1);
    expect(snapshot.confusion?.flat().reduce((sum, count) => sum + count)).toBe(90);
    expect(snapshot.units.map(({ length }) => length)).toEqual([6 * 400, 4 * 400]);
    expect(snapshot.weights.map(({ name }) => name)).toEqual(['hidden1', 'hidden2', 'output']);
    expect(snapshot.field.values).toHaveLength(3600);
    expect(structuredClone(snapshot).diagnosis?.layers.length).toBeGreaterThan(2);
    session.dispose();
  });

  // The page may have newer settings when it draws.
  test.each([
    ['value', 'data=hills&loss=huber'],
    ['value', 'data=hills&loss=gaussianNegativeLogLikelihood'],
    ['share', 'data=spiral'],
    ['share', 'data=spiral&loss=hinge'],
    ['class', 'data=spiral&loss=categoricalCrossentropy'],
    ['class', 'data=clusters&loss=categoricalCrossentropy'],
  ])('says that the picture has a %s for each place: %s', async (kind, address) => {
    const session = await trained(address, 3);
    expect((await session.snapshot(false, 0, true)).field.kind).toBe(kind);
    session.dispose();
  });

  test('stops where the loss is no number, and says why', async () => {
    const session = await trained(
      'data=plane&loss=meanSquaredError&optimizer=sgd&learningRate=100&layers=6linear',
      300,
    );
    const { stopped, diagnosis, step } = await session.snapshot(false, 0, true);
    expect(stopped).toMatch(/The loss is (NaN|Infinity) since step \d+: training has stopped/);
    expect(diagnosis?.faults[0].kind).toBe('nonFinite');
    expect(step).toBeLessThan(300);
    session.dispose();
  });

  test('gives files that others read', async () => {
    const session = await trained('', 30);
    const model = await loadModel(await session.file('safetensors'));
    expect(hashOf(model)).toBe(await session.hash());
    const { importOnnx } = await import('wasm-mlp/onnx');
    const again = await importOnnx(await session.file('onnx'));
    expect([...again.predict([[0.1, 0.2]])]).toEqual([...model.predict([[0.1, 0.2]])]);
    session.dispose();
  });
});
