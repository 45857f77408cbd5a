/** `wasm-mlp serve` as a process: how it starts, takes new files, and ends, under load too; and its errors. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { Agent, request as httpRequest } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadModel } from 'wasm-mlp';
import { run, temporaryFolder, wideLines } from '../command.js';
import { post, writeNetwork } from './service.js';

const MAIN = fileURLToPath(new URL('../../bin/wasm-mlp.mjs', import.meta.url));
const folder = temporaryFolder();
const X = [0.1, -0.2, 0.3];
const BODY = JSON.stringify({ inputs: [{ name: 'input', shape: [1, 3], datatype: 'FP32', data: X }] });

const predicted = async (file: string): Promise<number[]> => [
  ...(await loadModel(readFileSync(join(folder, file)))).predict(Float32Array.from(X)),
];

beforeAll(async () => {
  await Promise.all([1, 2].map((seed) => writeNetwork(join(folder, `net${seed}.safetensors`), seed)));
  writeFileSync(join(folder, 'broken.safetensors'), 'this is no model');
});

interface Started {
  readonly address: string;
  readonly child: ChildProcess;
  /** Waits for a line of the log. */
  readonly logged: (message: string, times?: number) => Promise<Record<string, unknown>>;
  readonly ended: Promise<{ status: number | null; log: Record<string, unknown>[] }>;
}

const children: ChildProcess[] = [];
afterAll(() => children.forEach((child) => child.kill('SIGKILL')));

/** Starts the built command and waits until it listens. */
async function start(args: readonly string[]): Promise<Started> {
  const child = spawn(process.execPath, [MAIN, 'serve', ...args, '--port', '0'], { cwd: folder });
  children.push(child);
  const log: Record<string, unknown>[] = [];
  const waiting = new Set<() => void>();
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    for (const line of lines) log.push(JSON.parse(line) as Record<string, unknown>);
    waiting.forEach((look) => look());
  });
  const logged = (message: string, times = 1): Promise<Record<string, unknown>> =>
    new Promise((resolve) => {
      const look = (): void => {
        const found = log.filter(({ msg }) => String(msg).startsWith(message));
        if (found.length < times) return;
        waiting.delete(look);
        resolve(found[times - 1]);
      };
      waiting.add(look);
      look();
    });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const ended = once(child, 'close').then(([status]) => ({ status: status as number | null, log }));
  const early = ended.then(() => Promise.reject(new Error(`The server ended: ${errors}`)));
  const { msg } = await Promise.race([logged('Server listening at '), early]);
  early.catch(() => undefined);
  return { address: String(msg).replace('Server listening at ', ''), child, logged, ended };
}

/** Sends requests one after the other on one connection until the server says that it closes it. Counts the replies. */
async function keepAsking(url: string, check: (data: number[]) => void, until: () => boolean): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  let replies = 0;
  for (let isOpen = true; isOpen && !until(); replies++) {
    const { status, text, connection } = await new Promise<{ status?: number; text: string; connection?: string }>(
      (resolve, reject) => {
        const sent = httpRequest(url, { method: 'POST', agent }, (response) => {
          let text = '';
          const { statusCode: status, headers } = response;
          response.on('data', (bytes) => (text += String(bytes))).on('error', reject);
          response.on('end', () => resolve({ status, text, connection: headers.connection }));
        });
        sent.on('error', reject).end(BODY);
      },
    );
    expect(status).toBe(200);
    check((JSON.parse(text) as { outputs: [{ data: number[] }] }).outputs[0].data);
    isOpen = connection !== 'close';
  }
  agent.destroy();
  return replies;
}

const several = (count: number, one: () => Promise<number>): Promise<number[]> =>
  Promise.all(Array.from({ length: count }, one));

