/**
 * `sweep` on one machine and as an array job: the table is the same to the byte whatever ran where, and whatever was
 * killed. SWEEP_TRIALS=100 makes the tests long.
 */
import { appendFileSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { arrayIndex } from '../src/sweep/array-index.js';
import { rungsOf } from '../src/sweep/rungs.js';
import { TrialThreads, type ThreadData } from '../src/sweep/threads.js';
import { run, start, temporaryFolder, wideLines, type Outcome } from './command.js';
import { writeFlowers } from './flowers.js';

const TRIALS = Number(process.env.SWEEP_TRIALS ?? 6);
const LONG = 60_000 + 6000 * TRIALS;

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);
const read = (name: string): string => readFileSync(at(name), 'utf8');
const lines = (name: string): string[] =>
  existsSync(at(name))
    ? read(name)
        .split('\n')
        .filter((line) => line !== '')
    : [];

const SWEEP = ['sweep', 'flowers.csv', '-t', 'kind', '--epochs', '6', '--folds', '2', '-q'];
const THESE = [...SWEEP, '--trials', String(TRIALS)];
const wasm = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Outcome> =>
  run(args, { cwd: folder, env });

async function ok(outcome: Promise<Outcome>): Promise<string> {
  const { status, output, errors } = await outcome;
  expect({ status, errors: status === 0 ? '' : errors }).toEqual({ status: 0, errors: '' });
  return output;
}

/** Runs tasks of an array job, some at a time. */
async function runArray(tasks: number, args: readonly string[], atOnce = 3): Promise<string[]> {
  const printed: string[] = [];
  const variables = ['JOB_COMPLETION_INDEX', 'SLURM_ARRAY_TASK_ID', 'AWS_BATCH_JOB_ARRAY_INDEX'];
  let next = 0;
  const one = async (): Promise<void> => {
    for (let task = next++; task < tasks; task = next++) {
      printed[task] = await ok(wasm([...args, '--index'], { [variables[task % 3]]: String(task) }));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, one));
  return printed;
}

let text: string;

beforeAll(async () => {
  writeFlowers(at('flowers.csv'));
  text = await ok(wasm([...THESE, '--threads', '1', '-r', 'one.jsonl', '-o', 'one.csv']));
}, LONG);

describe('the table of a sweep', () => {
  test('has each trial once, the first with the defaults, and says how to train the best', async () => {
    const [head, ...rows] = lines('one.csv');
    expect(head).toBe('epochs,trial,score,spread,hidden,learning rate,l2,batch size,bytes,hash,error');
    expect(rows.map((row) => row.split(',')[1])).toEqual(Array.from({ length: TRIALS }, (_, trial) => String(trial)));
    expect(rows[0]).toMatch(/^6,0,0\.\d+,0\.?\d*,100,0\.001,0\.0001,32,\d+,[0-9a-f]{64},$/);
    const command = text.split('\n').find((line) => line.startsWith('  wasm-mlp train '))!;
    expect(wideLines(text.replace(command, ''))).toEqual([]);
    const args = command.trim().split(' ').slice(1);
    expect(await ok(wasm([...args, '--no-report', '-q']))).toContain('Hash of the weights');
  });

  test(
    'is the same to the byte by one thread, by four, and by tasks of an array job that append to one file',
    async () => {
      expect(await ok(wasm([...THESE, '--threads', '4', '-o', 'four.csv']))).toBe(text);
      const printed = await runArray(TRIALS, [...THESE, '-r', 'array.jsonl']);
      expect(await ok(wasm(['sweep', 'gather', 'array.jsonl', '-o', 'array.csv']))).toBe(text);
      expect(read('four.csv')).toBe(read('one.csv'));
      expect(read('array.csv')).toBe(read('one.csv'));
      // What a task prints is the line of its trial: logs that something collects will do.
      const described = await ok(wasm([...THESE, '--describe']));
      writeFileSync(at('logs.txt'), described + printed.map((line) => `2026-01-01T00:00:00Z ${line}`).join(''));
      expect(await ok(wasm(['sweep', 'gather', 'logs.txt']))).toBe(text);
    },
    LONG,
  );

  test('is the same from a folder in which each process has a file', async () => {
    mkdirSync(at('results'));
    for (const index of [1, 0]) await ok(wasm([...THESE, '-r', 'results', '--index', String(index)]));
    expect(readdirSync(at('results'))).toHaveLength(2);
    expect(await ok(wasm([...THESE, '-r', 'results/']))).toBe(text);
    expect(await ok(wasm(['sweep', 'gather', 'results']))).toBe(text);
  });

  test(
    'is the same where processes are killed again and again, and lines are torn',
    async () => {
      let kills = 0;
      for (let before = 0; before < TRIALS + 1; before = lines('killed.jsonl').length) {
        const child = start([...THESE, '-r', 'killed.jsonl', '--threads', '2'], { cwd: folder });
        const ended = new Promise((resolve) => child.on('close', resolve));
        while (lines('killed.jsonl').length <= before && child.exitCode === null)
          await new Promise((resolve) => setTimeout(resolve, 5));
        if (child.exitCode === null) kills += 1;
        child.kill('SIGKILL');
        await ended;
      }
      expect(kills).toBeGreaterThan(1);
      // As if the last one had been killed while it wrote.
      writeFileSync(at('killed.jsonl'), read('killed.jsonl').slice(0, -40));
      expect(await ok(wasm([...THESE, '-r', 'killed.jsonl', '-o', 'killed.csv']))).toBe(text);
      expect(read('killed.csv')).toBe(read('one.csv'));
      expect(await wasm(['sweep', 'gather', 'killed.jsonl'])).toMatchObject({
        ...{ status: 0, output: text },
        errors: expect.stringMatching(/^Note: 1 lines are torn/) as string,
      });
    },
    LONG,
  );
});

