/**
 * The statistics and verdicts of the benchmarks on made-up times: a planted slowdown must be found, and the same build
 * must never count as slower. Also damaged result files, and the benchmarks' data, which other languages must
 * reproduce.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { ABI } from '../../src/runtime/abi.js';

// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Functions = Record<string, any>;

/**
 * Imported without types: these lead to the AssemblyScript compiler's, which declare the arrays of its own language for
 * all files of a program.
 */
const load = (path: string): Promise<Functions> =>
  import(new URL(`../../bench/${path}`, import.meta.url).href) as Promise<Functions>;
const { compareSides, THRESHOLD } = await load('measure/comparison.mjs');
const { measureAgain } = await load('measure/again.mjs');
const { generator, medianInterval, pairedSpeed, powerLaw, quantile, studentBound, verdictOf } =
  await load('measure/statistics.mjs');
const { Progress } = await load('measure/progress.mjs');
const { secondsOf } = await load('measure/estimate.mjs');
const { measure } = await load('measure/session.mjs');
const { readSides } = await load('measure/sides.mjs');
/** Options that several commands read. */
const { SIDE_OPTIONS, AGAINST_OPTIONS } = (await load('measure/sides.mjs')) as unknown as Record<string, object>;
const { HELP_OPTION } = (await load('options.mjs')) as unknown as Record<string, object>;
const { readExpected } = await load('measure/expected.mjs');
const { sha256Of } = await load('measure/sha256.mjs');
const { classificationData } = await load('workloads/data.mjs');
const { readResult } = await load('report/result.mjs');
const { kernelCases } = await load('kernels/cases.mjs');

/** Numbers of processes and rounds with which --against measures. */
const PROCESSES = 10;
const ROUNDS = 5;

/**
 * Makes up times of two sides that alternate on a shared computer: each process has its own speed, the drift of a round
 * is the same for both sides, and each time varies by some percent, sometimes by a third.
 */
function times(seed: number, slowdown: number) {
  const random = generator(seed) as () => number;
  const noise = (): number => 1 + 0.02 * (random() + random() - 1) + (random() < 0.05 ? 0.3 * random() : 0);
  const groups = Array.from({ length: PROCESSES }, () => {
    const own = 1 + 0.02 * (random() - 0.5);
    const rounds = Array.from({ length: ROUNDS }, () => {
      const drift = 1 + 0.5 * random();
      return [drift * noise(), drift * own * slowdown * noise()] as const;
    });
    return rounds;
  });
  const side = (index: 0 | 1) => ({ amount: 1, seconds: groups.map((rounds) => rounds.map((pair) => pair[index])) });
  return { before: side(0), after: side(1) };
}

const verdict = (seed: number, slowdown: number): string => {
  const { before, after } = times(seed, slowdown);
  const row = { name: 'row', of: 'flop' as const, sides: [] };
  return compareSides(row, before, after, { threshold: THRESHOLD, paired: true }).verdict;
};

const seeds = Array.from({ length: 200 }, (_, i) => i + 1);

describe('bench:compare', () => {
  test('finds a slowdown of 10 % in nearly all of two hundred runs', () => {
    const found = seeds.filter((seed) => verdict(seed, 1.1) === 'slower').length;
    expect(found).toBeGreaterThanOrEqual(190);
  });

  test('finds no difference in two hundred runs of the same build', () => {
    expect(seeds.filter((seed) => ['slower', 'faster'].includes(verdict(seed, 1)))).toEqual([]);
  });

  test('is rarely sure at the threshold itself', () => {
    const slower = seeds.filter((seed) => verdict(seed, 1 / (1 - THRESHOLD)) === 'slower').length;
    expect(slower).toBeLessThan(seeds.length / 5);
  });

  test('gives differences about zero no ratio, and so no verdict', () => {
    const row = { name: 'start/small', of: 'call', difference: true, sides: [] };
    const side = (seconds: number[]) => ({ amount: 1, seconds: [seconds] });
    const options = { threshold: THRESHOLD, paired: true };
    const plain = side([0.01, 0.011, 0.012, 0.01]);
    expect(compareSides(row, plain, side([-0.001, 0.002, -0.003, 0.001]), options)).toMatchObject({
      verdict: 'unsure',
      speed: { estimate: NaN },
    });
    expect(compareSides(row, plain, side([0.02, 0.021, 0.022, 0.02]), options).verdict).toBe('slower');
  });

  test('compares sizes exactly', () => {
    const row = { name: 'size/index.js', of: 'size' as const, sides: [] };
    const side = (bytes: number) => ({ amount: 1, seconds: [], bytes });
    const options = { threshold: THRESHOLD, paired: true };
    expect(compareSides(row, side(100), side(110), options).verdict).toBe('slower');
    expect(compareSides(row, side(100), side(100), options).verdict).toBe('same');
  });
});

