/**
 * The slides' subjects on their page, one by one: each has a section with something to move, and what it shows is
 * checked here against the slides' formulas, the golden values or the derivations, by the functions that the page calls.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createEngine, dense, input, type Engine } from 'wasm-mlp';
import {
  BINARY_COSTS,
  CURVES,
  HISTOGRAMS,
  INITIALIZATIONS,
  LIFE,
  MAXOUT_PIECES,
  PENALTY,
  RACERS,
  type CurveName,
  type RacerName,
} from '../src/slides/choices.js';
import { networkOf } from '../src/slides/compute/networks.js';
import { digitsOf, EXAMPLE_STEPS } from '../src/slides/exact/printed.js';
import {
  anyRegion,
  convexRegion,
  halfPlane,
  rightOfXor,
  stepAnswer,
  stepField,
  XOR_NETWORK,
  type StepLayer,
} from '../src/slides/exact/step-networks.js';
import { costAt, PENALTY_SURFACE, RACES, zigzagSurface, type Surface } from '../src/slides/exact/surfaces.js';
import { backpropagate, QUANTITIES, SLIDES_EXAMPLE } from '../src/slides/exact/worked-example.js';
import { LANGUAGES, TEXTS } from '../src/slides/language.js';
import { COMPUTATIONS } from '../src/slides/library/computations.js';
import { isZero } from '../src/slides/sections/penalties.js';
import { saturation } from '../src/slides/sections/activations.js';
import { sameSigns } from '../src/slides/sections/zigzag.js';
import { SUBJECT_IDS, type SubjectId } from '../src/slides/subjects.js';
import { drawnSlides, type FakeNode } from './support.js';

const engine: Engine = await createEngine();
/** Half a unit of float32 near 1, for each of a few rounded quantities. */
const UNIT = 2 ** -23;

const pages = { en: drawnSlides('?lang=en'), zh: drawnSlides('?lang=zh') };
const sectionOf = (id: SubjectId): FakeNode =>
  pages.en.all('section').find((section) => section.getAttribute('id') === id)!;

/** What every subject has on its page, and then what is particular to it. */
const named = new Set<SubjectId>();
function subject(id: SubjectId, about: () => void): void {
  named.add(id);
  describe(`${id}: ${TEXTS.en.subjects[id]}`, () => {
    test('has a section with a title and controls that have labels', () => {
      for (const language of LANGUAGES) {
        const section = pages[language].all('section').find((one) => one.getAttribute('id') === id);
        expect(section, language).toBeDefined();
        expect(section!.all('h2')[0].textContent).toContain(TEXTS[language].subjects[id]);
        const controls = section!.all('input', 'select', 'button');
        expect(controls.length, language).toBeGreaterThan(0);
        const labels = new Set(section!.all('label').map((label) => label.getAttribute('for')));
        for (const control of controls) {
          const isNamed =
            control.textContent !== '' && control.localName === 'button'
              ? true
              : labels.has(control.getAttribute('id')) || control.parentNode?.localName === 'label';
          expect(isNamed, `${control.localName} of ${id}`).toBe(true);
        }
        for (const picture of section!.all('svg').filter((svg) => svg.getAttribute('aria-hidden') === null)) {
          expect(picture.getAttribute('role')).toBe('img');
          expect(picture.getAttribute('aria-label')).toMatch(/\d/);
        }
      }
    });
    about();
  });
}

subject('layers', () => {
  test('shows the shape of W and the formula of a unit', () => {
    const text = sectionOf('layers').textContent;
    expect(text).toContain('W(1) ∈ ℝ3 × 2');
    expect(text).toContain('12 weights, with the biases 17 numbers to learn');
    const inputs = input({ shape: [2] });
    const model = engine.model({ inputs, outputs: dense({ units: 2 }).apply(dense({ units: 3 }).apply(inputs)) });
    expect(model.getWeights()[0].shape).toEqual([3, 2]);
    expect(model.getWeights().reduce((sum, { data }) => sum + data.length, 0)).toBe(17);
  });
});