describe('successive halving', () => {
  test('divides trials and multiplies epochs, and ends with all epochs', () => {
    expect(rungsOf(100, 200)).toEqual([{ trials: 100, epochs: 200 }]);
    expect(rungsOf(100, 200, 3)).toEqual([
      ...[
        { trials: 100, epochs: 7 },
        { trials: 33, epochs: 22 },
        { trials: 11, epochs: 66 },
      ],
      { trials: 3, epochs: 200 },
    ]);
    expect(rungsOf(4, 200, 2).map(({ trials }) => trials)).toEqual([4, 2, 1]);
    expect(rungsOf(5, 6, 3)).toEqual([{ trials: 5, epochs: 6 }]);
  });

  test(
    'is the same by threads and by an array for each rung, with gather between',
    async () => {
      const halving = ['sweep', 'flowers.csv', '-t', 'kind', '--epochs', '20', '--folds', '2', '-q', '--halving', '2'];
      const args = [...halving, '--trials', String(TRIALS)];
      const whole = await ok(wasm([...args, '-o', 'halved.csv']));
      const rungs = rungsOf(TRIALS, 20, 2);
      expect(rungs.length).toBeGreaterThan(1);
      await runArray(rungs[0].trials, [...args, '-r', 'rungs.jsonl']);
      for (const [rung, { trials }] of rungs.entries()) {
        if (rung === 0) continue;
        const next = await ok(wasm(['sweep', 'gather', 'rungs.jsonl', '--next']));
        expect(next).toMatch(new RegExp(`^--rung ${rung} --of \\d+(,\\d+)*\n$`));
        // With the list no results are needed, and with the results no list.
        const how = rung === 1 ? next.trim().split(' ') : ['--rung', String(rung), '-r', 'rungs.jsonl'];
        const printed = await runArray(trials, [...args, ...how]);
        if (rung === 1) appendFileSync(at('rungs.jsonl'), printed.join(''));
      }
      expect(await ok(wasm(['sweep', 'gather', 'rungs.jsonl', '-o', 'rungs.csv']))).toBe(whole);
      expect(read('rungs.csv')).toBe(read('halved.csv'));
      expect(await ok(wasm(['sweep', 'gather', 'rungs.jsonl', '--next']))).toBe('');
      const best = JSON.parse(await ok(wasm(['sweep', 'gather', 'rungs.jsonl', '--json']))) as {
        best: { epochs: number };
      };
      expect(best.best.epochs).toBe(20);
    },
    LONG,
  );
});