describe('a damaged file', () => {
  interface Side {
    amount?: number;
    seconds?: unknown;
    bytes?: number;
  }
  const side = (): Side => ({ amount: 1, seconds: [[1, 2, 3]] });
  const file = () => ({
    format: 'wasm-mlp-bench',
    version: 1,
    date: '2026-01-01',
    machine: { processor: 'one' },
    settings: { rounds: 3 },
    sides: [{ name: 'this', engine: {} }],
    rows: [
      { name: 'a', of: 'flop', sides: [side(), side()] },
      { name: 'size/b', of: 'size', sides: [{ amount: 1, seconds: [], bytes: 5 }] as Side[] },
    ],
  });
  type File = ReturnType<typeof file>;
  const damages: [string, (whole: File) => unknown][] = [
    ['no times', ({ rows }) => (rows[0].sides[0].seconds = [])],
    ['a process without times', ({ rows }) => (rows[0].sides[0].seconds = [[]])],
    ['times that JSON has no number for', ({ rows }) => (rows[0].sides[0].seconds = [[null, null, null]])],
    ['times in words', ({ rows }) => (rows[0].sides[0].seconds = [['1', '2', '3']])],
    ['times of zero', ({ rows }) => (rows[0].sides[0].seconds = [[0, 0, 0]])],
    ['pairs that are cut off', ({ rows }) => (rows[0].sides[1].seconds = [[1, 2]])],
    ['no amount', ({ rows }) => delete rows[0].sides[0].amount],
    ['a size without bytes', ({ rows }) => delete rows[1].sides[0].bytes],
    ['an unknown kind of row', ({ rows }) => (rows[0].of = 'heap')],
    ['a row that occurs twice', ({ rows }) => rows.push(rows[0])],
    ['a row without sides', ({ rows }) => (rows[0].sides = [])],
    ['no rows', (whole) => delete (whole as Partial<File>).rows],
    ['no machine', (whole) => delete (whole as Partial<File>).machine],
    ['no sides', (whole) => (whole.sides = [])],
    ['another format', (whole) => (whole.format = 'other')],
  ];

  test('is refused, unlike an undamaged one', () => {
    const whole = file();
    expect(readResult(whole, 'new.json')).toBe(whole);
    for (const [what, damage] of damages) {
      const damaged = file();
      damage(damaged);
      expect(() => readResult(damaged, 'new.json') as unknown, what).toThrow(/^new\.json: /);
    }
  });
});

