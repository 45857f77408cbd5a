/** The server speaks the Open Inference Protocol V2: what its texts say of paths, bodies, bytes and errors. */
import { readFileSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { dense, loadModel, mlpClassifier, mlpRegressor, sequential } from 'wasm-mlp';
import { exportOnnx } from 'wasm-mlp/onnx';
import { loadTable } from 'wasm-mlp/tables/predict';
import { temporaryFolder } from '../command.js';
import { PEOPLE, peopleInputs, post, serve, writeNetwork, writeTables } from './service.js';

const folder = temporaryFolder();
const X = [0.1, -0.2, 0.3, 1, 2, 3];
let address: string;
let infer: (model: string) => string;
let expected: number[];

const input = (fields: object = {}): object => ({ name: 'input', shape: [2, 3], datatype: 'FP32', data: X, ...fields });

beforeAll(async () => {
  await Promise.all([writeNetwork(join(folder, 'net.safetensors')), writeTables(folder)]);
  const labelled = await loadModel(readFileSync(join(folder, 'net.safetensors')));
  expected = [...labelled.predict(Float32Array.from(X))];
  writeFileSync(join(folder, 'net.onnx'), exportOnnx(labelled, { labels: ['no', 'yes'] }));
  const large = await sequential({ layers: [dense({ units: 1, kernelInitializer: 'ones', inputShape: [2] })] });
  writeFileSync(join(folder, 'large.safetensors'), large.save());
  ({ address } = await serve(
    folder,
    {
      net: 'net.safetensors',
      labelled: 'net.onnx',
      plan: 'plan.safetensors',
      spent: 'spent.safetensors',
      large: 'large.safetensors',
    },
    { maxBody: 100_000 },
  ));
  infer = (model) => `${address}/v2/models/${model}/infer`;
});

const get = async (path: string): Promise<unknown> => {
  const response = await fetch(address + path);
  return { status: response.status, ...((await response.json()) as object) };
};

describe('information', () => {
  test('the server', async () => {
    expect(await get('/v2')).toMatchObject({ status: 200, name: 'wasm-mlp', extensions: ['binary_tensor_data'] });
    expect(await get('/v2/health/live')).toEqual({ status: 200, live: true });
    expect(await get('/v2/health/ready')).toEqual({ status: 200, live: true, ready: true });
  });

  test('a model', async () => {
    const { versions, ...rest } = (await get('/v2/models/labelled')) as { versions: string[] };
    expect(rest).toEqual({
      status: 200,
      name: 'labelled',
      platform: 'wasm-mlp_onnx',
      inputs: [{ name: 'input', datatype: 'FP32', shape: [-1, 3] }],
      outputs: [
        { name: 'activation_1', datatype: 'FP32', shape: [-1, 2], labels: ['no', 'yes'] },
        { name: 'label', datatype: 'BYTES', shape: [-1] },
      ],
    });
    expect(versions).toEqual([expect.stringMatching(/^[0-9a-f]{12}$/)]);
    expect(await get(`/v2/models/labelled/versions/${versions[0]}/ready`)).toMatchObject({
      name: 'labelled',
      ready: true,
    });
    expect(await get(`/v2/models/labelled/versions/1`)).toMatchObject({ status: 404 });
  });

  test('a model of a table has an input for each column', async () => {
    expect(await get('/v2/models/plan')).toMatchObject({
      platform: 'wasm-mlp_table',
      inputs: [
        { name: 'age', datatype: 'FP64', shape: [-1] },
        { name: 'town', datatype: 'BYTES', shape: [-1] },
        { name: 'joined', datatype: 'BYTES', shape: [-1] },
        { name: 'member', datatype: 'BOOL', shape: [-1] },
      ],
      outputs: [
        { name: 'plan', datatype: 'BYTES', shape: [-1] },
        { name: 'probabilities', datatype: 'FP32', shape: [-1, 3], labels: ['basic', 'plus', 'pro'] },
      ],
    });
    expect(await get('/v2/models/spent')).toMatchObject({
      outputs: [{ name: 'spent', datatype: 'FP64', shape: [-1] }],
    });
  });

  test('metrics have the names of MLServer', async () => {
    await post(infer('net'), { inputs: [input()] });
    await post(infer('net'), { inputs: [] });
    const text = await (await fetch(`${address}/metrics`)).text();
    expect(text).toMatch(/^model_infer_request_success_total\{model="net",version="[0-9a-f]{12}"\} [1-9]/m);
    expect(text).toMatch(/^model_infer_request_failure_total\{model="net",version="[0-9a-f]{12}"\} [1-9]/m);
    expect(text).toMatch(/^model_infer_request_duration_sum\{/m);
    expect(text).toMatch(/^batch_request_queue_count\{/m);
    const labels = 'method="POST",path="/v2/models/{model_name}/infer",app_name="wasm-mlp",status_code="200"';
    expect(text).toContain(`rest_server_requests_total{${labels}} `);
    expect(text).toContain(`rest_server_request_duration_seconds_count{${labels}} `);
    expect(text).toMatch(/^rest_server_requests_in_progress\{app_name="wasm-mlp"\} 1$/m);
    expect(text).toMatch(/^process_resident_memory_bytes \d/m);
  });
});

describe('a network', () => {
  test('rows as a flat list, as lists in a list, and of other types', async () => {
    const { status, body } = await post(infer('net'), { id: '42', inputs: [input()] });
    expect(status).toBe(200);
    expect(body).toEqual({
      model_name: 'net',
      model_version: expect.any(String),
      id: '42',
      outputs: [{ name: 'dense_1', datatype: 'FP32', shape: [2, 2], data: expected }],
    });
    const rows = [X.slice(0, 3), X.slice(3)];
    for (const other of [
      { data: rows },
      { datatype: 'FP64' },
      { shape: [2, 3, 1] },
      { shape: [2, 1, 3], data: rows.map((row) => [row]) },
    ]) {
      expect((await post(infer('net'), { inputs: [input(other)] })).body.outputs).toEqual(body.outputs);
    }
    const whole = await post(infer('net'), { inputs: [input({ shape: [1, 3], data: [1, 2, 3], datatype: 'UINT8' })] });
    expect(whole.body.outputs).toMatchObject([{ data: expected.slice(2) }]);
    expect((await post(infer('net'), { inputs: [input({ shape: [0, 3], data: [] })] })).body.outputs).toMatchObject([
      { shape: [0, 2], data: [] },
    ]);
  });

  test('labels go with the outputs; outputs can be chosen', async () => {
    const { body } = await post(infer('labelled'), { inputs: [input()] });
    const labels = [0, 1].map((row) => (expected[2 * row] >= expected[2 * row + 1] ? 'no' : 'yes'));
    expect(body.outputs).toMatchObject([{ data: expected }, { name: 'label', shape: [2], data: labels }]);
    const one = await post(infer('labelled'), { inputs: [input()], outputs: [{ name: 'label' }] });
    expect(one.body.outputs).toEqual([{ name: 'label', datatype: 'BYTES', shape: [2], data: labels }]);
  });

  test.each([
    ['FP32', Float32Array],
    ['FP64', Float64Array],
    ['INT16', Int16Array],
    ['INT64', BigInt64Array],
    ['UINT8', Uint8Array],
  ])('bytes of %s in and out', async (datatype, Type) => {
    const whole = [1, 2, 3, 4, 5, 6];
    const values =
      Type === BigInt64Array ? Type.from(whole.map(BigInt)) : (Type as Float32ArrayConstructor).from(whole);
    const { status, floats } = await postBytes('net', [{ datatype, bytes: new Uint8Array(values.buffer) }]);
    expect(status).toBe(200);
    const json = await post(infer('net'), { inputs: [input({ data: whole })] });
    const [{ data }] = json.body.outputs as { data: number[] }[];
    expect([...floats]).toEqual(data);
  });

  test('bytes of numbers of 16 bits', async () => {
    // 1, −2, 0.5, the smallest one above 0, 0, 65504.
    const bytes = new Uint8Array(Uint16Array.of(0x3c00, 0xc000, 0x3800, 0x0001, 0, 0x7bff).buffer);
    const { floats } = await postBytes('net', [{ datatype: 'FP16', bytes }]);
    const json = await post(infer('net'), { inputs: [input({ data: [1, -2, 0.5, 2 ** -24, 0, 65504] })] });
    expect([...floats]).toEqual((json.body.outputs as { data: number[] }[])[0].data);
  });

  test('a body that is nothing but values', async () => {
    const headers = { 'inference-header-content-length': '0', 'content-type': 'application/octet-stream' };
    const response = await fetch(infer('net'), { method: 'POST', body: Float32Array.from(X), headers });
    const { floats, json } = await readBytes(response);
    expect([...floats]).toEqual(expected);
    expect(json).toMatchObject({ outputs: [{ name: 'dense_1', shape: [2, 2], parameters: { binary_data_size: 16 } }] });
  });

  test('a body in pieces, of which one begins within a number', async () => {
    const bytes = new Uint8Array(Float32Array.from(X).buffer);
    const { floats } = await readBytes(
      await postPieces('net', [bytes.subarray(0, 5), bytes.subarray(5, 7), bytes.subarray(7)]),
    );
    expect([...floats]).toEqual(expected);
  });

  test('pieces that are too many together', async () => {
    const response = await postPieces('net', [new Uint8Array(99_000), new Uint8Array(1001)]);
    expect(response.status).toBe(413);
  });

  test('the rows of many requests at a time, each of which has its own outputs', async () => {
    const rows = Array.from({ length: 200 }, (_, i) => [i, -i / 2, i % 7]);
    const answers = await Promise.all(
      rows.map((row) =>
        postBytes('net', [{ datatype: 'FP32', bytes: new Uint8Array(Float32Array.from(row).buffer) }], 1),
      ),
    );
    const json = await post(infer('net'), { inputs: [input({ shape: [200, 3], data: rows.flat() })] });
    const [{ data }] = json.body.outputs as { data: number[] }[];
    expect(answers.flatMap(({ floats }) => [...floats])).toEqual(data);
  });
});

/** Sends bytes, whose number is not said before, piece by piece. */
async function postPieces(model: string, pieces: readonly Uint8Array[]): Promise<Response> {
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      for (const piece of pieces) {
        controller.enqueue(piece);
        // The server has read a piece before the next one comes.
        await new Promise((wake) => setTimeout(wake, 20));
      }
      controller.close();
    },
  });
  const headers = { 'inference-header-content-length': '0' };
  return fetch(infer(model), { method: 'POST', body, headers, duplex: 'half' });
}

