/** Rows of several requests are computed together, here or in other threads, and each request gets the bits of its own. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadModel } from 'wasm-mlp';
import { temporaryFolder } from '../command.js';
import { Batcher, type Execute } from '../../src/serving/batcher.js';
import { RequestError } from '../../src/serving/protocol/request-error.js';
import type { OutputValues } from '../../src/serving/protocol/response.js';
import { computeHere } from '../../src/serving/served-models.js';
import type { NetworkRows } from '../../src/serving/servables/network.js';
import { openServable } from '../../src/serving/servables/open.js';
import type { Rows, Servable } from '../../src/serving/servables/servable.js';
import { WorkerPool } from '../../src/serving/workers/pool.js';
import { PEOPLE, peopleInputs, post, serve, writeNetwork, writeTables } from './service.js';

const PROGRAM = new URL('../../dist/serving-thread.js', import.meta.url);
const folder = temporaryFolder();

beforeAll(async () => {
  await Promise.all([writeNetwork(join(folder, 'net.safetensors')), writeTables(folder)]);
});

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

const row = (index: number): number[] => [0.1 * index, Math.sin(index), -index];
const rowsOf = (first: number, count: number): NetworkRows => ({
  rows: count,
  inputs: [Float32Array.from(Array.from({ length: count }, (_, i) => row(first + i)).flat())],
});

describe('requests that come together', () => {
  /** Adds requests of 1, 2, … rows, and returns the outputs of each with the sizes of the batches. */
  async function outputsOf(execute: Execute<NetworkRows>, servable: Servable, size: number) {
    const batches: number[] = [];
    const sizes: number[] = [];
    const counting: Execute<NetworkRows> = (rows, done) => {
      sizes.push(rows.rows);
      execute(rows, done);
    };
    const join = (parts: readonly NetworkRows[]): NetworkRows => servable.join(parts) as NetworkRows;
    const batcher = new Batcher(join, counting, { size, delay: 0, concurrency: 2 }, (count) => batches.push(count));
    const outputs = await Promise.all(
      [1, 2, 3, 1, 5, 1].map(
        (count, index) =>
          new Promise<number[]>((resolve, reject) => {
            batcher.add(rowsOf(10 * index, count), (error, values, first) => {
              if (error !== undefined) reject(asError(error));
              else resolve([...values[0].slice(2 * first, 2 * (first + count))] as number[]);
            });
          }),
      ),
    );
    return { outputs, batches, sizes };
  }

  test('have the bits of rows alone', async () => {
    const servable = await openServable(join(folder, 'net.safetensors'));
    const model = await loadModel(readFileSync(join(folder, 'net.safetensors')));
    const alone = [1, 2, 3, 1, 5, 1].map((count, index) =>
      Array.from({ length: count }, (_, i) => [...model.predict([row(10 * index + i)])]).flat(),
    );
    const here = await outputsOf(computeHere(servable), servable, 6);
    expect(here).toEqual({ outputs: alone, batches: [3, 2, 1], sizes: [6, 6, 1] });
    const pool = new WorkerPool(2, { error: () => expect.unreachable() }, PROGRAM);
    const { execute, remove } = await pool.install(servable);
    const there = await outputsOf(execute, servable, 4);
    expect(there.outputs).toEqual(alone);
    remove();
    await pool.end();
  });

  test('one at fault fails alone', async () => {
    const errors: unknown[] = [];
    const seen: (readonly OutputValues[])[] = [];
    const execute: Execute<Rows> = ({ rows }, done) => {
      if (rows !== 1 && rows !== 3) done(new RequestError('the rows together'), []);
      else if (rows === 3) done(new RequestError('row 2'), []);
      else done(undefined, [[rows]]);
    };
    const sum = (parts: readonly Rows[]): Rows => ({ rows: parts.reduce((all, { rows }) => all + rows, 0) });
    const batcher = new Batcher(sum, execute, { size: 64, delay: 1, concurrency: 1 }, () => undefined);
    await Promise.all(
      [1, 3, 1].map(
        (rows) =>
          new Promise<void>((resolve) => {
            batcher.add({ rows }, (error, values) => {
              errors.push((error as Error | undefined)?.message);
              seen.push(values);
              resolve();
            });
          }),
      ),
    );
    expect(errors).toEqual([undefined, 'row 2', undefined]);
    expect(seen).toEqual([[[1]], [], [[1]]]);
  });
});