describe('a server', () => {
  test('starts, answers, says in its log what it does, and ends by SIGINT', async () => {
    const { address, child, ended } = await start(['net1.safetensors', 'other=net2.safetensors']);
    for (const [name, file] of [
      ['net1', 'net1.safetensors'],
      ['other', 'net2.safetensors'],
    ]) {
      const { body } = await post(`${address}/v2/models/${name}/infer`, BODY);
      expect(body.outputs).toMatchObject([{ data: await predicted(file) }]);
    }
    child.kill('SIGINT');
    const { status, log } = await ended;
    expect(status).toBe(0);
    expect(log.map(({ msg }) => String(msg).split(' at ')[0])).toEqual([
      ...['model loaded', 'model loaded', 'Server listening', 'ending', 'ended'],
    ]);
    expect(log[1]).toMatchObject({ model: 'other', file: 'net2.safetensors', version: expect.any(String) });
  });

  test.each(['0', '2'])('SIGTERM under load, %s workers: not ready, goes on, loses no request', async (workers) => {
    const { address, child, logged, ended } = await start(['net1.safetensors', '--drain', '60', '--workers', workers]);
    const expected = await predicted('net1.safetensors');
    const asking = several(8, () =>
      keepAsking(
        `${address}/v2/models/net1/infer`,
        (data) => expect(data).toEqual(expected),
        () => false,
      ),
    );
    await post(`${address}/v2/models/net1/infer`, BODY);
    child.kill('SIGTERM');
    await logged('ending');
    // Every connection gets a last reply, which says that it is one; new ones are served for a while.
    const ready = await fetch(`${address}/v2/health/ready`);
    expect([ready.status, await ready.json()]).toEqual([503, { error: 'The server is ending.' }]);
    expect((await fetch(`${address}/v2/health/live`)).status).toBe(200);
    for (const replies of await asking) expect(replies).toBeGreaterThan(0);
    // A second signal does not wait any longer.
    child.kill('SIGTERM');
    expect((await ended).status).toBe(0);
  });

  test.each(['0', '2'])(
    'newer files under load, %s workers: each reply is of the one or of the other',
    async (workers) => {
      copyFileSync(join(folder, 'net1.safetensors'), join(folder, 'live.safetensors'));
      const { address, child, logged, ended } = await start([
        ...['live.safetensors', '--reload', '0.05', '--drain', '0', '--workers', workers],
      ]);
      const known = await Promise.all(['net1.safetensors', 'net2.safetensors'].map(predicted));
      let latest = -1;
      let isEnough = false;
      const asking = several(4, () =>
        keepAsking(
          `${address}/v2/models/live/infer`,
          (data) => {
            const index = known.findIndex((one) => JSON.stringify(one) === JSON.stringify(data));
            expect(index).toBeGreaterThanOrEqual(0);
            latest = index;
          },
          () => isEnough,
        ),
      );
      const put = (from: string): void => {
        copyFileSync(join(folder, from), join(folder, 'next'));
        renameSync(join(folder, 'next'), join(folder, 'live.safetensors'));
      };
      for (let times = 2; times <= 5; times++) {
        put(`net${1 + ((times + 1) % 2)}.safetensors`);
        await logged('model loaded', times);
        while (latest !== (times + 1) % 2) await sleep(5);
      }
      // A file that is no model: the log says so, and what was there stays.
      put('broken.safetensors');
      expect(await logged('the new file is not served')).toMatchObject({ level: 40, model: 'live' });
      expect((await post(`${address}/v2/models/live/infer`, BODY)).status).toBe(200);
      isEnough = true;
      await asking;
      child.kill('SIGTERM');
      expect((await ended).status).toBe(0);
    },
  );
});

describe('errors', () => {
  test.each([
    [['net3.safetensors'], 1, 'There is no file net3.safetensors. Did you mean net1.safetensors?'],
    [['broken.safetensors'], 1, 'broken.safetensors cannot be read as safetensors of this library.'],
    [['net1.safetensors', 'net1=net2.safetensors'], 2, 'Two models have the name net1: net1.safetensors and'],
    [['net1.safetensors', '--port', 'http'], 2, '--port expected an integer from 0 to 65535, got http.'],
    [['net1.safetensors', '--max-body', 'big'], 2, '--max-body expected a size, such as 20KB or 1MB, got big.'],
    [[], 1, "missing required argument 'models'"],
  ])('%j', async (args, status, message) => {
    const outcome = await run(['serve', ...args], { cwd: folder });
    expect(outcome.errors).toContain(message);
    expect(wideLines(outcome.errors)).toEqual([]);
    expect(outcome.errors).not.toContain('    at ');
    expect(outcome.status).toBe(args.length === 0 ? 2 : status);
  });

  test('a port that another program has', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const { status, errors } = await run(['serve', 'net1.safetensors', '--port', String(port)], { cwd: folder });
    other.close();
    expect({ status, errors }).toEqual({
      status: 1,
      errors: `Port ${port} of 127.0.0.1 cannot be listened on. Another program has it. Give\nanother one by --port.\n`,
    });
  });

  test('--help fits 80 columns and has an example', async () => {
    const { status, output } = await run(['serve', '--help']);
    expect(status).toBe(0);
    expect(wideLines(output)).toEqual([]);
    expect(output).toContain('wasm-mlp serve iris.safetensors');
  });
});