describe('measuring again', () => {
  /** Repetitions of one side, the same in each process. */
  const side = (times: readonly number[], processes: number) => ({
    amount: 1,
    seconds: Array.from({ length: processes }, () => times),
  });
  /** Rows of a run: now over before, by name; a single number is that of every round. */
  const rowsOf = (slowdowns: Record<string, number | number[]>, { rounds = 3, processes = 1 } = {}) =>
    Object.entries(slowdowns).map(([name, slowdown]) => {
      const now = Array.isArray(slowdown) ? slowdown : Array<number>(rounds).fill(slowdown);
      const before = now.map(() => 1);
      return {
        name,
        of: name.startsWith('size') ? 'size' : 'flop',
        sides: [side(now, processes), side(before, processes)],
      };
    });

  /** Runs the further measurements that are asked for, which find `later` one after the other. */
  async function again(
    first: Record<string, number | number[]>,
    later: readonly Record<string, number>[],
    plan = { rounds: 3, processes: 1 },
  ) {
    const asked: { units: string[]; rounds: number; processes: number }[] = [];
    const measure = (further: { wants: (unit: string) => boolean; rounds: number; processes: number }) => {
      const found = later[asked.length] ?? {};
      const { rounds, processes } = further;
      asked.push({ units: ['a', 'b', 'c'].filter(further.wants), rounds, processes });
      return Promise.resolve(rowsOf(found, further));
    };
    const rows = (await measureAgain(
      { ...plan, log: () => undefined },
      rowsOf(first, plan),
      THRESHOLD,
      measure,
    )) as ReturnType<typeof rowsOf>;
    const verdicts = rows.map((row) => {
      const [now, other] = row.sides;
      return compareSides(row, other, now, { threshold: THRESHOLD, paired: true }).verdict as string;
    });
    return { asked, rows, verdicts: Object.fromEntries(rows.map(({ name }, i) => [name, verdicts[i]])) };
  }

  test('measures nothing where nothing differs', async () => {
    const { asked, verdicts } = await again({ a: 1.04, b: 0.96 }, []);
    expect({ asked, verdicts }).toEqual({ asked: [], verdicts: { a: 'same', b: 'same' } });
  });

  test('measures nothing where some rounds were as fast as before', async () => {
    expect((await again({ a: [1.2, 1.2, 0.9], b: [0.8, 0.8, 1.1] }, [])).asked).toEqual([]);
  });

  test('measures no size, which does not vary', async () => {
    expect((await again({ 'size/index.js': 1.2 }, [])).asked).toEqual([]);
  });

  test('measures differing rows in more processes, and drops a difference that does not recur', async () => {
    const { asked, verdicts, rows } = await again({ a: 1.2, b: 1, c: 0.8 }, [{ a: 1.01, c: 0.99 }]);
    expect(asked).toEqual([{ units: ['a', 'c'], rounds: 3, processes: 4 }]);
    expect(verdicts).toEqual({ a: 'same', b: 'same', c: 'same' });
    expect(rows.map((row) => 'again' in row)).toEqual([true, false, true]);
  });

  test('measures a recurring difference once more, and decides by the last measurement', async () => {
    const { asked, verdicts } = await again({ a: 1.2, b: 1.2, c: 1 }, [{ a: 1.2, b: 1.01 }, { a: 1.1 }]);
    expect(asked).toEqual([
      { units: ['a', 'b'], rounds: 3, processes: 4 },
      { units: ['a'], rounds: 5, processes: 10 },
    ]);
    expect(verdicts).toEqual({ a: 'slower', b: 'same', c: 'same' });
  });

  test('never measures less than at first', async () => {
    const { asked } = await again({ a: 1.2 }, [{ a: 1.2 }, { a: 1.2 }], { rounds: 9, processes: 5 });
    expect(asked.map(({ rounds, processes }) => [rounds, processes])).toEqual([
      [9, 5],
      [9, 10],
    ]);
  });

  test('measures by unit, and takes only the differing row of a unit with several', async () => {
    const { asked, verdicts } = await again({ a: 1, 'a, p99': 1.5 }, [{ a: 1.5, 'a, p99': 1 }]);
    expect(asked.map(({ units }) => units)).toEqual([['a']]);
    expect(verdicts).toEqual({ a: 'same', 'a, p99': 'same' });
  });
});

describe('statistics', () => {
  test('quantile interpolates linearly', () => {
    expect(quantile([3, 1, 2], 0.5)).toBe(2);
    expect(quantile([1, 2, 3, 4], 0.5)).toBe(2.5);
    expect(quantile([5], 0.99)).toBe(5);
  });

  test.each([
    [1, 3, 0, 0.86],
    [1, 15, 0, 0.9],
    [3, 5, 0, 0.93],
    [3, 5, 0.05, 0.93],
    [3, 5, 0.15, 0.9],
    [4, 3, 0.05, 0.93],
    [10, 5, 0.05, 0.93],
  ])(
    'intervals of %i processes of %i rounds hold the median as often as stated, even if processes differ by %f',
    (processes, rounds, own, least) => {
      const random = generator(5) as () => number;
      const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
      const trials = 400;
      let held = 0;
      for (let trial = 0; trial < trials; trial++) {
        const groups = Array.from({ length: processes }, () => {
          const speed = own * normal();
          return Array.from({ length: rounds }, () => Math.exp(speed + 0.05 * normal()));
        });
        const { low, high } = medianInterval(groups, { resamples: 300 });
        held += Number(low <= 1 && 1 <= high);
      }
      expect(held / trials).toBeGreaterThan(least);
    },
  );

  test("studentBound equals the tables of Student's distribution", () => {
    const table = { 1: 12.706, 2: 4.303, 4: 2.776, 9: 2.262, 30: 2.042 };
    for (const [freedom, bound] of Object.entries(table)) {
      expect(studentBound(0.95, Number(freedom))).toBeCloseTo(bound, 3);
    }
    expect(studentBound(0.8, 1000)).toBeCloseTo(1.2824, 3);
  });

  test('a single repetition has an unbounded interval', () => {
    expect(medianInterval([[2]])).toEqual({ estimate: 2, low: -Infinity, high: Infinity });
  });

  test('pairedSpeed cancels whatever slows both sides', () => {
    const before = [[1, 2, 3]];
    expect(pairedSpeed(before, [[2, 4, 6]]).estimate).toBe(0.5);
    expect(pairedSpeed(before, before)).toEqual({ estimate: 1, low: 1, high: 1 });
  });

  test('verdictOf needs the whole interval', () => {
    expect(verdictOf({ estimate: 0.9, low: 0.85, high: 0.94 }, 0.05)).toBe('slower');
    expect(verdictOf({ estimate: 0.9, low: 0.85, high: 0.96 }, 0.05)).toBe('unsure');
    expect(verdictOf({ estimate: 1, low: 0.96, high: 1.04 }, 0.05)).toBe('same');
    expect(verdictOf({ estimate: 1.2, low: 1.1, high: 1.3 }, 0.05)).toBe('faster');
  });

  test('powerLaw finds the exponent', () => {
    const x = [1, 2, 4, 8];
    const { exponent, factor } = powerLaw(
      x,
      x.map((v) => 3 * v * v),
    );
    expect(exponent).toBeCloseTo(2, 12);
    expect(factor).toBeCloseTo(3, 12);
  });
});

