/**
 * What users take along from the playground: modules with the page's predictions, addresses with the steps that the
 * network was trained for, points that are drawn, removed and pasted, and advice that stays while training runs.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createEngine, loadModel } from 'wasm-mlp';
import { browserNames, reasonToSkip, serveFolder, withBrowserPage, type StaticServer } from '../../../test/support/browsers.js'; // prettier-ignore
import { keepBrowsers } from '../../../test/support/kept-browsers.js';
import { readPoints } from '../src/data/csv.js';
import { featuresOf, gridPoints } from '../src/data/features.js';
import { addressOf, settingsOf, stepsOf } from '../src/settings/address.js';
import { ACTIVATIONS, LOSSES } from '../src/settings/choices.js';
import { LIMITS } from '../src/settings/settings.js';
import { Session } from '../src/training/session.js';
import { buildSite, click, HASH, POLICY, STEPS } from './built.js';

const engine = await createEngine();
const folder = mkdtempSync(join(tmpdir(), 'playground-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Module {
  readonly predict: (x: Float32Array) => Float32Array;
}

let count = 0;
async function moduleOf(bytes: Uint8Array): Promise<Module> {
  const file = join(folder, `network${count++}.mjs`);
  writeFileSync(file, bytes);
  return (await import(/* @vite-ignore */ pathToFileURL(file).href)) as Module;
}

/** Inputs of a network with these settings at places all over the square. */
const inputsOf = (address: string): Float32Array => featuresOf(settingsOf(address).features, gridPoints(9));

describe('the module that the page exports', () => {
  test.each([
    ...ACTIVATIONS.map((name) => `layers=5${name}-3tanh`),
    ...Object.entries(LOSSES).map(
      ([name, { tasks }]) => `data=${tasks[0] === 'values' ? 'saddle' : 'clusters'}&loss=${name}`,
    ),
    'layers=none&features=x-y-xx-yy-xy-sinx-siny&data=spiral',
    'normalization=batch&dropout=0.2&layers=12relu-12gelu-12elu-12tanh-12selu-12mish',
    'normalization=layer&regularizer=l1',
  ])('of %s predicts with the bits of the page', async (address) => {
    const session = new Session(engine, settingsOf(address));
    for (let i = 0; i < 20; i++) await session.takeStep();
    const model = await loadModel(await session.file('safetensors'));
    const { predict } = await moduleOf(await session.file('module'));
    const x = inputsOf(address);
    expect([...predict(x)]).toEqual([...model.predict(x)]);
    session.dispose();
  });
});

describe('an address', () => {
  test('holds the steps', () => {
    const settings = settingsOf('seed=3');
    expect(addressOf(settings, 700)).toBe('seed=3&steps=700');
    expect(stepsOf('#seed=3&steps=700')).toBe(700);
    expect(settingsOf('#seed=3&steps=700')).toEqual(settings);
    expect(addressOf(settings)).toBe('seed=3');
    for (const text of ['', 'steps=', 'steps=-1', 'steps=1e3', `steps=${LIMITS.steps + 1}`, 'steps=x']) {
      expect(stepsOf(text)).toBe(0);
    }
  });
});

