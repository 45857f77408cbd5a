/**
 * The second implementation of docs/numerics.md, in C: random networks have the same bits in it and in the library,
 * both have those of the vectors, and faults that are planted in it are caught by the vectors.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as library from '../../src/index.js';
import { randomDescription } from '../../verification/descriptions.mjs';
import { differenceOf, runLibrary } from '../../verification/library.mjs';
import { missingCompiler, Program } from '../../verification/program.mjs';
import { SUBJECTS } from '../../verification/subjects.mjs';
import { differenceFrom, FOLDER, readVectors } from '../../verification/vectors.mjs';

const NETWORKS = Number(process.env.VERIFIED_NETWORKS ?? 40);
const vectors = readVectors();
const missing = missingCompiler();

test.each(vectors)('the library has the bits of the vector $name', async (vector) => {
  expect(differenceFrom(vector, await runLibrary(library, vector.description))).toBeUndefined();
});

test('every kind of layer, loss, metric and all others that random networks have is in a vector', () => {
  const namesIn = (descriptions: readonly object[]): string[] => {
    const names = new Set<string>();
    JSON.stringify(descriptions, (_key, value: unknown) => {
      if (typeof value === 'string') names.add(value);
      return value;
    });
    return [...names];
  };
  const inVectors = new Set(namesIn(vectors.map(({ description }) => description)));
  const inNetworks = namesIn(Array.from({ length: 400 }, (_, seed) => randomDescription(seed)));
  expect(inNetworks.length).toBeGreaterThan(100);
  expect(inNetworks.filter((name) => !inVectors.has(name))).toEqual([]);
});

test('at least ten of 300 random networks have each optimizer that looks at all rows at once', () => {
  const kinds = Array.from({ length: 300 }, (_, seed) => randomDescription(seed).optimizer.kind);
  for (const kind of ['lbfgs', 'levenbergMarquardt']) {
    expect(kinds.filter((one) => one === kind).length, kind).toBeGreaterThanOrEqual(10);
  }
});

test('at least five of 300 random networks have each of them with several outputs, and as many with several places', () => {
  const networks = Array.from({ length: 300 }, (_, seed) => randomDescription(seed));
  for (const kind of ['lbfgs', 'levenbergMarquardt']) {
    const ofKind = networks.filter(({ optimizer }) => optimizer.kind === kind);
    const ofOutputs = ofKind.filter(({ outputs }) => outputs !== undefined);
    // Places of a layer that has weights, and trains them.
    const ofPlaces = ofKind.filter(({ inputs, layers }) => {
      const several = layers.flatMap(({ same }) => (same === undefined ? [] : [Number(same) - [inputs].flat().length]));
      return several.some((at) => 'units' in layers[at] && layers[at].trainable !== false);
    });
    expect(ofOutputs.length, `${kind} with several outputs`).toBeGreaterThanOrEqual(5);
    expect(ofPlaces.length, `${kind} with a layer in several places`).toBeGreaterThanOrEqual(5);
  }
});

describe('npm run verify', () => {
  const script = fileURLToPath(new URL('../../verification/verify.mjs', import.meta.url));
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'wasm-mlp-vectors-'));
    for (const name of ['affine-sgd.json', 'softmax.json']) cpSync(join(FOLDER, name), join(folder, name));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const run = (...options: string[]) => spawnSync('node', [script, ...options], { encoding: 'utf8' });

  test('prints engine, processor, vectors and result', () => {
    const { status, stdout, stderr } = run('--vectors', folder);
    expect(stderr).toMatch(/^engine +Node .*\nprocessor +.*\nkernels +strict, /);
    expect(stdout).toMatch(/^same {2}affine-sgd: .*\nsame {2}softmax: .*\n\nall 2 vectors have the same bits\n$/);
    expect(status).toBe(0);
  });

  test('exits with 1 and names a vector whose bits are others', () => {
    const file = join(folder, 'softmax.json');
    const given = readFileSync(file, 'utf8');
    // The last bit of the first weight after the last epoch.
    const at = given.lastIndexOf('"first": ["') + '"first": ["'.length + 7;
    const last = (Number.parseInt(given[at], 16) ^ 1).toString(16);
    writeFileSync(file, given.slice(0, at) + last + given.slice(at + 1));
    const { status, stdout } = run('--vectors', folder);
    writeFileSync(file, given);
    expect(status).toBe(1);
    expect(stdout).toMatch(
      /^same {2}affine-sgd: .*\nDIFFERENT {2}softmax: after 9 updates expected .*\n\n1 of 2 vectors/,
    );
  });

  test('hashes random networks for a comparison with another machine', () => {
    const { status, stdout } = run('--random', '3');
    const line = (seed: number): string => `${seed}( ([0-9a-f]{16}|-)){${SUBJECTS.length}}\\n`;
    expect(stdout).toMatch(
      new RegExp(`^# wasm-mlp .*\\nnetwork ${SUBJECTS.join(' ')}\\n${line(0)}${line(1)}${line(2)}$`),
    );
    const hashes = stdout.match(/\b[0-9a-f]{16}\b/g)!;
    expect(new Set(hashes).size).toBe(hashes.length);
    expect(run('--random', '3').stdout).toBe(stdout);
    expect(status).toBe(0);
  });

  test('compares with the hashes of another machine, and names networks and subjects that differ', () => {
    const file = join(folder, 'hashes.txt');
    expect(run('--random', '4', '--out', file)).toMatchObject({ status: 0, stdout: '' });
    const same = run('--compare', file);
    expect(same.stdout).toMatch(/^4 of 4 networks have the bits of wasm-mlp .*\n$/);
    expect(same.status).toBe(0);
    // Another hash of the state of network 1, and of logs and shuffles of network 3.
    const lines = readFileSync(file, 'utf8').split('\n');
    const change = (seed: number, subject: string): void => {
      const cells = lines[2 + seed].split(' ');
      cells[1 + SUBJECTS.indexOf(subject)] = '0123456789abcdef';
      lines[2 + seed] = cells.join(' ');
    };
    change(1, 'state');
    change(3, 'logs');
    change(3, 'shuffles');
    writeFileSync(file, lines.join('\n'));
    const { status, stdout } = run('--compare', file);
    expect(stdout).toMatch(
      /^network 1 differs in state\nnetwork 3 differs in logs, shuffles\n2 of 4 networks have the bits of .*\n$/,
    );
    expect(status).toBe(1);
  });

  test.each([
    [['--random', 'many'], /--random expected a number of networks from 1 on, got many/],
    [['--out', 'hashes.txt'], /--out expected --random/],
    [['--random', '3', '--compare', 'hashes.txt'], /leave out --random/],
    [['--compare', script], /verify\.mjs: a line with network and the names of subjects expected first/],
    [['--compare', 'nowhere.txt'], /no such file/],
    [['--randon', '3'], /Unknown option '--randon'/],
  ])('refuses %j', (options, message) => {
    const { status, stdout, stderr } = run(...options);
    expect(stderr).toMatch(message);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  });
});

/** Faults of c/faults.h, and a vector that has to catch each of them: the one of its subject. */
const FAULTS = {
  fused_product: 'affine-sgd',
  bias_last: 'affine-sgd',
  sum_from_the_end: 'affine-sgd',
  lanes_in_a_row: 'softmax',
  exponential_constant: 'functions',
  logarithm_constant: 'functions',
  tangent_constant: 'functions',
  error_constant: 'functions',
  exponential_above: 'large-values',
  exponential_below: 'large-values',
  expm1_below: 'large-values',
  error_bounds: 'large-values',
  mish_above: 'large-values',
  tanh_gelu_bounds: 'large-values',
  celu_threshold: 'tiny-values',
  mask_counter: 'masks',
  shuffle_word: 'affine-sgd',
  angle_of_normals: 'initializers',
  span_in_double: 'initializers',
  one_pass: 'orthogonal-again',
  first_attempt: 'orthogonal-attempt',
  dropped_in_single: 'masks',
  norm_threshold: 'tiny-values',
  unbiased_rest: 'batch-normalization',
  statistics_of_update: 'accumulated-statistics',
  one_block: 'many-rows',
  smoothing_in_single: 'categorical-of-outputs',
  validation_not_smoothed: 'binary-of-outputs',
  balance_in_single: 'binary-focal',
  quantile_in_double: 'adamax',
  penalty_in_double: 'penalties',
  penalty_of_batch: 'accumulated-statistics',
  penalty_terms: 'accumulated-statistics',
  frozen_penalty: 'frozen',
  walk_backwards: 'several-inputs',
  first_place: 'layer-in-three-places',
  last_place: 'layers-in-two-places',
  statistics_of_place: 'statistics-in-two-places',
  last_loss_first: 'lbfgs-of-outputs',
  weight_of_loss: 'several-outputs',
  first_weights: 'weights-of-outputs',
  boundary_before: 'piecewise-rate',
  milestone_after: 'sequence-of-rates',
  range_of_cycles: 'moving-momentum',
  correction_not_moved: 'moving-momentum-of-adamax',
  squares_of_row: 'metrics-of-numbers',
  rows_once: 'weighted-metrics',
  cut_of_targets: 'metrics-of-yes-alone',
  ties_are_better: 'metrics-of-ties',
  absent_classes: 'metrics-of-classes',
  one_root: 'metrics-of-logits',
  shares_of_one: 'metrics-of-classes',
  bins_from_below: 'metrics-of-ties',
  ties_are_lost: 'metrics-of-ties',
  straight_lines: 'weighted-metrics',
  percent_of_quotients: 'metrics-of-numbers',
  norms_first: 'weighted-metrics-of-numbers',
  mean_before: 'metrics-of-numbers',
  metric_not_smoothed: 'metrics-of-answers',
  matrices_decay: 'logarithmic-error',
  decay_in_single: 'logarithmic-error',
  bias_correction: 'sigmoid',
  epsilon_in_root: 'sigmoid',
  repeated_product: 'percentage-error',
  statistics_averaged: 'accumulated-statistics',
  loss_in_single: 'affine-sgd',
  statistics_of_trials: 'lbfgs-statistics',
  loss_before: 'lbfgs',
  penalty_not_minimized: 'lbfgs',
  dot_in_single: 'lbfgs',
  step_in_double: 'lbfgs',
  oldest_first: 'lbfgs',
  scale_of_oldest: 'lbfgs',
  curvature_threshold: 'lbfgs-line-search',
  history_kept: 'lbfgs-line-search',
  relative_change: 'lbfgs',
  full_first_step: 'lbfgs',
  any_decrease: 'lbfgs-line-search',
  weak_curvature: 'lbfgs-line-search',
  no_margin: 'lbfgs-line-search',
  bisection: 'lbfgs-line-search',
  no_growth_limit: 'lbfgs-line-search',
  weight_not_rooted: 'levenberg-marquardt',
  root_in_single: 'levenberg-marquardt-singular',
  curvature_in_single: 'levenberg-marquardt',
  curvature_in_blocks: 'levenberg-marquardt-many-rows',
  last_row_first: 'levenberg-marquardt-singular',
  last_column_first: 'levenberg-marquardt-singular',
  last_output_first: 'levenberg-marquardt-of-places',
  weight_of_squares: 'levenberg-marquardt-of-outputs',
  weight_in_single: 'levenberg-marquardt-of-outputs',
  seed_of_first: 'levenberg-marquardt-of-outputs',
  derivatives_without_loss: 'levenberg-marquardt-of-outputs',
  last_place_first: 'levenberg-marquardt-of-places',
  places_in_single: 'levenberg-marquardt-of-places',
  penalty_without_curvature: 'levenberg-marquardt',
  factor_from_below: 'levenberg-marquardt-singular',
  solution_in_single: 'levenberg-marquardt',
  scaled_damping: 'levenberg-marquardt',
  damping_in_double: 'levenberg-marquardt',
  no_least_damping: 'levenberg-marquardt-damping',
  equal_loss: 'levenberg-marquardt-damping',
};