test('the data of the workloads is the same as that of other languages', () => {
  const { x, labels } = classificationData({ inputs: 3, classes: 2, rows: 4 });
  const digest = createHash('sha256').update(x).update(labels).digest('hex');
  // Digest of the data that bench/peers/peers.py makes with NumPy.
  expect(digest).toBe('e42f788acea5375e31a944ad8568294629f4e62394b7d280391c8cc801ae2047');
});

test('the SHA-256 of pages is that of the platform, however its bytes are divided', () => {
  const bytes = Uint8Array.from({ length: 300 }, (_, i) => i * 37 + (i >> 3));
  for (let length = 0; length <= bytes.length; length++) {
    const [a, b] = [length % 7, (length * 5) % 71].map((at) => Math.min(at, length)).sort((x, y) => x - y);
    const chunks = [bytes.subarray(0, a), bytes.subarray(a, b), bytes.subarray(b, length)];
    expect(sha256Of(chunks), `${length} bytes`).toBe(
      createHash('sha256').update(bytes.subarray(0, length)).digest('hex'),
    );
  }
});

test('bench/checksums.json has a checksum for each case of the kernels, and no others', () => {
  const stated = JSON.parse(readFileSync(new URL('../../bench/checksums.json', import.meta.url), 'utf8')) as Record<
    string,
    object
  >;
  const cases = (kernelCases(ABI) as { kind: string; name: string }[]).filter(({ kind }) => kind !== 'bound');
  for (const numerics of ['strict', 'fused']) {
    const kernels = Object.keys(stated[numerics]).filter((name) => name.startsWith('kernel/'));
    expect(kernels.sort()).toEqual(cases.map(({ name }) => name).sort());
  }
});