describe('pasted points', () => {
  test('may be quoted, have blank lines, decimal commas, or names with blanks', () => {
    const points = [
      { x: 0.5, y: -0.5, target: 0 },
      { x: 0, y: 1, target: 1 },
    ];
    for (const text of [
      '"0.5","-0.5","a"\n"0","1","b"',
      '\ufeffx;y;name\r\n0,5;-0,5;a\r\n\r\n0;1;b\r\n',
      '0.5\t-0.5\ta\n0\t1\tb',
      '0.5 -0.5 a\n  0   1   b  ',
      "x, y, class\n0.5, -0.5, 'a'\n\n0, 1, 'b'",
    ]) {
      expect(readPoints(text, 'classes'), text).toMatchObject({ ok: true, points, labels: ['a', 'b'], scaled: false });
    }
    expect(readPoints('0.5, 0.1, red wine\n0, 0.3, white wine', 'classes')).toMatchObject({
      labels: ['red wine', 'white wine'],
    });
  });

  test('with a bad row are refused by the number of the line in the text', () => {
    for (const [text, message] of [
      ['x,y,c\n\n0.1,0.2,a\n\n0.3,b', 'Line 5: three columns expected, got 2.'],
      ['0.1,0.2,a\n0.1,,b', 'Line 2: a number expected, got "".'],
      ['0.1,0.2,a\n0.1,NaN,b', 'Line 2: a number expected, got "NaN".'],
      ['0.1,0.2,a\n1e999,0,b', 'Line 2: a number expected, got "1e999".'],
      ['0.1,0.2,a\n0.1,0.2,', 'Line 2: a class expected in the third column, got nothing.'],
      ['0.1,0.2,a\n<script>,0.2,b', 'Line 2: a number expected, got "<script>".'],
      [Array.from({ length: 2001 }, () => '0,0,a').join('\n'), 'At most 2000 points, got 2001 lines.'],
    ] as const) {
      expect(readPoints(text, 'classes')).toEqual({ ok: false, message });
    }
  });
});

test('the newest diagnosis stays between two, so that advice does not come and go', async () => {
  const session = new Session(engine, settingsOf('layers=8sigmoid-8sigmoid-8sigmoid-8sigmoid-8sigmoid'));
  const first = await session.snapshot(true, 0, true);
  await session.takeStep();
  const second = await session.snapshot(true, 0, false);
  expect(first.diagnosis?.faults.map(({ kind }) => kind)).toContain('zigzag');
  expect(second.diagnosis).toEqual(first.diagnosis);
  expect(second.outputs).toHaveLength(400);
  session.dispose();
});

test('the curve of losses is the same however often it is drawn', async () => {
  const curves = await Promise.all(
    [1, 7, 300].map(async (every) => {
      const session = new Session(engine, settingsOf('testShare=0.5'));
      for (let step = 0; step < 300; step++) {
        if (step % every === 0) await session.snapshot(true, 0, false);
        await session.takeStep();
      }
      const { curve, trainingLoss, testLoss } = await session.snapshot(false, 0, false);
      expect([curve.steps.at(-1), curve.training.at(-1), curve.test.at(-1)]).toEqual([300, trainingLoss, testLoss]);
      session.dispose();
      return curve;
    }),
  );
  expect(curves[0].steps.length).toBeGreaterThan(100);
  expect(curves[1]).toEqual(curves[0]);
  expect(curves[2]).toEqual(curves[0]);
});

const kept = keepBrowsers();

