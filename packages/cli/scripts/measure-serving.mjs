/**
 * Measures `wasm-mlp serve` on loopback, one row a request: requests per second beside those of a bare fastify handler
 * that parses the same body and sends an equal reply, both in turns, and the latency at half of that load.
 *
 *   node packages/cli/scripts/measure-serving.mjs [--seconds 1] [--rounds 15] [--connections 10]
 *
 * The command must be built: npm run build.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import autocannon from 'autocannon';
import fastify from 'fastify';
import { dense, sequential } from 'wasm-mlp';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '15' },
    connections: { type: 'string', default: '10' },
    /** Only for the process of the bare handler: the file with its reply. */
    bare: { type: 'string' },
  },
});
const [seconds, rounds, connections] = [values.seconds, values.rounds, values.connections].map(Number);

/** Starts a server in a process of its own. Returns its address and how to end it. @param {string[]} args */
async function start(args) {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  /** @type {string} */
  const address = await new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`The server ended with ${code}.`)));
    child.stdout.setEncoding('utf8').on('data', (text) => {
      output += text;
      const [found] = /http:\/\/[\d.]+:\d+/.exec(output) ?? [];
      if (found !== undefined) resolve(found);
    });
  });
  return { address, end: () => child.kill('SIGINT') };
}

async function measure() {
  const folder = mkdtempSync(join(tmpdir(), 'wasm-mlp-serving-'));
  const main = fileURLToPath(new URL('../bin/wasm-mlp.mjs', import.meta.url));
  try {
    for (const sizes of [
      [4, 16, 3],
      [784, 128, 10],
    ]) {
      const name = sizes.join('-');
      const file = join(folder, `${name}.safetensors`);
      writeFileSync(file, (await networkOf(sizes)).save({ includeOptimizer: false }));
      const served = await start([main, 'serve', file, '--port', '0', '--reload', '0']);
      await measureOne(name, sizes[0], served.address);
      served.end();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {number[]} sizes */
const networkOf = (sizes) =>
  sequential({
    seed: 1,
    layers: sizes.slice(1).map((units, index) =>
      dense({
        units,
        activation: index === sizes.length - 2 ? 'softmax' : 'relu',
        ...(index === 0 && { inputShape: [sizes[0]] }),
      }),
    ),
  });

/** @param {number[]} list */
const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

/**
 * Seconds of CPU time that a server has used so far. On a machine with other work it is steadier than the clock.
 * @param {string} address
 */
async function cpuOf(address) {
  const text = await (await fetch(`${address}/metrics`)).text();
  return Number(/^process_cpu_seconds_total (.*)$/m.exec(text)?.[1]);
}

/** @param {string} name @param {number} width @param {string} address */
async function measureOne(name, width, address) {
  const row = Float32Array.from({ length: width }, (_, i) => ((i * 7919) % 1000) / 1000);
  const path = `/v2/models/${name}/infer`;
  const tensor = { name: 'input', shape: [1, width], datatype: 'FP32' };
  const json = Buffer.from(JSON.stringify({ inputs: [{ ...tensor, data: [...row] }] }));
  const head = Buffer.from(
    JSON.stringify({
      parameters: { binary_data_output: true },
      inputs: [{ ...tensor, parameters: { binary_data_size: row.byteLength } }],
    }),
  );
  const binary = Buffer.concat([head, Buffer.from(row.buffer)]);
  const headers = { 'content-type': 'application/json' };
  const asBytes = { 'content-type': 'application/octet-stream', 'inference-header-content-length': `${head.length}` };
  const first = await fetch(address + path, { method: 'POST', body: json, headers });
  const reply = await first.text();
  if (first.status !== 200) throw new Error(reply);
  const bare = await start([fileURLToPath(import.meta.url), '--bare', reply]);

  /** @param {string} to @param {Buffer} body @param {Record<string, string>} own @param {object} how */
  const load = async (to, body, own, how) => {
    const cpu = await cpuOf(to);
    const result = await autocannon({ url: to + path, method: 'POST', headers: own, body, connections, ...how });
    if (result.non2xx > 0 || result.errors > 0) throw new Error(`${result.non2xx} refused, ${result.errors} lost.`);
    const count = result['2xx'];
    return { rate: count / result.duration, cpu: (1e6 * ((await cpuOf(to)) - cpu)) / count, latency: result.latency };
  };
  const contestants = {
    served: () => load(address, json, headers, { duration: seconds }),
    bare: () => load(bare.address, json, headers, { duration: seconds }),
    bytes: () => load(address, binary, asBytes, { duration: seconds }),
  };
  /** @type {Record<string, { rate: number, cpu: number }[]>} */
  const runs = { served: [], bare: [], bytes: [] };
  // The first round is for what is compiled late.
  for (let round = -1; round < rounds; round++) {
    for (const [key, run] of Object.entries(contestants)) {
      const result = await run();
      if (round >= 0) runs[key].push(result);
    }
  }
  /** @param {'rate' | 'cpu'} what @param {string} key */
  const of = (what, key) => runs[key].map((run) => run[what]);
  /** @param {string} key */
  const row_ = (key) => {
    const ratios = of('rate', key).map((rate, round) => rate / runs.bare[round].rate);
    const costs = of('cpu', key).map((cpu, round) => runs.bare[round].cpu / cpu);
    return (
      `  ${key.padEnd(6)} ${Math.round(median(of('rate', key)))} requests/s, ` +
      `${median(of('cpu', key)).toFixed(1)} µs of CPU time each; ` +
      `as a ratio to the bare handler ${median(ratios).toFixed(3)}, by CPU time ${median(costs).toFixed(3)}`
    );
  };
  console.log(`${name}\n${['bare', 'served', 'bytes'].map(row_).join('\n')}`);
  for (const [key, to, body, own] of /** @type {const} */ ([
    ['bare', bare.address, json, headers],
    ['served', address, json, headers],
    ['bytes', address, binary, asBytes],
  ])) {
    const rate = Math.round(median(of('rate', key)) / 2);
    const { latency } = await load(to, body, own, { duration: 5, overallRate: rate });
    console.log(`  ${key.padEnd(6)} at ${rate} requests/s: p50 ${latency.p50} ms, p99 ${latency.p99} ms`);
  }
  bare.end();
}

if (values.bare !== undefined) {
  // The bare handler: what fastify does by itself, with an equal reply.
  const reply = JSON.parse(values.bare);
  const app = fastify();
  app.post('/v2/models/:model/infer', (request, answer) => {
    answer.send(request.body === null ? {} : reply);
  });
  app.get('/metrics', () => {
    const { user, system } = process.cpuUsage();
    return `process_cpu_seconds_total ${(user + system) / 1e6}\n`;
  });
  console.log(JSON.stringify({ msg: await app.listen({ host: '127.0.0.1', port: 0 }) }));
} else await measure();