describe('what is refused', () => {
  test('two runs of a trial that differ in a bit', async () => {
    const [line, record] = lines('one.jsonl');
    const { hash } = JSON.parse(record) as { hash: string };
    const other = (hash.startsWith('0') ? '1' : '0') + hash.slice(1);
    writeFileSync(at('differ.jsonl'), [line, record, record.replace(hash, other), ''].join('\n'));
    const { status, output, errors } = await wasm(['sweep', 'gather', 'differ.jsonl']);
    expect({ status, output }).toEqual({ status: 1, output: '' });
    expect(errors).toMatch(/^Two runs of the same trial differ/);
    expect(errors).toContain(hash);
    expect(errors).toContain(other);
    // A machine that makes the trial again finds it out by itself.
    const { trial } = JSON.parse(record) as { trial: number };
    writeFileSync(at('forged.jsonl'), [line, record.replace(hash, other), ''].join('\n'));
    const again = await wasm([...THESE, '-r', 'forged.jsonl', '--index', String(trial)]);
    expect(again.status).toBe(1);
    expect(again.errors).toMatch(/Two runs of the same trial differ/);
  });

  test('results of another table or other options, by what differs', async () => {
    writeFileSync(at('others.csv'), read('flowers.csv').replace('1.5,', '1.25,'));
    copyFileSync(at('one.jsonl'), at('kept.jsonl'));
    const other = await wasm(['sweep', 'others.csv', ...THESE.slice(2), '-r', 'kept.jsonl']);
    expect(other.status).toBe(1);
    expect(other.errors).toMatch(/results of another sweep[^]*differs in the\s+rows\s+of\s+the\s+table/);
    const seed = await wasm([...THESE, '--seed', '1', '-r', 'kept.jsonl', '--index', '0']);
    expect(seed.status).toBe(1);
    expect(seed.errors.replace(/\s+/g, ' ')).toMatch(/differs in base \(.*"seed":1.* here, .*"seed":0.* there\)/);
    expect(read('kept.jsonl')).toBe(read('one.jsonl'));
    const mixed = await ok(wasm([...THESE, '--seed', '1', '--index', '0']));
    writeFileSync(at('mixed.jsonl'), read('one.jsonl') + mixed);
    expect((await wasm(['sweep', 'gather', 'mixed.jsonl'])).errors).toMatch(/^These are results of 2 sweeps/);
  });

  test('a table with gaps, naming the tasks to run again', async () => {
    writeFileSync(
      at('gaps.jsonl'),
      lines('one.jsonl')
        .filter((line) => !/"trial":[24],/.test(line))
        .join('\n'),
    );
    const { status, errors } = await wasm(['sweep', 'gather', 'gaps.jsonl']);
    expect(status).toBe(1);
    expect(errors.replace(/\s+/g, ' ')).toMatch(/^Rung 0: 2 of \d+ results are missing\..* --rung 0 --of 2,4 $/);
    const next = await ok(wasm(['sweep', 'gather', 'gaps.jsonl', '--next']));
    expect(next).toBe('--rung 0 --of 2,4\n');
    for (const index of [0, 1])
      await ok(wasm([...THESE, '-r', 'gaps.jsonl', '--index', String(index), ...next.trim().split(' ')]));
    expect(await ok(wasm(['sweep', 'gather', 'gaps.jsonl']))).toBe(text);
    const early = await wasm([...THESE, '--halving', '2', '--epochs', '20', '--rung', '1', '--index', '0']);
    expect(early.errors).toMatch(/^Rung 1 needs all results of rung 0\. Missing trials: 0, 1, 2/);
  });

  test.each<[string, string[], number, RegExp]>([
    ['no target', ['sweep', 'flowers.csv'], 2, /Say which column to predict/],
    ['no index', [...THESE, '--index'], 2, /JOB_COMPLETION_INDEX[^]*SLURM_ARRAY_TASK_ID[^]*None is set/],
    ['index beyond', [...THESE, '--index', '1000000'], 2, /--index expected 0 to \d+, one for each/],
    ['a rung without a task', [...THESE, '--rung', '1'], 2, /add --index/],
    ['a rung beyond', [...THESE, '--rung', '1', '--index', '0'], 2, /--rung expected at most 0, got 1/],
    ['a space of other names', [...THESE, '--space', 'names.json'], 2, /expected names of layers.*got rate/s],
    ['a space of other values', [...THESE, '--space', 'values.json'], 2, /units expected a list of integers/],
    ['no Redis', [...THESE, '--redis', 'redis://127.0.0.1:1'], 1, /^Redis at 127\.0\.0\.1:1: .*ECONNREFUSED/],
    ['no address', [...THESE, '--redis', 'localhost'], 2, /--redis expected an address such as redis:/],
    ['nothing to gather', ['sweep', 'gather'], 2, /Give the results/],
    ['a worker that rests for nothing', ['sweep', 'worker', '--idle', '5x'], 2, /--idle expected a duration/],
    ['a worker of nothing', ['sweep', 'worker', 'flowers.csv'], 2, /Say where the trials are: --redis/],
  ])('%s', async (_, args, expected, message) => {
    writeFileSync(at('names.json'), '{ "rate": [1] }');
    writeFileSync(at('values.json'), '{ "units": [1.5] }');
    const { status, errors } = await wasm(args);
    expect({ status, errors }).toEqual({ status: expected, errors: expect.stringMatching(message) as string });
  });

  test('several indices in the environment', () => {
    expect(arrayIndex({ SLURM_ARRAY_TASK_ID: '7', JOB_COMPLETION_INDEX: '7' })).toBe(7);
    expect(() => arrayIndex({ SLURM_ARRAY_TASK_ID: '7', JOB_COMPLETION_INDEX: '8' })).toThrow(
      /got JOB_COMPLETION_INDEX=8, SLURM/,
    );
    expect(() => arrayIndex({ SLURM_ARRAY_TASK_ID: 'x' })).toThrow(/got SLURM_ARRAY_TASK_ID=x/);
  });
});

