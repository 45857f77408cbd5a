/**
 * `wasm-mlp serve` under a mixed load for a long time: networks small and large, a table, JSON and bytes, one row and
 * many, wrong requests among them, and files that are replaced every few seconds. Prints latency and memory over time,
 * and fails if a reply is lost or wrong, or memory grows.
 *
 *   node packages/cli/scripts/soak-serving.mjs [--minutes 30] [--lanes 8] [--pause 2] [--workers 0]
 *
 * The command must be built: npm run build.
 */
import { spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { dense, sequential } from 'wasm-mlp';
import { tableClassifier } from 'wasm-mlp/tables';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    /** Connections, each of which waits some milliseconds, `pause` on average, between two requests. */
    lanes: { type: 'string', default: '8' },
    pause: { type: 'string', default: '2' },
    workers: { type: 'string', default: '0' },
  },
});
const [minutes, lanes, pause] = [values.minutes, values.lanes, values.pause].map(Number);
/** Lines of the table. */
const LINES = 15;
const RELOAD_EVERY = 5;

const folder = mkdtempSync(join(tmpdir(), 'wasm-mlp-soak-'));
const file = (/** @type {string} */ name) => join(folder, name);

const people = {
  age: Array.from({ length: 40 }, (_, i) => (i % 7 === 0 ? null : 20 + ((i * 13) % 50))),
  town: Array.from({ length: 40 }, (_, i) => ['Lyon', 'Oslo', 'Rome'][(i * 5) % 3]),
  member: Array.from({ length: 40 }, (_, i) => i % 3 === 0),
};

/** Writes two versions of each model. */
async function writeModels() {
  for (const version of [1, 2]) {
    for (const [name, sizes] of Object.entries({ tiny: [4, 16, 3], small: [784, 128, 10], mid: [784, 512, 512, 10] })) {
      const layers = sizes.slice(1).map((units, i) =>
        dense({
          ...{ units, activation: i === sizes.length - 2 ? 'softmax' : 'relu' },
          ...(i === 0 && { inputShape: [sizes[0]] }),
        }),
      );
      const model = await sequential({ seed: version, layers });
      writeFileSync(file(`${name}.${version}`), model.save({ includeOptimizer: false }));
      model.dispose();
    }
    const table = tableClassifier({ hiddenLayers: [16], epochs: 2, seed: version });
    await table.fit({ ...people, plan: people.town.map((town, i) => (i % 4 === 0 ? 'plus' : town)) }, 'plan');
    writeFileSync(file(`table.${version}`), table.save());
    table.dispose();
  }
}

const NAMES = ['tiny', 'small', 'mid', 'table'];

/** Replaces the file of a model at once, as a deployment does. @param {string} name @param {number} version */
function put(name, version) {
  copyFileSync(file(`${name}.${version}`), file('next'));
  renameSync(file('next'), file(`${name}.safetensors`));
}

/** Every kind of request, with the status that it gets. */
function requests() {
  const row = (/** @type {number} */ width, /** @type {number} */ rows) =>
    Float32Array.from({ length: width * rows }, (_, i) => ((i * 7919) % 1000) / 1000);
  const json = (/** @type {string} */ model, /** @type {object[]} */ inputs, status = 200) => ({
    ...{ model, status, headers: {} },
    body: Buffer.from(JSON.stringify({ inputs })),
  });
  const bytes = (/** @type {string} */ model, /** @type {number} */ width, /** @type {number} */ rows) => {
    const values = row(width, rows);
    const tensor = { name: 'input', shape: [rows, width], datatype: 'FP32' };
    const inputs = [{ ...tensor, parameters: { binary_data_size: values.byteLength } }];
    const head = Buffer.from(JSON.stringify({ inputs, parameters: { binary_data_output: true } }));
    const headers = { 'inference-header-content-length': String(head.length) };
    return { model, status: 200, headers, body: Buffer.concat([head, Buffer.from(values.buffer)]) };
  };
  const input = (/** @type {number} */ width, /** @type {number} */ rows) => ({
    ...{ name: 'input', shape: [rows, width], datatype: 'FP32', data: [...row(width, rows)] },
  });
  const columns = (/** @type {number} */ rows) => [
    { name: 'age', shape: [rows], datatype: 'FP64', data: people.age.slice(0, rows) },
    { name: 'town', shape: [rows], datatype: 'BYTES', data: people.town.slice(0, rows) },
    { name: 'member', shape: [rows], datatype: 'BOOL', data: people.member.slice(0, rows) },
  ];
  return [
    json('tiny', [input(4, 1)]),
    json('tiny', [input(4, 50)]),
    json('small', [input(784, 1)]),
    bytes('small', 784, 1),
    bytes('small', 784, 32),
    bytes('mid', 784, 1),
    bytes('mid', 784, 8),
    json('table', columns(1)),
    json('table', columns(40)),
    json('tiny', [{ ...input(4, 1), data: [1, 2, null, 4] }], 400),
    json('table', columns(1).slice(1), 400),
  ];
}