/** Sends inputs as bytes behind JSON, and asks for the outputs as bytes. */
async function postBytes(
  model: string,
  parts: { datatype: string; bytes: Uint8Array }[],
  rows = 2,
): ReturnType<typeof readBytes> {
  const inputs = parts.map(({ datatype, bytes }) => ({
    ...{ name: 'input', shape: [rows, 3], datatype },
    parameters: { binary_data_size: bytes.length },
  }));
  const head = Buffer.from(JSON.stringify({ inputs, parameters: { binary_data_output: true } }));
  const body = Buffer.concat([head, ...parts.map(({ bytes }) => bytes)]);
  const headers = { 'inference-header-content-length': String(head.length) };
  return readBytes(await fetch(infer(model), { method: 'POST', body, headers }));
}

async function readBytes(response: Response): Promise<{ status: number; json: unknown; floats: Float32Array }> {
  const all = Buffer.from(await response.arrayBuffer());
  const length = Number(response.headers.get('inference-header-content-length'));
  const rest = all.subarray(length);
  return {
    status: response.status,
    json: JSON.parse(all.toString('utf8', 0, length)),
    floats: new Float32Array(rest.buffer.slice(rest.byteOffset, rest.byteOffset + rest.length)),
  };
}

describe('a table', () => {
  test('labels and probabilities are those of the library', async () => {
    const model = await loadTable(readFileSync(join(folder, 'plan.safetensors')));
    const { status, body } = await post(infer('plan'), { inputs: peopleInputs() });
    expect(status).toBe(200);
    expect(body.outputs).toMatchObject([
      { name: 'plan', datatype: 'BYTES', shape: [6], data: model.predict(PEOPLE) },
      { shape: [6, 3], data: model.predictProbabilities(PEOPLE).flatMap((row) => [...row]) },
    ]);
  });

  test('numbers are those of the library; columns in any order, and some that are not used', async () => {
    const model = await loadTable<Float64Array>(readFileSync(join(folder, 'spent.safetensors')));
    const spent = { name: 'spent', datatype: 'FP64', shape: [6, 1], data: Array(6).fill([0]) };
    const { body } = await post(infer('spent'), { inputs: [spent, ...peopleInputs().reverse()] });
    expect(body.outputs).toEqual([{ name: 'spent', datatype: 'FP64', shape: [6], data: [...model.predict(PEOPLE)] }]);
  });

  test('bytes of texts, and NaN for what is missing if the client says so', async () => {
    const [age, town, joined, member] = [
      Buffer.from(Float64Array.from(PEOPLE.age, (value) => value ?? NaN).buffer),
      ...[PEOPLE.town, PEOPLE.joined].map((texts) => Buffer.concat(texts.map(lengthAndText))),
      Buffer.from(PEOPLE.member.map(Number)),
    ];
    const request = (parameters: object): Promise<Response> => {
      const inputs = [age, town, joined, member].map((bytes, index) => ({
        ...peopleInputs()[index],
        data: undefined,
        parameters: { binary_data_size: bytes.length, ...(index === 0 && parameters) },
      }));
      const head = Buffer.from(
        JSON.stringify({ inputs, outputs: [{ name: 'plan', parameters: { binary_data: true } }] }),
      );
      const headers = { 'inference-header-content-length': String(head.length) };
      return fetch(infer('plan'), { method: 'POST', body: Buffer.concat([head, age, town, joined, member]), headers });
    };
    const response = await request({ nan_is_missing: true });
    const plans = (await loadTable<string[]>(readFileSync(join(folder, 'plan.safetensors')))).predict(PEOPLE);
    const all = Buffer.from(await response.arrayBuffer());
    const length = Number(response.headers.get('inference-header-content-length'));
    expect(all.subarray(length)).toEqual(Buffer.concat(plans.map(lengthAndText)));
    expect(await (await request({})).json()).toEqual({
      error:
        'plan: input "age" expected numbers, got NaN in row 1. A missing value is null in JSON; among bytes it is NaN with the parameter nan_is_missing.',
    });
  });
});

