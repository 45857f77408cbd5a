/**
 * Other scripts of a page may put properties on `Object.prototype`, which every object then seems to have. The library
 * must not read such a property, neither from the caller's options nor from its own objects.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { afterEach, describe, expect, test } from 'vitest';
import { adam, dense, earlyStopping, sequential, sgd, ValueError } from '../../src/index.js';
import { any } from '../support/reference/refusals.js';

const root = fileURLToPath(new URL('../../src/', import.meta.url));

/** Every name by which the sources read a property of any object. */
function propertyNames(): string[] {
  const names = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAccessExpression(node)) names.add(node.name.text);
    if (ts.isBindingElement(node) && ts.isObjectBindingPattern(node.parent)) {
      names.add((node.propertyName ?? node.name).getText());
    }
    const declares = ts.isPropertySignature(node) || ts.isPropertyAssignment(node) || ts.isPropertyDeclaration(node);
    if (declares && ts.isIdentifier(node.name)) names.add(node.name.text);
    ts.forEachChild(node, visit);
  };
  for (const file of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts') || file.includes('generated') || file.startsWith('cli')) continue;
    visit(ts.createSourceFile(file, readFileSync(root + file, 'utf8'), ts.ScriptTarget.Latest, true));
  }
  // Members that all objects have anyway.
  for (const name of Object.getOwnPropertyNames(Object.prototype)) names.delete(name);
  return [...names].filter((name) => /^[\w$]+$/.test(name));
}

describe('a property that all objects have', () => {
  const prototype = Object.prototype as unknown as Record<string, unknown>;
  const pollute = (name: string, value: unknown): void => {
    Object.defineProperty(prototype, name, { value, configurable: true, writable: true, enumerable: false });
  };
  const names = ['momentum', 'learningRate', 'kind', 'config', 'custom', 'name', 'engine', 'monitor', 'or', 'check'];
  afterEach(() => {
    for (const name of names) Reflect.deleteProperty(prototype, name);
  });

  test('is no option', async () => {
    const model = await sequential({ layers: [dense({ units: 1, inputShape: [1] })] });
    const written = JSON.stringify([sgd(), adam({}), dense({ units: 2 }), earlyStopping()]);
    for (const name of names) {
      pollute(name, 0.9);
      expect(JSON.stringify([sgd(), adam({}), dense({ units: 2 }), earlyStopping()]), name).toBe(written);
      expect(() => dense(any({})), name).toThrow(
        new ValueError('dense: units expected an integer >= 1, got undefined.'),
      );
      model.compile({ optimizer: 'sgd', loss: { name: 'own', value: () => 0, gradient: (y) => y } });
      Reflect.deleteProperty(prototype, name);
    }
    model.dispose();
  });

  test('is no hook of a callback', async () => {
    const model = await sequential({ layers: [dense({ units: 1, inputShape: [1] })] });
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    let called = 0;
    pollute('onEpochEnd', () => called++);
    try {
      await model.fit([[1]], [[1]], { callbacks: [{}] });
    } finally {
      Reflect.deleteProperty(prototype, 'onEpochEnd');
    }
    expect(called).toBe(0);
    model.dispose();
  });

  test('is a hook and an option where a class of the caller defines it', async () => {
    class Counter {
      epochs = 0;
      onEpochEnd(): void {
        this.epochs += 1;
      }
    }
    class Settings {
      readonly #given = 0.5;
      get momentum(): number {
        return this.#given;
      }
    }
    const model = await sequential({ layers: [dense({ units: 1, inputShape: [1] })] });
    model.compile({ optimizer: sgd(new Settings()), loss: 'meanSquaredError' });
    expect(sgd(new Settings()).config.momentum).toBe(0.5);
    const counter = new Counter();
    await model.fit([[1]], [[1]], { epochs: 3, callbacks: [counter] });
    expect(counter.epochs).toBe(3);
    model.dispose();
  });
});

test('no property that all objects have, by any name in the sources, changes a training, a file or a prediction', () => {
  const names = propertyNames();
  expect(names.length).toBeGreaterThan(500);
  const child = fileURLToPath(new URL('../support/polluted-child.mjs', import.meta.url));
  const changed = execFileSync(process.execPath, [child], { input: JSON.stringify(names), encoding: 'utf8' });
  expect(JSON.parse(changed)).toEqual([]);
}, 600_000);