/** Compares a network of steps with the library's, at places that lie on no border. */
function expectAsInLibrary(layers: readonly StepLayer[]): void {
  const places = Array.from({ length: 400 }, (_, i) => [
    -0.51 + 0.1013 * (i % 20),
    -0.51 + 0.1017 * Math.floor(i / 20),
  ]);
  const model = networkOf(
    engine,
    layers.map((layer) => ({ ...layer, activation: 'unitStep' })),
  );
  expect([...model.predict(places)]).toEqual(places.map((place) => stepAnswer(layers, place)));
}

subject('regions', () => {
  test('compute what the library computes', () => {
    for (const turn of [10, 45, 100]) {
      expectAsInLibrary(halfPlane(turn, 0.123));
      expectAsInLibrary(convexRegion(5, 0.45, turn));
      expectAsInLibrary(anyRegion(3, 0.5, 0.28, turn));
    }
  });

  test('are drawn as they are', () => {
    const network = anyRegion(3, 0.5, 0.28, 10);
    const field = stepField(network, 10, -0.5, 1.5);
    field.forEach((value, i) => {
      expect(value).toBe(stepAnswer(network, [-0.4 + 0.2 * (i % 10), 1.4 - 0.2 * Math.floor(i / 10)]));
    });
  });

  test('no half-plane solves XOR, a strip does, two pieces do', () => {
    let best = 0;
    for (let angle = -180; angle <= 180; angle += 5)
      for (let offset = -1; offset <= 1; offset += 0.05) best = Math.max(best, rightOfXor(halfPlane(angle, offset)));
    expect(best).toBe(3);
    expect(rightOfXor(convexRegion(2, 0.45, 45))).toBe(4);
    expect(rightOfXor(anyRegion(2, 0.7, 0.32, 135))).toBe(4);
  });

  test('are convex with one hidden layer, and not with two', () => {
    const inside = (layers: readonly StepLayer[]): [number, number][] =>
      Array.from({ length: 400 }, (_, i): [number, number] => [
        -0.5 + 0.1 * (i % 20),
        -0.5 + 0.1 * Math.floor(i / 20),
      ]).filter((place) => stepAnswer(layers, place) === 1);
    const isConvex = (layers: readonly StepLayer[]): boolean => {
      const all = inside(layers);
      return all.every((a) => all.every((b) => stepAnswer(layers, [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2]) === 1));
    };
    expect(isConvex(convexRegion(7, 0.6, 20))).toBe(true);
    expect(isConvex(anyRegion(2, 0.7, 0.32, 135))).toBe(false);
  });
});

subject('xor', () => {
  test('starts with the weights of the slides, which compute XOR', () => {
    expect(sectionOf('xor').textContent).toContain('h1 = f(2 x1 + 2 x2 − 1)');
    expect(sectionOf('xor').textContent).toContain('h2 = f(−2 x1 − 2 x2 + 3)');
    expect(sectionOf('xor').textContent).toContain('o1 = f(2 h1 + 2 h2 − 3)');
    expect(rightOfXor(XOR_NETWORK)).toBe(4);
    expectAsInLibrary(XOR_NETWORK);
    expect(sectionOf('xor').all('input')).toHaveLength(9);
  });
});

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