describe('a classifier or regressor of rows', () => {
  const rows = [1, 2, 3, 4, 5, 6].map((i) => [i, 1e9 + i * i]);
  const inputs = [{ name: 'x', shape: [6, 2], datatype: 'FP64', data: rows }];
  const settings = { hiddenLayers: [4], epochs: 3 };

  test('labels and probabilities, or numbers, are those of the library', async () => {
    const classifier = mlpClassifier<string>(settings);
    await classifier.fit(rows, ['a', 'b', 'a', 'b', 'c', 'c']);
    const regressor = mlpRegressor(settings);
    await regressor.fit(
      rows,
      rows.map(([i]) => [100 * i, -i]),
    );
    const several = mlpClassifier<readonly string[]>(settings);
    await several.fit(rows, [['a'], ['a', 'b'], [], ['b'], ['a'], ['b']]);
    const files = { classifier, regressor, several };
    for (const [name, model] of Object.entries(files)) writeFileSync(join(folder, `${name}.safetensors`), model.save());
    const { address: own } = await serve(
      folder,
      Object.fromEntries(Object.keys(files).map((name) => [name, `${name}.safetensors`])),
    );
    const ask = async (name: string): Promise<unknown> =>
      (await post(`${own}/v2/models/${name}/infer`, { inputs })).body.outputs;
    const flat = (list: readonly Float32Array[]): number[] => list.flatMap((row) => [...row]);
    expect(await ask('classifier')).toMatchObject([
      { name: 'label', datatype: 'BYTES', shape: [6], data: classifier.predict(rows) },
      { name: 'probabilities', shape: [6, 3], data: flat(classifier.predictProbabilities(rows)) },
    ]);
    expect(await ask('regressor')).toEqual([
      { name: 'prediction', datatype: 'FP64', shape: [6, 2], data: [...regressor.predict(rows)] },
    ]);
    expect(await ask('several')).toMatchObject([
      { name: 'probabilities', shape: [6, 2], data: flat(several.predictProbabilities(rows)) },
    ]);
  });
});