describe('other threads', () => {
  const log: string[] = [];
  const pool = new WorkerPool(2, { error: (_fields, message) => log.push(message) }, PROGRAM);
  afterAll(() => pool.end());

  const ask = (execute: Execute<Rows>, rows: Rows): Promise<readonly OutputValues[]> =>
    new Promise((resolve, reject) =>
      execute(rows, (error, values) => (error === undefined ? resolve(values) : reject(asError(error)))),
    );

  test('compute what this one does: networks, tables, and errors', async () => {
    for (const [file, rows] of [
      ['net.safetensors', rowsOf(0, 7)],
      ['plan.safetensors', { rows: 6, columns: PEOPLE }],
      ['spent.safetensors', { rows: 6, columns: PEOPLE }],
    ] as const) {
      const servable = await openServable(join(folder, file));
      const { execute, remove } = await pool.install(servable);
      expect(await ask(execute, rows as Rows)).toEqual(servable.compute(rows as Rows));
      if ('columns' in rows) {
        const wrong = { ...rows, columns: { ...PEOPLE, age: Array(6).fill('x') } };
        const error = await ask(execute, wrong as Rows).catch((thrown: unknown) => thrown);
        expect(error).toBeInstanceOf(RequestError);
        expect(error).toMatchObject({ status: 400, message: expect.stringContaining('column "age" expected') });
      }
      remove();
      servable.dispose();
    }
    expect(log).toEqual([]);
  });

  test('a thread that is lost takes no request with it', async () => {
    const servable = await openServable(join(folder, 'net.safetensors'));
    const { execute } = await pool.install(servable);
    const expected = servable.compute(rowsOf(0, 3));
    const asked = Array.from({ length: 20 }, () => ask(execute, rowsOf(0, 3)));
    const { threads } = pool as unknown as { threads: Set<{ worker: { terminate(): Promise<number> } }> };
    await Promise.all([...threads].map(({ worker }) => worker.terminate()));
    for (const values of await Promise.all(asked)) expect(values).toEqual(expected);
    expect(await ask(execute, rowsOf(0, 3))).toEqual(expected);
  });
});

test('a busy server refuses what is too much, and says when to come again', async () => {
  const { address } = await serve(folder, { net: 'net.safetensors' }, { queue: 2, delay: 50 });
  const body = { inputs: [{ name: 'input', shape: [1, 3], datatype: 'FP32', data: row(1) }] };
  const answers = await Promise.all(Array.from({ length: 8 }, () => post(`${address}/v2/models/net/infer`, body)));
  const refused = answers.filter(({ status }) => status !== 200);
  expect(answers.length - refused.length).toBeGreaterThanOrEqual(2);
  for (const { status, headers, body: reply } of refused) {
    expect(status).toBe(503);
    expect(headers.get('retry-after')).toBe('1');
    expect(reply).toEqual({ error: 'The server is busy with 2 requests. Try again later.' });
  }
  expect((await post(`${address}/v2/models/net/infer`, body)).status).toBe(200);
});

test('one wrong table among others is refused alone', async () => {
  const { address } = await serve(folder, { plan: 'plan.safetensors' }, { delay: 20 });
  const wrong = peopleInputs().map((input, index) => (index === 2 ? { ...input, data: Array(6).fill('soon') } : input));
  const url = `${address}/v2/models/plan/infer`;
  const answers = await Promise.all([peopleInputs(), wrong, peopleInputs()].map((inputs) => post(url, { inputs })));
  expect(answers.map(({ status }) => status)).toEqual([200, 400, 200]);
  expect(answers[0].body).toEqual(answers[2].body);
  expect(answers[1].body.error).toMatch(/column "joined" expected dates.*, got "soon" in row 0/);
});