/** @param {string} address @param {Agent} agent @param {ReturnType<typeof requests>[number]} one */
const send = (address, agent, { model, headers, body }) =>
  new Promise((resolve, reject) => {
    const { hostname: host, port } = new URL(address);
    const path = `/v2/models/${model}/infer`;
    const all = { ...headers, 'content-length': body.length };
    const sent = httpRequest({ host, port, agent, method: 'POST', path, headers: all }, (response) => {
      response.on('data', () => undefined).on('error', reject);
      response.on('end', () => resolve(response.statusCode));
    });
    sent.on('error', reject).end(body);
  });

/** @param {number[]} sorted @param {number} share */
const quantile = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];

async function soak() {
  await writeModels();
  for (const name of NAMES) put(name, 1);
  const main = fileURLToPath(new URL('../bin/wasm-mlp.mjs', import.meta.url));
  const files = NAMES.map((name) => file(`${name}.safetensors`));
  const args = [main, 'serve', ...files, '--port', '0', '--reload', '0.5', '--workers', values.workers];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  let reloads = 0;
  /** @type {string} */
  const address = await new Promise((resolve) => {
    let rest = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop();
      for (const line of lines) {
        const { msg } = JSON.parse(line);
        if (msg === 'model loaded') reloads += 1;
        if (msg.startsWith('Server listening at ')) resolve(msg.slice('Server listening at '.length));
      }
    });
  });

  const kinds = requests();
  const end = performance.now() + 60_000 * minutes;
  let wrong = 0;
  let latencies = [];
  const lane = async (/** @type {number} */ number) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let turn = number; performance.now() < end; turn++) {
      const one = kinds[(turn * 7) % kinds.length];
      const start = performance.now();
      try {
        const status = await send(address, agent, one);
        latencies.push(performance.now() - start);
        if (status !== one.status) {
          wrong += 1;
          console.log(`${one.model}: expected ${one.status}, got ${status}`);
        }
      } catch (error) {
        wrong += 1;
        console.log(`${one.model}: ${error.message}`);
      }
      await sleep(2 * pause * (((turn * 7919) % 1000) / 1000));
    }
    agent.destroy();
  };
  const replace = async () => {
    for (let turn = 1; performance.now() < end; turn++) {
      await sleep(1000 * RELOAD_EVERY);
      put(NAMES[turn % NAMES.length], 1 + (Math.floor(turn / NAMES.length + 1) % 2));
    }
  };
  /** @type {number[]} */
  const memory = [];
  const watch = async () => {
    console.log('minutes  requests  per second  p50 ms  p99 ms  max ms  resident MB  heap MB  reloads');
    for (let line = 1; line <= LINES; line++) {
      await sleep(Math.max(0, end - (60_000 * minutes * (LINES - line)) / LINES - performance.now()));
      const sorted = latencies.sort((a, b) => a - b);
      latencies = [];
      const text = await (await fetch(`${address}/metrics`)).text();
      const of = (/** @type {string} */ name) => Number(new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1]) / 1e6;
      const [resident, heap] = [of('process_resident_memory_bytes'), of('nodejs_heap_size_used_bytes')];
      memory.push(resident);
      const cells = [
        ((minutes * line) / LINES).toFixed(1),
        sorted.length,
        Math.round(sorted.length / ((60 * minutes) / LINES)),
        ...[0.5, 0.99, 1].map((share) => quantile(sorted, share).toFixed(2)),
        ...[resident, heap].map((value) => value.toFixed(1)),
        reloads - NAMES.length,
      ];
      console.log([7, 8, 10, 6, 6, 6, 11, 7, 7].map((width, i) => String(cells[i]).padStart(width)).join('  '));
    }
  };
  await Promise.all([...Array.from({ length: lanes }, (_, number) => lane(number)), replace(), watch()]);
  child.kill('SIGTERM');
  const status = await ended;
  // Of the last third, beside the third before it: what is made at the start is no growth.
  const third = LINES / 3;
  const mean = (/** @type {number[]} */ list) => list.reduce((sum, value) => sum + value, 0) / list.length;
  const growth = mean(memory.slice(-third)) / mean(memory.slice(-2 * third, -third));
  console.log(`${wrong} lost or wrong, memory of the last third ${growth.toFixed(3)} times that of the one before.`);
  process.exitCode = wrong === 0 && status === 0 && growth < 1.1 ? 0 : 1;
}

try {
  await soak();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