function lengthAndText(text: string): Buffer {
  const bytes = Buffer.from(text);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  return Buffer.concat([length, bytes]);
}

describe('what is refused, and what is said of it', () => {
  const person = (name: string, fields: object): object =>
    peopleInputs().map((one) => ((one as { name: string }).name === name ? { ...one, ...fields } : one));

  test.each([
    [
      'net',
      { inputs: [input({ data: [0.1, -0.2, 0.3, 1, NaN, 3] })] },
      'input "input" of FP32 expected numbers, got null in row 1. Give every value a number.',
    ],
    [
      'net',
      `{"inputs":[${JSON.stringify(input({ data: 'D' })).replace('"D"', '[1,2,3,4,NaN,-Infinity]')}]}`,
      'input "input" of FP32 expected numbers, got "NaN" in row 1. Give every value a number.',
    ],
    [
      'net',
      { inputs: [input({ data: [0.1, -0.2, 0.3, 1, 1e39, 3] })] },
      'input "input" expected finite numbers, got 1e+39 in row 1, column 1. Numbers are read as FP32, up to 3.4e38.',
    ],
    [
      'net',
      { inputs: [input({ name: 'imput' })] },
      'inputs expected names of "input", got "imput". Did you mean "input"?',
    ],
    ['net', { inputs: [] }, 'input "input" expected, got a request without it.'],
    ['net', { inputs: [input(), input()] }, 'input "input" expected once, got it twice.'],
    [
      'net',
      { inputs: [input({ shape: [3], data: [1, 2, 3] })] },
      'input "input" expected the shape [rows, 3], got [3]. One row has the shape [1, 3].',
    ],
    ['net', { inputs: [input({ shape: [2, 4] })] }, 'input "input" expected the shape [rows, 3], got [2, 4].'],
    ['net', { inputs: [input({ data: [1, 2] })] }, 'input "input" expected 6 values, as its shape [2, 3] says, got 2.'],
    [
      'net',
      { inputs: [input({ data: [[1, 2, 3]] })] },
      'input "input" expected lists of 2 in dimension 0, as its shape [2, 3] says, got one of 1.',
    ],
    [
      'net',
      { inputs: [input({ data: [[1, 2, 3], 4] })] },
      'input "input" expected a list in dimension 1, as its shape [2, 3] says, got 4.',
    ],
    [
      'net',
      { inputs: [input({ datatype: 'FLOAT' })] },
      'input "input" expected datatype to be one of FP32, FP64, FP16, INT8, INT16, INT32, INT64, UINT8, UINT16, UINT32, UINT64, BOOL, BYTES, got "FLOAT".',
    ],
    [
      'net',
      { inputs: [input({ datatype: 'INT8' })] },
      'input "input" of INT8 expected integers from -128 to 127, got 0.1 in row 0.',
    ],
    [
      'net',
      { inputs: [input({ parameters: { binary_data_size: 24 } })] },
      'input "input" has binary_data_size, which expected the header Inference-Header-Content-Length, got none.',
    ],
    ['net', { inputs: [input()], outputs: [{ name: 'dense' }] }, 'outputs expected names of "dense_1", got "dense".'],
    ['net', { inputs: [input()], id: 7 }, 'id expected a text, got 7.'],
    ['net', '{"inputs":', 'body expected JSON, got a text that is none: Unexpected end of JSON input.'],
    ['net', [], 'body expected an object, got a list.'],
    [
      'large',
      { inputs: [input({ shape: [2, 2], data: [0, 0, 3e38, 3e38] })] },
      'output "dense" expected finite numbers, got Infinity in row 1. The values of this row are too large for the model.',
    ],
    [
      'plan',
      { inputs: person('age', { datatype: 'BYTES', data: Array(6).fill('old') }) },
      'column "age" expected finite numbers, got "old" in row 0. If it means a missing value, write null.',
    ],
    [
      'plan',
      { inputs: person('member', { data: [true, false, 1, true, true, true] }) },
      'input "member" of BOOL expected true or false, got 1 in row 2.',
    ],
    [
      'plan',
      { inputs: person('joined', { data: Array(6).fill('31.1.2020') }) },
      'column "joined" expected dates, as Date or in ISO 8601 (2026-01-31, 2026-01-31T09:30Z), got "31.1.2020" in row 0. If it means a missing value, write null.',
    ],
    [
      'plan',
      { inputs: person('town', { shape: [5], data: Array(5).fill('Rome') }) },
      'input "town" expected 6 rows, as input "age" has, got 5.',
    ],
    ['plan', { inputs: peopleInputs().slice(1) }, 'input "age" expected, got a request without it.'],
  ])('%s %j', async (model, body, message) => {
    const { status, body: reply } = await post(infer(model), body);
    expect({ status, reply }).toEqual({ status: 400, reply: { error: `${model}: ${message}` } });
  });

  test.each([
    ['more bytes than said', '100', 'x'.repeat(200), /body expected/],
    [
      'a header that is no number',
      'many',
      '{}',
      'net: header Inference-Header-Content-Length expected a number of bytes, got "many".',
    ],
    [
      'a header that is larger than the body',
      '100',
      '{}',
      'net: header Inference-Header-Content-Length expected at most the 2 bytes of the body, got 100.',
    ],
    ['a row that is cut', '0', 'x'.repeat(13), 'net: body expected 12 bytes for each row, got 13 bytes.'],
  ])('bytes: %s', async (_what, length, body, message) => {
    const answer = await post(infer('net'), body, { 'inference-header-content-length': length });
    expect(answer.status).toBe(400);
    expect(answer.body.error).toEqual(typeof message === 'string' ? message : expect.stringMatching(message));
  });

  test('more values than there is memory for, before room is made for them', async () => {
    const shape = [2 ** 45, 3];
    const said = 'expected 105553116266496 values, as its shape [35184372088832, 3] says, got 1.';
    const list = await post(infer('net'), { inputs: [input({ shape, data: [1] })] });
    expect(list).toMatchObject({ status: 400, body: { error: `net: input "input" ${said}` } });
    const json = JSON.stringify({ inputs: [input({ shape, parameters: { binary_data_size: 4 }, data: undefined })] });
    const bytes = await post(infer('net'), `${json}1234`, { 'inference-header-content-length': String(json.length) });
    expect(bytes.status).toBe(400);
    expect(bytes.body.error).toContain('got 4.');
  });

  test('other paths, methods and encodings', async () => {
    expect(await get('/v2/models/nett')).toEqual({
      status: 404,
      error: 'model expected one of "net", "labelled", "plan", "spent", "large", got "nett". Did you mean "net"?',
    });
    expect(await get('/v3')).toEqual({ status: 404, error: 'GET "/v3" is no endpoint of this server.' });
    expect(await get('/v2/models/net/infer')).toMatchObject({ status: 404 });
    expect(await get('/v2/models/%zz')).toMatchObject({ status: 400, error: expect.any(String) });
    expect(await post(infer('net'), 'x', { 'content-encoding': 'gzip' })).toMatchObject({ status: 415 });
  });

  test.each([
    ['JSON', {}],
    ['bytes', { 'inference-header-content-length': '0' }],
  ])('a body that is too large: %s', async (_what, headers) => {
    const { status, body } = await post(infer('net'), 'x'.repeat(100_001), headers);
    expect({ status, body }).toEqual({ status: 413, body: { error: expect.stringMatching(/too large/) } });
  });

  test('what is no HTTP, and what is no request for a server', async () => {
    const { hostname, port } = new URL(address);
    const say = (text: string): Promise<string> =>
      new Promise((resolve, reject) => {
        const socket = connect(Number(port), hostname, () => socket.write(text));
        let reply = '';
        socket
          .on('data', (bytes) => (reply += String(bytes)))
          .on('end', () => resolve(reply))
          .on('error', reject);
      });
    expect(await say('hello\r\n\r\n')).toMatch(
      /^HTTP\/1.1 400 [\s\S]*\{"error":"request expected HTTP\/1.1, got what is none/,
    );
    expect(await say('CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n')).toMatch(/^HTTP\/1.1 405 [\s\S]*\{"error":/);
    const status = await new Promise((resolve) => {
      httpRequest(infer('net'), { method: 'POST', headers: { expect: 'wonders' } }, (response) =>
        resolve(response.resume().statusCode),
      ).end();
    });
    expect(status).toBe(417);
  });
});