test.runIf(process.env.REQUIRE_GCC)('the C program is compiled here', () => {
  expect(missing).toBeUndefined();
});

describe.skipIf(missing !== undefined)(
  `the program in C${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  () => {
    let program: Program;
    beforeAll(() => {
      program = new Program();
    });
    afterAll(() => program.dispose());

    test.each(vectors)('has the bits of the vector $name', (vector) => {
      expect(differenceFrom(vector, program.run(vector.description))).toBeUndefined();
    });

    test(
      `has the bits of the library for ${NETWORKS} random networks`,
      async () => {
        for (let seed = 0; seed < NETWORKS; seed++) {
          const description = randomDescription(seed);
          const difference = differenceOf(await runLibrary(library, description), program.run(description));
          expect(difference, `network ${seed}`).toBeUndefined();
        }
      },
      60_000 + 1_000 * NETWORKS,
    );

    test('names what differs first', () => {
      const result = program.run(vectors[0].description);
      const { epochs } = result;
      const other = { ...result, epochs: [{ ...epochs[0], logs: { loss: '0' } }, ...epochs.slice(1)] };
      expect(differenceOf(result, result)).toBeUndefined();
      expect(differenceOf(result, other)).toMatch(/^logs of epoch 0: /);
      expect(differenceOf(result, { ...result, epochs: [...epochs, epochs[0]] })).toMatch(/^number of epochs: /);
      expect(differenceOf(result, { ...result, stopReason: 'goal' })).toMatch(/^reason to stop: undefined and "goal"$/);
    });

    test('a vector names how the training ends', () => {
      const vector = vectors.find(({ name }) => name === 'lbfgs')!;
      const result = program.run(vector.description);
      const { epochs } = result;
      expect(result.stopReason).toBe('changeTolerance');
      expect(differenceFrom(vector, { ...result, stopReason: undefined })).toMatch(/the reason none$/);
      expect(differenceFrom(vector, { ...result, epochs: [...epochs, epochs[0]] })).toMatch(/got \d+ epochs/);
    });

    describe('with faults', () => {
      let faulty: Program;
      beforeAll(() => {
        faulty = new Program(true);
      });
      afterAll(() => faulty.dispose());

      test.each(Object.entries(FAULTS))('the fault %s is caught by the vector %s', (fault, name) => {
        const vector = vectors.find((one) => one.name === name)!;
        expect(differenceFrom(vector, faulty.run(vector.description, fault))).toBeDefined();
      });

      test('has the right bits while none is planted', () => {
        expect(differenceFrom(vectors[0], faulty.run(vectors[0].description))).toBeUndefined();
      });

      test('refuses a fault that it does not have', () => {
        expect(() => faulty.run(vectors[0].description, 'no_such_fault')).toThrow('fault unknown: no_such_fault');
      });

      test('every fault has a vector that catches it', () => {
        const header = readFileSync(new URL('../../verification/c/faults.h', import.meta.url), 'utf8');
        const names = [...header.matchAll(/^ {2}X\((\w+)\)/gm)].map(([, name]) => name);
        expect(names.sort()).toEqual(Object.keys(FAULTS).sort());
      });
    });

    test('includes no file of the library', () => {
      const folder = fileURLToPath(new URL('../../verification/c', import.meta.url));
      const included = execFileSync('grep', ['-rh', '#include', folder], { encoding: 'utf8' }).match(/["<].*[">]/g)!;
      const own = [
        ...['"reference.h"', '"faults.h"'],
        ...['float', 'math', 'stdbool', 'stdint', 'stdio', 'stdlib', 'string'].map((n) => `<${n}.h>`),
      ];
      expect([...new Set(included)].filter((name) => !own.includes(name))).toEqual([]);
    });
  },
);