describe('npm run bench', () => {
  const pathOf = (path: string): string => fileURLToPath(new URL(`../../bench/${path}`, import.meta.url));

  const { scripts } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const commands = Object.entries(scripts).flatMap(([name, command]) => {
    const file = /^bench\b/.test(name) ? /node bench\/(\S+)$/.exec(command)?.[1] : undefined;
    return file === undefined ? [] : [[name, file] as const];
  });

  /** Names of options that a file reads by `parseArgs`, those that it takes from others included. */
  function optionsOf(file: string): string[] {
    const text = readFileSync(pathOf(file), 'utf8');
    const own = [...text.matchAll(/'?([a-z-]+)'?: \{ type: '(?:string|boolean)'/g)].map(([, name]) => name);
    const shared = { SIDE_OPTIONS, AGAINST_OPTIONS, HELP_OPTION };
    return [
      ...own,
      ...Object.entries(shared).flatMap(([name, options]) => (text.includes(name) ? Object.keys(options) : [])),
    ];
  }

  test('has a command for each kind of measurement', () => {
    expect(commands.length).toBeGreaterThanOrEqual(8);
  });

  test.each(commands)('%s --help prints every option that is read, in at most 120 columns', (name, file) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [pathOf(file), '--help'], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain(`npm run ${name} --`);
    const options = optionsOf(file);
    expect(options).toContain('help');
    for (const option of options) expect(stdout).toContain(`  --${option}`);
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(120);
  });

  test('every measurement has an estimate, and the shares of a run grow from 0 to 1', async () => {
    const stated = JSON.parse(readFileSync(pathOf('checksums.json'), 'utf8')) as { strict: object };
    for (const name of Object.keys(stated.strict)) {
      const { prepare, run } = secondsOf(name, 1000) as { prepare: number; run: number };
      expect(Math.min(prepare, run), name).toBeGreaterThan(0);
      expect(Math.max(prepare, run), name).toBeLessThan(60);
    }
    const shares: number[] = [];
    let begun: unknown;
    await measure({
      sides: readSides({}),
      groups: ['predict'],
      wants: (name: string) => name.startsWith('predict/tiny'),
      rounds: 1,
      processes: 2,
      tailCalls: 1,
      expected: readExpected(),
      log: () => undefined,
      begin: (run: object) => (begun = run),
      step: ({ share }: { share: number }) => shares.push(share),
    });
    expect(begun).toEqual({ seconds: expect.any(Number) as number, units: 2 });
    // A preparation and a round of each unit in each process.
    expect(shares).toHaveLength(8);
    expect(shares[0]).toBe(0);
    expect(shares[4]).toBe(0.5);
    expect(shares.slice(1).every((share, i) => share > shares[i] && share < 1)).toBe(true);
  });

  test('says how long a run will take, then how long is left: at a terminal in one line, elsewhere once a minute', () => {
    let now = 0;
    const written: string[] = [];
    const run = (isTTY: boolean, stepMs: number, seconds = 100): string => {
      written.length = 0;
      now = 0;
      const progress = new Progress({ write: (text: string) => written.push(text), isTTY, columns: 80 }, () => now);
      progress.begin({ seconds, units: 2 });
      for (let step = 0; step < 16; step++) {
        const [process, round] = [Math.floor(step / 8), Math.floor((step % 8) / 2)];
        const what = step % 2 === 0 ? 'train/tiny' : 'train/mid';
        progress.step({ process, processes: 2, round, rounds: 3, what, share: step / 16 });
        now += stepMs;
      }
      progress.note('done');
      return written.join('');
    };
    const atTerminal = run(true, 15_000);
    expect(atTerminal.startsWith('2 measurements, about 2 min\n\r\x1b[K')).toBe(true);
    // Nothing is known yet but the estimate.
    expect(atTerminal).toContain('\r\x1b[Kprocess 1 of 2, preparing train/tiny, about 2 min left');
    // Eight of sixteen steps of a quarter of a minute are left.
    expect(atTerminal).toContain('\r\x1b[Kprocess 2 of 2, preparing train/tiny, about 2 min left');
    expect(atTerminal).toContain('\r\x1b[Kprocess 2 of 2, round 3 of 3, train/mid, about 15 s left');
    expect(atTerminal.endsWith('\r\x1b[Kdone\n')).toBe(true);
    expect(run(false, 15_000)).toBe(
      [
        '2 measurements, about 2 min',
        'process 1 of 2, round 2 of 3, train/tiny, about 3 min left',
        'process 2 of 2, preparing train/tiny, about 2 min left',
        'process 2 of 2, round 2 of 3, train/tiny, about 1 min left',
        'done',
        '',
      ].join('\n'),
    );
    expect(run(false, 1000)).toBe('2 measurements, about 2 min\ndone\n');
    expect(['\r', '\x1b'].some((control) => run(false, 15_000).includes(control))).toBe(false);
    expect([0.2, 59, 720, 5040].map((seconds) => run(false, 1000, seconds).split('\n')[0])).toEqual(
      ['1 s', '59 s', '12 min', '1 h 24 min'].map((time) => `2 measurements, about ${time}`),
    );
  });
});

test('docs/peers.svg is drawn of the table in docs/benchmarks.md, ours in one colour', async () => {
  const read = (path: string): string => readFileSync(new URL(`../../docs/${path}`, import.meta.url), 'utf8');
  const { chartOfDocument } = await load('peers/chart.mjs');
  const chart = chartOfDocument(read('benchmarks.md')) as string;
  expect(read('peers.svg')).toBe(chart);
  const bars = [...chart.matchAll(/>([^<]+)<\/text>\n<rect [^>]*fill="(#\w+)"\/>/g)];
  expect(bars.length).toBeGreaterThan(100);
  for (const [, name, colour] of bars) expect(colour, name).toBe(name.startsWith('wasm-mlp') ? '#0072b2' : '#b8b8b8');
  expect(() => chartOfDocument(read('benchmarks.md').replace('126,553/s', 'fast')) as unknown).toThrow(
    'a rate, a time or GFLOP/s expected',
  );
});
