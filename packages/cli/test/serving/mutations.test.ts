/**
 * Mutated requests: each gets 200, or a 4xx with the reason as JSON, never a 5xx, and the server stays as it was.
 * `SERVE_MUTATIONS` is the number of requests, `SERVE_SEED` the first seed.
 */
import { Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { mutatedJson } from '../../../../test/support/files/mutate-json.js';
import { source, type Source } from '../../../../test/support/reference/random.js';
import { temporaryFolder } from '../command.js';
import { peopleInputs, serve, writeNetwork, writeTables } from './service.js';

const count = Number(process.env.SERVE_MUTATIONS ?? 3000);
const seed = Number(process.env.SERVE_SEED ?? 1);
const folder = temporaryFolder();

const of = <T>(random: Source, list: readonly T[]): T => list[random.below(list.length)];

/** Names of the protocol and of the models, to put in the place of others. */
const WORDS = [
  ...['id', 'inputs', 'outputs', 'name', 'shape', 'datatype', 'data', 'parameters', 'binary_data_size', 'binary_data'],
  ...['binary_data_output', 'nan_is_missing', 'FP16', 'FP32', 'FP64', 'INT8', 'INT64', 'UINT64', 'BOOL', 'BYTES'],
  ...['input', 'dense_1', 'age', 'town', 'joined', 'member', 'plan', 'probabilities', 'NaN', '2020-01-31'],
  ...['__proto__', 'constructor', 'length'],
];

const rows = { name: 'input', shape: [2, 3], datatype: 'FP32', data: [0.1, -0.2, 0.3, 1, 2, 3] };
/** Valid requests: with the bytes that follow their JSON, if they have some. */
const REQUESTS: readonly { readonly model: string; readonly json: object; readonly bytes?: Buffer }[] = [
  { model: 'net', json: { id: '1', inputs: [rows] } },
  {
    model: 'net',
    json: { inputs: [{ ...rows, data: [rows.data.slice(0, 3), rows.data.slice(3)] }], outputs: [{ name: 'dense_1' }] },
  },
  {
    model: 'plan',
    json: {
      inputs: peopleInputs(),
      outputs: [{ name: 'plan' }, { name: 'probabilities', parameters: { binary_data: true } }],
    },
  },
  { model: 'spent', json: { inputs: peopleInputs(2) } },
  { model: 'rows', json: { inputs: [{ name: 'x', shape: [1, 2], datatype: 'FP64', data: [[31, 1e9]] }] } },
  ...(['FP32', 'INT32', 'FP16', 'BOOL', 'INT64'] as const).map((datatype) => {
    const bytes = Buffer.alloc(6 * { FP32: 4, INT32: 4, FP16: 2, BOOL: 1, INT64: 8 }[datatype], 1);
    const { name, shape } = rows;
    const tensor = { name, shape, datatype, parameters: { binary_data_size: bytes.length } };
    return { model: 'net', bytes, json: { inputs: [tensor], parameters: { binary_data_output: true } } };
  }),
  {
    model: 'plan',
    json: {
      inputs: [
        ...peopleInputs(1).filter((_, i) => i !== 1),
        { name: 'town', shape: [1], datatype: 'BYTES', parameters: { binary_data_size: 8 } },
      ],
    },
    bytes: Buffer.from('\u0004\0\0\0Lyon'),
  },
];

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: Buffer;
}

function mutated(random: Source): Sent {
  const { model, json, bytes } = of(random, REQUESTS);
  const text = Buffer.from(random.below(6) === 0 ? JSON.stringify(json) : mutatedJson(json, WORDS, random));
  let tail = bytes ?? Buffer.alloc(0);
  if (random.below(4) === 0) tail = tail.subarray(0, random.below(tail.length + 1));
  if (random.below(4) === 0) tail = Buffer.concat([tail, Buffer.alloc(random.below(40), random.below(256))]);
  if (random.below(2) === 0) tail = Buffer.from(tail.map((byte) => (random.below(4) === 0 ? random.below(256) : byte)));
  let body = Buffer.concat([text, tail]);
  // Anywhere, so that what is no UTF-8 comes as well.
  if (random.below(10) === 0)
    body = Buffer.from(body.map((byte) => (random.below(30) === 0 ? random.below(256) : byte)));
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (bytes !== undefined || random.below(8) === 0) {
    const length = String(text.length);
    const others = [
      '0',
      '1',
      String(body.length),
      String(body.length + 1),
      '-1',
      '1e3',
      'x',
      '',
      '99999999999999999999',
    ];
    headers['inference-header-content-length'] = random.below(4) === 0 ? of(random, others) : length;
  }
  if (random.below(12) === 0)
    headers['content-type'] = of(random, ['', 'text/plain', ';', 'a/b; charset=\u00ff', 'x'.repeat(2000)]);
  if (random.below(30) === 0) headers['content-encoding'] = of(random, ['gzip', 'identity', 'br']);
  if (random.below(30) === 0) headers.expect = of(random, ['100-continue', 'wonders']);
  if (random.below(40) === 0) headers.connection = of(random, ['close', 'upgrade', 'keep-alive, x']);
  let path = `/v2/models/${model}/infer`;
  if (random.below(10) === 0) {
    const other = of(random, ['net', 'nett', '__proto__', '%00', '%zz', '..', 'a'.repeat(600), '%F0%9F%99%82', '']);
    path = of(random, [
      `/v2/models/${other}/infer`,
      `/v2/models/${model}/versions/${other}/infer`,
      `/v2/${other}`,
      `/${other}?a=%zz`,
      `/v2/models/${other}/ready`,
    ]);
  }
  const method =
    random.below(20) === 0
      ? of(random, ['GET', 'PUT', 'DELETE', 'OPTIONS', 'HEAD', 'PATCH', 'PROPFIND', 'TRACE'])
      : 'POST';
  return { method, path, headers, body };
}

interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

const send = (address: string, agent: Agent, { method, path, headers, body }: Sent): Promise<Reply> =>
  new Promise((resolve, reject) => {
    const { hostname: host, port } = new URL(address);
    const sent = httpRequest(
      { host, port, agent, method, path, headers: { ...headers, 'content-length': body.length } },
      (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part)).on('error', reject);
        response.on('end', () =>
          resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(parts) }),
        );
      },
    );
    sent.on('error', reject).end(body);
  });

/** Throws unless a reply is what the protocol has. */
function requireReply(sent: Sent, { status, headers, body }: Reply): void {
  const length = headers['inference-header-content-length'];
  const isFine = status === 200 || (status >= 400 && status < 500);
  if (!isFine) throw new Error(`status ${status}: ${String(body)}`);
  if (sent.method === 'HEAD') return;
  const json = JSON.parse(body.toString('utf8', 0, length === undefined ? undefined : Number(length))) as Record<
    string,
    unknown
  >;
  if (status === 200 ? 'error' in json : typeof json.error !== 'string')
    throw new Error(`status ${status}: ${String(body)}`);
}

/** Sends what is no HTTP, or only the start of a request. It gets an error, or the end of its connection. */
const sendRaw = (address: string, bytes: Buffer): Promise<string> =>
  new Promise((resolve) => {
    const { hostname, port } = new URL(address);
    let reply = '';
    const socket = connect(Number(port), hostname, () => socket.end(bytes));
    socket.on('data', (part) => (reply += String(part))).on('error', () => undefined);
    socket.on('close', () => resolve(reply));
  });

test(
  `${count} mutated requests get 200, or 4xx with the reason`,
  async () => {
    await Promise.all([writeNetwork(join(folder, 'net.safetensors')), writeTables(folder)]);
    const { address } = await serve(folder, {
      net: 'net.safetensors',
      plan: 'plan.safetensors',
      spent: 'spent.safetensors',
      rows: 'rows.safetensors',
    });
    const agent = new Agent({ keepAlive: true, maxSockets: 8 });
    const valid = REQUESTS.map(({ model, json, bytes = Buffer.alloc(0) }): Sent => {
      const text = Buffer.from(JSON.stringify(json));
      const headers: Record<string, string> =
        bytes.length === 0 ? {} : { 'inference-header-content-length': String(text.length) };
      return { method: 'POST', path: `/v2/models/${model}/infer`, headers, body: Buffer.concat([text, bytes]) };
    });
    const before = await Promise.all(valid.map((sent) => send(address, agent, sent)));
    expect(before.map(({ status }) => status)).toEqual(valid.map(() => 200));
    const statuses = new Map<number, number>();
    // Several at a time, so that wrong ones wait together with right ones.
    const lanes = Array.from({ length: 8 }, async (_, lane) => {
      for (let index = lane; index < count; index += 8) {
        const random = source(seed + index);
        const sent = mutated(random);
        if (random.below(50) === 0) {
          const head = `${sent.method} ${sent.path.slice(0, random.below(80))} HTTP/1.${random.below(3)}\r\nhost: a\r\ncontent-length: ${random.below(200)}\r\n\r\n`;
          const start = Buffer.concat([Buffer.from(head), sent.body]).subarray(0, random.below(300));
          const reply = await sendRaw(address, start);
          if (reply !== '' && !/^HTTP\/1\.1 [24]\d\d /.test(reply)) throw new Error(`seed ${seed + index}: ${reply}`);
          continue;
        }
        try {
          const reply = await send(address, agent, sent);
          requireReply(sent, reply);
          statuses.set(reply.status, (statuses.get(reply.status) ?? 0) + 1);
        } catch (error) {
          throw new Error(`seed ${seed + index}: ${(error as Error).message}`, { cause: error });
        }
      }
    });
    await Promise.all(lanes);
    // Mutations reach both sides.
    expect(statuses.get(200)).toBeGreaterThan(count / 20);
    expect(statuses.get(400)).toBeGreaterThan(count / 10);
    const after = await Promise.all(valid.map((sent) => send(address, agent, sent)));
    expect(after.map(({ body }) => String(body))).toEqual(before.map(({ body }) => String(body)));
    agent.destroy();
    if (process.env.SERVE_MUTATIONS !== undefined) console.log(Object.fromEntries(statuses));
  },
  60_000 + 20 * count,
);