describe.each(browserNames)('in %s', (name) => {
  const only = test.skipIf(reasonToSkip(name) !== undefined);
  let server: StaticServer;
  beforeAll(async () => {
    if (reasonToSkip(name) !== undefined) return;
    const site = join(folder, name);
    buildSite(site);
    server = await serveFolder(site, { 'content-security-policy': POLICY });
  }, 180_000);
  afterAll(() => server.close());
  const open = <T>(address: string, use: Parameters<typeof withBrowserPage<T>>[2]): Promise<T> =>
    withBrowserPage(name, `${server.origin}/playground.html#${address}`, use, { kept });

  only('an address with steps gives the weights after them, and a module with their predictions', async () => {
    const address = 'data=spiral&layers=8relu-6gelu&seed=9';
    const [shared, hash, file] = (await open(`${address}&steps=500`, async (page) => {
      await page.value(`${STEPS} === 500 || null`);
      const found = await page.value(HASH);
      await page.evaluate(`(() => {
        const create = URL.createObjectURL;
        URL.createObjectURL = (blob) => {
          blob.arrayBuffer().then((buffer) => (globalThis.file = Array.from(new Uint8Array(buffer))));
          return create(blob);
        };
        return true;
      })()`);
      await page.evaluate(click('JavaScript module'));
      return [await page.value('location.hash'), found, await page.value('globalThis.file')];
    })) as [string, string, number[]];
    const session = new Session(engine, settingsOf(address));
    for (let i = 0; i < 500; i++) await session.takeStep();
    expect(hash).toBe(await session.hash());
    expect([settingsOf(shared), stepsOf(shared)]).toEqual([session.settings, 500]);
    const { predict } = await moduleOf(Uint8Array.from(file));
    const model = await loadModel(await session.file('safetensors'));
    expect([...predict(inputsOf(address))]).toEqual([...model.predict(inputsOf(address))]);
    // Trained further and shared again, it is the address of the new weights; a change starts anew.
    // Whenever a hash is on the screen, the address is that of its step.
    const watch = `(() => {
      globalThis.others = [];
      new MutationObserver(() => {
        const address = Number(/steps=(\\d+)$/.exec(location.hash)?.[1] ?? 0);
        if (${HASH} !== null && address !== ${STEPS}) others.push([address, ${STEPS}]);
      }).observe(document.body, { subtree: true, childList: true, characterData: true });
      return true;
    })()`;
    const [further, changed, others] = (await open(`${address}&steps=20`, async (page) => {
      await page.value(`${STEPS} === 20 || null`);
      await page.value(HASH);
      await page.evaluate(watch);
      await page.evaluate(click('One step'));
      await page.value('/steps=21$/.test(location.hash) || null');
      const one = await page.value('location.hash');
      await page.evaluate(click('Add a layer'));
      await page.value(`${STEPS} === 0 || null`);
      await page.value(HASH);
      return [one, await page.value('location.hash'), await page.value('others')];
    })) as [string, string, number[][]];
    expect(others).toEqual([]);
    expect(stepsOf(further)).toBe(21);
    expect(stepsOf(changed)).toBe(0);
    session.dispose();
  });

  only('points are drawn in a stroke, removed one by one, and are in the address', async () => {
    const counts = await open('', async (page) => {
      await page.value(HASH);
      const choose = (label: string, value: string): Promise<unknown> =>
        page.evaluate(`(() => {
          const label = [...document.querySelectorAll('label')].find((one) => one.textContent === ${JSON.stringify(label)});
          const select = document.getElementById(label.htmlFor);
          select.value = ${JSON.stringify(value)};
          select.dispatchEvent(new Event('change', { bubbles: true }));
          return true;
        })()`);
      const own =
        "((/(?:classes|values)=([^&]*)/.exec(location.hash) ?? [])[1] ?? '').split('.').filter(Boolean).length";
      const pointer = (kind: string, x: number, y: number): Promise<unknown> =>
        page.evaluate(`(() => {
          const canvas = document.querySelector('canvas.points');
          const box = canvas.getBoundingClientRect();
          const init = { clientX: box.left + ${x} * box.width, clientY: box.top + ${y} * box.height, buttons: 1, bubbles: true };
          canvas.dispatchEvent(${kind === 'click' ? "new MouseEvent('click', init)" : `new PointerEvent('${kind}', { ...init, pointerType: 'mouse', pointerId: 1 })`});
          return true;
        })()`);
      await choose('Points', 'ownClasses');
      await page.value("document.body.textContent.includes('draw at least two points') || null");
      await pointer('pointerdown', 0.2, 0.2);
      for (let i = 1; i <= 10; i++) await pointer('pointermove', 0.2 + 0.05 * i, 0.2);
      await pointer('click', 0.7, 0.2);
      await page.value(`${own} === 11 || null`);
      await choose('A click', '1');
      await pointer('click', 0.5, 0.8);
      await page.value(`${own} === 12 || null`);
      await page.value(HASH);
      const drawn = await page.value('location.hash');
      await choose('A click', 'erase');
      await pointer('click', 0.5, 0.9);
      await page.value(`${own} === 11 || null`);
      return [drawn, await page.value('location.hash')];
    });
    const [drawn, left] = counts as string[];
    const points = settingsOf(drawn).own!.points;
    expect(points.map(({ target }) => target)).toEqual([...new Array<number>(11).fill(0), 1]);
    expect(points.at(-1)).toMatchObject({ x: expect.closeTo(0, 1) as number, y: expect.closeTo(-0.6, 1) as number });
    expect(settingsOf(left).own!.points).toEqual(points.slice(0, 11));
  });
});