subject('activations', () => {
  const curve = (name: CurveName) => COMPUTATIONS.activationCurve(engine, { name, from: -6, to: 6, points: 49 });

  test.each([
    ['unitStep', (x) => (x > 0 ? 1 : 0), () => 0],
    ['tanh', Math.tanh, (x) => 1 - Math.tanh(x) ** 2],
    ['sigmoid', sigmoid, (x) => sigmoid(x) * (1 - sigmoid(x))],
    ['relu', (x) => Math.max(x, 0), (x) => (x > 0 ? 1 : 0)],
    ['prelu', (x) => (x > 0 ? x : 0.25 * x), (x) => (x > 0 ? 1 : 0.25)],
    ['maxout', (x) => Math.max(...MAXOUT_PIECES.map(([w, b]) => w * x + b)), undefined],
    ['elu', (x) => (x > 0 ? x : Math.expm1(x)), (x) => (x > 0 ? 1 : Math.exp(x))],
    ['swish', (x) => x * sigmoid(x), (x) => sigmoid(x) * (1 + x * (1 - sigmoid(x)))],
    ['softmax', sigmoid, (x) => sigmoid(x) * (1 - sigmoid(x))],
    ['logSoftmax', (x) => Math.log(sigmoid(x)), (x) => 1 - sigmoid(x)],
  ] as [CurveName, (x: number) => number, ((x: number) => number) | undefined][])(
    'of %s are those of the slides',
    (name, value, slope) => {
      const { x, y, slope: slopes } = curve(name);
      x.forEach((at, i) => {
        expect(y[i]).toBeCloseTo(value(at), 5);
        if (slope) expect(slopes[i]).toBeCloseTo(slope(at), 5);
      });
    },
  );

  test.each(CURVES)('%s has a slope that its values have', (name) => {
    const { x, y, slope } = curve(name);
    // Between two neighbours the mean slope is between the slopes at the ends, but for kinks.
    for (let i = 1; i < x.length; i++) {
      const mean = (y[i] - y[i - 1]) / (x[i] - x[i - 1]);
      const [low, high] = [Math.min(slope[i], slope[i - 1]), Math.max(slope[i], slope[i - 1])];
      const room = 0.06 * Math.max(1, Math.abs(mean));
      if (name !== 'unitStep') expect(mean >= low - room && mean <= high + room, `${name} at ${x[i]}`).toBe(true);
    }
  });

  test('saturate where the slides say', () => {
    const kinds = (name: CurveName) =>
      saturation(curve(name)).map(({ kind, to }) => `${kind} ${to <= 0 ? 'left' : 'right'}`);
    expect(kinds('sigmoid')).toEqual(['soft left', 'soft right']);
    expect(kinds('tanh')).toEqual(['soft left', 'soft right']);
    expect(kinds('relu')).toEqual(['hard left']);
    expect(kinds('unitStep')).toEqual(['hard right']);
    expect(kinds('leakyRelu')).toEqual(['soft left']);
  });
});

subject('nonlinearity', () => {
  const field = (activation: 'unitStep' | 'sigmoid' | 'linear' | 'relu', steepness = 2) =>
    COMPUTATIONS.nonlinearField(engine, { activation, steepness, size: 20 });

  test('layers without an activation are one affine map', () => {
    const { answers } = field('linear');
    expect(answers[0] + answers[3]).toBeCloseTo(answers[1] + answers[2], 5);
  });

  test('a steep sigmoid is the step, whose regions are XOR', () => {
    expect(field('unitStep').answers).toEqual([0, 1, 1, 0]);
    expect(field('sigmoid', 10).answers.map(Math.round)).toEqual([0, 1, 1, 0]);
    const h = [sigmoid(-1), sigmoid(3)];
    expect(field('sigmoid', 1).answers[0]).toBeCloseTo(sigmoid(2 * h[0] + 2 * h[1] - 3), 6);
  });
});

subject('backpropagation', () => {
  const golden = JSON.parse(
    readFileSync(new URL('../../../test/golden/worked-example.json', import.meta.url), 'utf8'),
  ) as Record<string, number | number[] | number[][]>;
  /** Names of the golden values by ours. */
  const names: Readonly<Record<string, string>> = { newW2: 'W2new', newB2: 'b2new', newW1: 'W1new', newB1: 'b1new' };
  const exact = backpropagate(SLIDES_EXAMPLE);
  const library = COMPUTATIONS.exampleOfLibrary(engine, SLIDES_EXAMPLE);

  test.each(QUANTITIES.filter((name) => name !== 'slope1'))('%s is that of PyTorch', (name) => {
    const values = [golden[names[name] ?? name]].flat(2);
    expect(exact[name]).toHaveLength(values.length);
    values.forEach((value, i) => {
      expect(exact[name][i]).toBeCloseTo(value, 14);
      expect(Math.abs(library[name][i] - value)).toBeLessThan(2 * UNIT);
    });
  });

  const printed = EXAMPLE_STEPS.flatMap(({ id, printed: all }) => all.map((one) => ({ ...one, id })));
  test.each(printed)('$id: $symbol is $text on the slides', ({ quantity, at, text, right }) => {
    const wanted = right ?? text;
    const value = exact[quantity][at];
    // One number is cut off after its tenth digit; all others are rounded.
    expect(digitsOf(value, wanted)).toBe(text === '0.7005671424' ? 'cut' : 'rounded');
    if (right !== undefined) expect(digitsOf(value, text)).toBe('wrong');
    const lastDigit = 10 ** -wanted.split('.')[1].length;
    expect(Math.abs(library[quantity][at] - Number(wanted))).toBeLessThanOrEqual(lastDigit / 2 + 2 * UNIT);
  });

  test('every number of the example that the slides print is there', () => {
    // Of the slides: the numbers with at least five digits behind the point that belong to the example.
    const numbers = [
      ...['0.7005671424', '0.70056714', '0.73105858', '0.88134062', '0.88134', '0.89551', '-0.01240932', '0.08379177'],
      ...['-0.00869356', '0.00907194', '0.05870176', '0.0612567', '0.60869356', '0.80907194', '0.64129824'],
      ...['0.8387433', '1.01240932', '0.91620823', '0.20977282', '0.19661193', '0.01074218', '0.01287516'],
      ...[
        '0.00537109',
        '0.00643758',
        '0.09462891',
        '0.28925782',
        '0.19356242',
        '0.38712484',
        '0.48925782',
        '0.48712484',
      ],
    ];
    expect(new Set(printed.map(({ text }) => text))).toEqual(new Set(numbers));
  });

  test('the slide lacks a minus sign in one number alone', () => {
    expect(printed.filter(({ right }) => right !== undefined).map(({ text }) => text)).toEqual(['0.00907194']);
  });
});