test('settings with which training diverges are a result, the last of the table', async () => {
  writeFileSync(at('space.json'), '{ "learningRate": [1e30], "layers": [1], "units": [4, 8] }');
  const output = await ok(wasm([...SWEEP, '--trials', '3', '--space', 'space.json', '--json']));
  const { trials, best } = JSON.parse(output) as {
    trials: { score: number | null; error?: string }[];
    best: { trial: number };
  };
  expect(trials.map(({ score }) => score === null)).toEqual([false, true, true]);
  expect(trials[1].error).toMatch(/finite loss/);
  expect(best.trial).toBe(0);
  const small = await wasm([...SWEEP, '--trials', '2', '--size', '10B']);
  expect(small).toMatchObject({
    status: 1,
    errors: expect.stringMatching(/No settings are within the size/) as string,
  });
});

test('a trial whose thread dies is made again, and given up if it always does', async () => {
  const script = at('dying.mjs');
  writeFileSync(
    script,
    `import { existsSync, writeFileSync } from 'node:fs';
     import { parentPort } from 'node:worker_threads';
     parentPort.on('message', ({ trial }) => {
       const mark = ${JSON.stringify(folder)} + '/died-' + trial;
       if (trial === 9) process.exit(1);
       if (trial % 2 === 0 && !existsSync(mark)) { writeFileSync(mark, ''); process.exit(1); }
       parentPort.postMessage({ record: { trial } });
     });`,
  );
  const threads = new TrialThreads(2, {} as ThreadData, pathToFileURL(script));
  const records = await Promise.all([0, 1, 2, 3, 4].map((trial) => threads.run({ trial, epochs: 1 })));
  expect(records.map(({ trial }) => trial)).toEqual([0, 1, 2, 3, 4]);
  await expect(threads.run({ trial: 9, epochs: 1 })).rejects.toThrow(/Trial 9 ended its thread 3 times/);
  await threads.close();
});
