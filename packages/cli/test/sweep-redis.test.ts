/**
 * `sweep --redis`: coordinator, workers and Redis are killed and come back, and the table is that of one thread, to the
 * byte. SWEEP_TRIALS=100 makes the tests long.
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { run, start, temporaryFolder, type Outcome } from './command.js';
import { writeFlowers } from './flowers.js';
import { RedisServer, whyNoRedis } from './redis-server.js';

const TRIALS = Number(process.env.SWEEP_TRIALS ?? 6);
const LONG = 180_000 + 10_000 * TRIALS;

const folder = temporaryFolder();
const SWEEP = ['sweep', 'flowers.csv', '-t', 'kind', '--epochs', '6', '--folds', '2', '--trials', String(TRIALS)];
const wasm = (args: readonly string[]): Promise<Outcome> => run(args, { cwd: folder });

/** A process that is to go on beside the test. */
interface Running {
  readonly child: ChildProcess;
  /** What it has written to its error output so far. */
  readonly errors: () => string;
  readonly outcome: Promise<Outcome>;
}
const running = new Set<ChildProcess>();
function launch(args: readonly string[]): Running {
  const child = start(args, { cwd: folder });
  running.add(child);
  let [output, errors] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const outcome = once(child, 'close').then(([status]) => {
    running.delete(child);
    return { status: status as number | null, output, errors };
  });
  return { child, errors: () => errors, outcome };
}

async function end({ child, outcome }: Running, signal: NodeJS.Signals): Promise<Outcome> {
  child.kill(signal);
  return outcome;
}

/** Asks a worker to end, once it works: a process that is still being loaded knows no signals. */
async function endInOrder(worker: Running): Promise<Outcome> {
  while (worker.child.exitCode === null && !worker.errors().includes('Waiting for trials.')) await after(20);
  return end(worker, 'SIGTERM');
}

describe.skipIf(whyNoRedis !== undefined)(
  `sweep --redis${whyNoRedis === undefined ? '' : ` (skipped: ${whyNoRedis})`}`,
  () => {
    let redis: RedisServer;
    let seed = 0;
    let args: string[];
    let worker: string[];

    beforeAll(async () => {
      writeFlowers(join(folder, 'flowers.csv'));
      mkdirSync(join(folder, 'redis'));
      redis = await RedisServer.start(join(folder, 'redis'));
    });
    afterEach(async () => {
      for (const child of running) child.kill('SIGKILL');
      await redis.ask((client) => client.flushall());
    });
    afterAll(() => redis.kill());

    /** A sweep that no other test has, with what one thread makes of it. */
    async function expected(...further: readonly string[]): Promise<string> {
      seed += 1;
      args = [...SWEEP, '--seed', String(seed), ...further];
      worker = ['sweep', 'worker', 'flowers.csv', '--redis', redis.url];
      const { status, output } = await wasm([...args, '--threads', '1', '-q']);
      expect(status).toBe(0);
      return output;
    }

    /** Results that are in Redis. */
    const count = (): Promise<number> =>
      redis.ask(async (client) => {
        const keys = await client.keys('wasm-mlp:sweep:*');
        const lengths = await Promise.all(keys.filter((key) => !key.endsWith(':last')).map((key) => client.llen(key)));
        return lengths.reduce((sum, length) => sum + length - 1, 0);
      });

    /** Waits for so many results, or the end of a process. */
    async function reached(results: number, { child }: Running): Promise<void> {
      while (child.exitCode === null && (await count()) < results) await after(20);
    }

    test(
      'workers that are killed at random change nothing',
      async () => {
        const table = await expected();
        const sweep = launch([...args, '--redis', redis.url]);
        const workers = [launch([...worker, '--threads', '2']), launch([...worker, '--threads', '1'])];
        const kills = Math.max(2, Math.floor(TRIALS / 10));
        for (let kill = 1; kill <= kills; kill++) {
          await reached(Math.floor((kill * TRIALS) / (kills + 2)), sweep);
          const at = Math.floor(Math.random() * workers.length);
          await end(workers[at], 'SIGKILL');
          workers[at] = launch([...worker, '--threads', '1']);
        }
        expect(await sweep.outcome).toMatchObject({ status: 0, output: table });
        for (const each of workers) expect((await endInOrder(each)).status).toBe(0);
        const gathered = await wasm(['sweep', 'gather', '--redis', redis.url]);
        expect(gathered).toMatchObject({ status: 0, output: table });
      },
      LONG,
    );

    test(
      'Redis that is killed and comes back changes nothing, and a coordinator neither',
      async () => {
        const table = await expected();
        let sweep = launch([...args, '--redis', redis.url]);
        const workers = [launch([...worker, '--threads', '1'])];
        await reached(Math.ceil(TRIALS / 3), sweep);
        await redis.kill();
        await after(200);
        await redis.start();
        await reached(Math.ceil(TRIALS / 2), sweep);
        await end(sweep, 'SIGKILL');
        sweep = launch([...args, '--redis', redis.url]);
        const { status, output, errors } = await sweep.outcome;
        expect({ status, output, errors: status === 0 ? '' : errors }).toEqual({
          status: 0,
          output: table,
          errors: '',
        });
        for (const each of workers) expect((await endInOrder(each)).status).toBe(0);
      },
      LONG,
    );

    test(
      'Redis that has forgotten everything is told again, and halving goes rung by rung',
      async () => {
        const table = await expected('--halving', '2', '--epochs', '20');
        const sweep = launch([...args, '--redis', redis.url]);
        const workers = [launch([...worker, '--threads', '2'])];
        await reached(Math.ceil(TRIALS / 3), sweep);
        await redis.ask((client) => client.flushall());
        const { status, output, errors } = await sweep.outcome;
        expect({ status, output, errors: status === 0 ? '' : errors }).toEqual({
          status: 0,
          output: table,
          errors: '',
        });
        for (const each of workers) await end(each, 'SIGTERM');
      },
      LONG,
    );

    test(
      'a worker with other rows gives the trial back and ends, and another makes it',
      async () => {
        const table = await expected();
        writeFileSync(
          join(folder, 'others.csv'),
          readFileSync(join(folder, 'flowers.csv'), 'utf8').replace('1.', '9.'),
        );
        const sweep = launch([...args, '--redis', redis.url]);
        const other = await launch(['sweep', 'worker', 'others.csv', '--redis', redis.url]).outcome;
        expect(other.status).toBe(1);
        expect(other.errors.replace(/\s+/g, ' ')).toMatch(/It differs in the rows of the table\. $/);
        const right = launch([...worker, '--idle', '30s']);
        expect(await sweep.outcome).toMatchObject({ status: 0, output: table });
        await end(right, 'SIGINT');
      },
      LONG,
    );

    test(
      'tasks of an array job keep their results there',
      async () => {
        const table = await expected('--trials', '2');
        for (const index of [1, 0]) {
          const { status } = await wasm([...args, '--redis', redis.url, '--index', String(index)]);
          expect(status).toBe(0);
        }
        expect(await wasm(['sweep', 'gather', '--redis', redis.url])).toMatchObject({ status: 0, output: table });
      },
      LONG,
    );
  },
);