subject('vanishing', () => {
  test('a sigmoid loses at least three quarters a layer, ReLU and tanh far less', () => {
    const {
      sigmoid: s,
      relu,
      tanh,
    } = COMPUTATIONS.vanishingGradients(engine, {
      depth: 12,
      initializer: 'lecunNormal',
      seed: 1,
    });
    expect([s, relu, tanh].map(({ length }) => length)).toEqual([12, 12, 12]);
    const ratio = (values: readonly number[]): number => values[0] / values[11];
    // 1.5 is the room of random weights, whose product with δ is longer than δ at times.
    expect(ratio(s)).toBeLessThan((1.5 / 4) ** 11);
    expect(ratio(tanh)).toBeGreaterThan(0.05);
    expect(ratio(relu)).toBeGreaterThan(1e3 * ratio(s));
  });
});

/** Expects the cost that is drawn to be the loss that the library reports, all along a path. */
function expectOnSurface(
  surface: Surface,
  path: { w1: readonly number[]; w2: readonly number[]; cost: readonly number[] },
): void {
  expect([path.w1[0], path.w2[0]].map((w) => w.toFixed(6))).toEqual(surface.start.map((w) => w.toFixed(6)));
  path.cost.forEach((cost, i) => {
    const drawnCost = costAt(surface, path.w1[i], path.w2[i]);
    expect(Math.abs(cost - drawnCost)).toBeLessThan(4e-6 * Math.max(1, drawnCost));
  });
}

subject('zigzag', () => {
  test('behind a sigmoid both weights always move the same way', async () => {
    const paths = await COMPUTATIONS.zigzagPaths(engine, { learningRate: 0.7, steps: 48, batch: 'one' });
    expect(
      zigzagSurface('positive')
        .x.flat()
        .every((value) => value > 0),
    ).toBe(true);
    expect(sameSigns(paths.positive, 48)).toBe(48);
    expect(sameSigns(paths.centred, 48)).toBeLessThan(40);
    expect(paths.centred.cost[48]).toBeLessThan(paths.positive.cost[48] / 10);
    for (const kind of ['positive', 'centred'] as const) expectOnSurface(zigzagSurface(kind), paths[kind]);
  });
});

subject('dead-units', () => {
  test('a large step kills units of ReLU, a small one none, and leaky ReLU keeps its slope', () => {
    const count = (marks: Uint8Array): number => marks.reduce((sum, mark) => sum + mark, 0);
    const large = COMPUTATIONS.livesOfUnits(engine, { learningRate: 7.9, seed: 1 });
    expect(large.relu.dead).toHaveLength(LIFE.steps + 1);
    expect(count(large.relu.dead[0])).toBeLessThan(3);
    expect(count(large.relu.dead[5])).toBeGreaterThan(16);
    expect(large.leakyRelu.dead.every((marks) => count(marks) === 0)).toBe(true);
    const small = COMPUTATIONS.livesOfUnits(engine, { learningRate: 0.1, seed: 1 });
    expect(count(small.relu.dead[LIFE.steps])).toBeLessThan(3);
    expect(small.relu.loss[LIFE.steps]).toBeLessThan(small.relu.loss[0]);
  });
});

subject('penalties', () => {
  test('L1 takes the lesser weight to 0, L2 shrinks both and takes none there', async () => {
    const strength = 0.15;
    const { none, l1, l2 } = await COMPUTATIONS.penaltyPaths(engine, { strength });
    const last = PENALTY.steps;
    expect(isZero(l1.w2[last], strength)).toBe(true);
    expect(isZero(l2.w2[last], strength)).toBe(false);
    expect(Math.hypot(l2.w1[last], l2.w2[last])).toBeLessThan(Math.hypot(none.w1[last], none.w2[last]));
    for (const path of [none, l1, l2]) expectOnSurface(PENALTY_SURFACE, path);
    // The first step of each by the slides' formulas.
    const [w1, w2] = PENALTY_SURFACE.start;
    const { learningRate } = PENALTY;
    expect(l2.w1[1] - none.w1[1]).toBeCloseTo(-learningRate * strength * w1, 6);
    expect(l2.w2[1] - none.w2[1]).toBeCloseTo(-learningRate * strength * w2, 6);
    expect(l1.w1[1] - none.w1[1]).toBeCloseTo(learningRate * strength, 6);
    expect(l1.w2[1] - none.w2[1]).toBeCloseTo(-learningRate * strength, 6);
  });

  test('both errata of the slides are marked', () => {
    const errata = sectionOf('penalties').all('aside');
    expect(errata.map((one) => one.getAttribute('data-erratum'))).toEqual(['4', '2']);
  });
});

subject('losses', () => {
  test('δ of the cross-entropy is y − t, of the quadratic cost (y − t)·y·(1 − y)', () => {
    for (const target of [0, 1] as const) {
      const curves = COMPUTATIONS.lossCurves(engine, { target, from: -6, to: 6, points: 13 });
      curves.logits.forEach((logit, i) => {
        const y = sigmoid(logit);
        const [quadratic, cross] = BINARY_COSTS.map((name) => curves[name]);
        expect(quadratic.cost[i]).toBeCloseTo(0.5 * (target - y) ** 2, 6);
        expect(quadratic.delta[i]).toBeCloseTo((y - target) * y * (1 - y), 6);
        expect(cross.cost[i]).toBeCloseTo(-(target * Math.log(y) + (1 - target) * Math.log(1 - y)), 5);
        expect(cross.delta[i]).toBeCloseTo(y - target, 6);
      });
    }
  });

  test('the softmax and its cross-entropy, with the minus sign that the slides lack', () => {
    const logits = [2, 1, -1];
    const { y, delta, cost } = COMPUTATIONS.softmaxCost(engine, { logits, target: 1 });
    const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
    logits.forEach((logit, i) => {
      expect(y[i]).toBeCloseTo(Math.exp(logit) / total, 6);
      expect(delta[i]).toBeCloseTo(Math.exp(logit) / total - (i === 1 ? 1 : 0), 6);
    });
    expect(cost).toBeCloseTo(-Math.log(Math.exp(1) / total), 5);
    expect(
      sectionOf('losses')
        .all('aside')
        .map((one) => one.getAttribute('data-erratum')),
    ).toEqual(['1']);
  });
});

subject('initializations', () => {
  const deviations = (activation: 'tanh' | 'relu') => {
    const all = COMPUTATIONS.initializations(engine, { activation, seed: 1 });
    for (const name of INITIALIZATIONS) {
      expect(all[name]).toHaveLength(HISTOGRAMS.depth);
      for (const { shares } of all[name]) expect(shares.reduce((sum, share) => sum + share)).toBeCloseTo(1, 6);
    }
    return Object.fromEntries(INITIALIZATIONS.map((name) => [name, all[name].map(({ deviation }) => deviation)]));
  };

  test('with tanh: too small fades, too large saturates, Xavier keeps', () => {
    const { zeros, small, large, xavier } = deviations('tanh');
    expect(Math.max(...zeros)).toBe(0);
    expect(small[29]).toBeLessThan(1e-15);
    expect(large[29]).toBeGreaterThan(0.75);
    expect(xavier[29]).toBeGreaterThan(0.1);
  });

  test('with ReLU: Xavier halves the variance each layer, MSRA keeps it, too large explodes', () => {
    const { large, xavier, msra } = deviations('relu');
    expect(Math.log2(xavier[0] / xavier[29]) / 29).toBeCloseTo(0.5, 1);
    expect(msra[29] / msra[0]).toBeGreaterThan(0.4);
    expect(msra[29] / msra[0]).toBeLessThan(2.5);
    expect(large[29]).toBeGreaterThan(1e6);
  });
});

subject('optimizers', () => {
  const names = Object.keys(RACERS) as RacerName[];

  test.each(Object.entries(RACES))('on %s the library makes the steps, and all descend', async (name, surface) => {
    const paths = await COMPUTATIONS.race(engine, {
      surface: name as keyof typeof RACES,
      racers: names,
      factor: 1,
      steps: 120,
    });
    for (const racer of names) {
      const path = paths[racer]!;
      expectOnSurface(surface, path);
      // Rules that step by signs go to and fro at the end.
      expect(Math.min(...path.cost), racer).toBeLessThan(path.cost[0] / 5);
    }
  });

  test('the first steps are those of the rules', async () => {
    const surface: Surface = RACES.ravine;
    const paths = await COMPUTATIONS.race(engine, { surface: 'ravine', racers: names, factor: 1, steps: 2 });
    const [w1, w2] = surface.start;
    // ∂C/∂w of the mean over two rows of ½(x·w − t)².
    const gradient = (a: number, b: number): number[] => {
      const [[x1], [, x2]] = surface.x;
      return [(x1 * (x1 * a - surface.t[0])) / 2, (x2 * (x2 * b - surface.t[1])) / 2];
    };
    const [g1, g2] = gradient(w1, w2);
    const step = (racer: RacerName): number[] => [paths[racer]!.w1[1] - w1, paths[racer]!.w2[1] - w2];
    const close = (racer: RacerName, wanted: readonly number[]): void =>
      step(racer).forEach((value, i) => expect(value, racer).toBeCloseTo(wanted[i], 5));
    close('sgd', [-RACERS.sgd * g1, -RACERS.sgd * g2]);
    close('momentum', [-RACERS.momentum * g1, -RACERS.momentum * g2]);
    close('nesterov', [-RACERS.nesterov * 1.9 * g1, -RACERS.nesterov * 1.9 * g2]);
    close('adagrad', [-RACERS.adagrad * Math.sign(g1), -RACERS.adagrad * Math.sign(g2)]);
    close('rmsprop', [-RACERS.rmsprop * 10 * Math.sign(g1), -RACERS.rmsprop * 10 * Math.sign(g2)]);
    close('adam', [-RACERS.adam * Math.sign(g1), -RACERS.adam * Math.sign(g2)]);
    close('lion', [-RACERS.lion * Math.sign(g1), -RACERS.lion * Math.sign(g2)]);
    // The second step of momentum remembers the first.
    const momentum = paths.momentum!;
    const again = gradient(momentum.w1[1], momentum.w2[1]);
    expect(momentum.w1[2] - momentum.w1[1]).toBeCloseTo(-RACERS.momentum * (0.9 * g1 + again[0]), 5);
  });
});

test('every subject is named above, in the order of the slides', () => {
  expect([...named]).toEqual([...SUBJECT_IDS]);
  for (const page of Object.values(pages)) {
    expect(page.all('section').map((section) => section.getAttribute('id'))).toEqual([...SUBJECT_IDS]);
  }
});

test('all four errata of the slides are marked', () => {
  const marked = pages.en.all('aside').map((one) => one.getAttribute('data-erratum'));
  // The third stands at its step of the worked example.
  const atStep = readFileSync(new URL('../src/slides/sections/backpropagation.tsx', import.meta.url), 'utf8');
  expect(atStep).toContain('<Erratum number={3}>');
  expect([...marked, '3'].sort()).toEqual(['1', '2', '3', '4']);
});
